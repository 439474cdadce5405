"""The rules of scaled stages, made from the settings of the manifests' autoscalers."""

from collections.abc import Mapping, Sequence

from ipagym.agents.autoscalers.hpa import HpaRule, HpaSettings
from ipagym.agents.autoscalers.keda import KedaRule, KedaSettings
from ipagym.agents.autoscalers.knative import KpaRule, KpaSettings
from ipagym.agents.autoscalers.manifests.control import Settings
from ipagym.agents.autoscalers.vpa import VpaRule, VpaSettings
from ipagym.agents.common.by_stage import ByStage, StageRule, StageView
from ipagym.model.configuration import StageSetting

StageSettings = Mapping[str, Sequence[Settings]]
"""The settings of the autoscalers of each scaled stage, by its name: one for each knob."""


class Unscaled:
    """A stage without an autoscaler."""

    def setting(self, view: StageView) -> StageSetting:
        """The setting that runs, unchanged."""
        return view.setting


class Together:
    """Several autoscalers of one stage, each for a different knob; they see the same figures and act independently."""

    def __init__(self, rules: Sequence[StageRule]) -> None:
        self.rules = tuple(rules)

    def setting(self, view: StageView) -> StageSetting:
        """The replicas of the horizontal autoscaler with the cores of the vertical one."""
        running = view.running
        wanted = [rule.setting(view).first for rule in self.rules]
        replicas = next((each.replicas for each in wanted if each.replicas != running.replicas), running.replicas)
        cores = next((each.cores for each in wanted if each.cores != running.cores), running.cores)
        return view.setting.turned(replicas=replicas, cores=cores)


def scaled_by(settings: StageSettings) -> ByStage:
    """An agent with the autoscalers of each stage; stages without one keep their setting."""
    return ByStage(lambda stage: rule_of(settings.get(stage.name, ())))


def rule_of(settings: Sequence[Settings]) -> StageRule:
    """The rule of one stage."""
    rules = [_rule(each) for each in settings]
    if len(rules) == 1:
        return rules[0]
    return Together(rules) if rules else Unscaled()


def _rule(settings: Settings) -> StageRule:
    match settings:
        case HpaSettings():
            return HpaRule(settings)
        case KedaSettings():
            return KedaRule(settings)
        case KpaSettings():
            return KpaRule(settings)
        case VpaSettings():
            return VpaRule(settings)
