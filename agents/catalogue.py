"""The catalogue of agents: for each its factory, its knobs, and the scenarios it suits."""

from collections.abc import Callable
from dataclasses import dataclass

from ipagym.model import knobs
from ipagym.model.knobs import KNOB_NAMES, is_a_set, open_knobs
from ipagym.task.scenario import Scenario

VARIANT = frozenset({knobs.VARIANT.name})
REPLICAS = frozenset({knobs.REPLICAS.name})
BATCH = frozenset({knobs.BATCH.name})
CORES = frozenset({knobs.CORES.name})
MIX = frozenset({knobs.MIX})
EVERY = frozenset(KNOB_NAMES)
ONE_AT_A_TIME = EVERY - MIX


def any_scenario(scenario: Scenario) -> bool:
    """No demands."""
    return True


def one_stage(scenario: Scenario) -> bool:
    """One stage only."""
    return len(scenario.pipeline.stages) == 1


def a_set(scenario: Scenario) -> bool:
    """One stage whose variants may all run side by side, within a budget of cores."""
    return is_a_set(scenario.pipeline.stages, scenario.limits)


def one_budget(scenario: Scenario) -> bool:
    """One stage within a budget of cores."""
    return one_stage(scenario) and scenario.limits.total_cores is not None


@dataclass(frozen=True, slots=True)
class AgentEntry:
    """An entry of the catalogue.

    `made_by` is `module:function` below `ipagym.agents`. `turns` are the knobs that it changes; others keep their
    initial values. `argument` names the argument after `name:`, in brackets if it is optional; empty if there is none.
    `demands` says which scenarios it can serve.
    """

    description: str
    made_by: str
    turns: frozenset[str]
    argument: str = ""
    demands: Callable[[Scenario], bool] = any_scenario

    @property
    def family(self) -> str:
        """The name of its folder."""
        return self.made_by.partition(".")[0]

    @property
    def needs_argument(self) -> bool:
        """True if the agent cannot be made without an argument."""
        return bool(self.argument) and not self.argument.startswith("[")

    @property
    def takes_path(self) -> bool:
        """True if the argument may be the path of a file or folder."""
        return bool({"PATH", "MANIFEST"} & set(self.argument.strip("[]").split("|")))

    def suits(self, scenario: Scenario) -> bool:
        """True if it can serve the scenario and turn at least one of its knobs; an agent without knobs suits every
        scenario.
        """
        return self.demands(scenario) and (
            not self.turns or bool(self.turns & open_knobs(scenario.pipeline.stages, scenario.limits))
        )


AGENTS: dict[str, AgentEntry] = {
    "ipa": AgentEntry(
        "IPA: load forecast and exact integer program",
        "published.ipa:make",
        VARIANT | REPLICAS | BATCH,
        argument="[SOLVER+FORECASTER+LIMIT]",
    ),
    "infadapter": AgentEntry(
        "InfAdapter: cores for a set of variants, one stage only",
        "published.infadapter:make",
        VARIANT | CORES | MIX,
        argument="[SOLVER+FORECASTER+LIMIT]",
        demands=a_set,
    ),
    "sponge": AgentEntry(
        "Sponge: cores and batch of one replica, one stage only",
        "published.sponge:make",
        CORES | BATCH,
        argument="[SOLVER+FORECASTER+LIMIT]",
        demands=one_stage,
    ),
    "joint": AgentEntry(
        "all knobs in one integer program", "planning.joint:make", EVERY, argument="[SOLVER+FORECASTER+LIMIT]"
    ),
    "tuned": AgentEntry(
        "a planner, its forecast times the factor that is best in training, as in tuned:ipa",
        "wrappers.tuned:make",
        EVERY,
        argument="PLANNER",
    ),
    "mpc": AgentEntry(
        "model predictive control: tries configurations out on a digital twin",
        "planning.mpc:make",
        EVERY,
        argument="[FORECASTER]",
    ),
    "clairvoyant": AgentEntry(
        "knows the future and plans with it: the reference for regret", "planning.clairvoyant:make", EVERY
    ),
    "static-min": AgentEntry("lightest variants, one replica, smallest batch", "simple.static:make_min", frozenset()),
    "static-max": AgentEntry("most accurate variants, as much as fits", "simple.static:make_max", frozenset()),
    "static": AgentEntry(
        "a corner, such as accurate-few-large-wide, or the best constant",
        "simple.static:make",
        frozenset(),
        argument="best|CORNER",
    ),
    "hold": AgentEntry("leaves everything as it finds it", "simple.static:make_hold", frozenset()),
    "random": AgentEntry("uniformly random legal configurations", "simple.uniform_random:make", ONE_AT_A_TIME),
    "threshold": AgentEntry(
        "a replica more above one utilisation, one less below another",
        "simple.threshold:make",
        REPLICAS,
        argument="[LOW-HIGH]",
    ),
    "pi": AgentEntry(
        "proportional-integral control of latency by replicas", "simple.proportional_integral:make", REPLICAS
    ),
    "pi-cores": AgentEntry("the same by cores", "simple.proportional_integral:make_by_cores", CORES),
    "greedy": AgentEntry("the best configuration one knob away, one window ahead", "simple.greedy:make", ONE_AT_A_TIME),
    "hpa": AgentEntry(
        "Kubernetes' horizontal autoscaler, on CPU or by a manifest",
        "autoscalers.hpa_agent:make",
        REPLICAS,
        argument="[TARGET|MANIFEST]",
    ),
    "vpa": AgentEntry(
        "Kubernetes' vertical autoscaler, its time constants divided by TIME_SCALE",
        "autoscalers.vpa:make",
        CORES,
        argument="[TIME_SCALE]",
    ),
    "vpa-plus": AgentEntry("InfAdapter's VPA+: the vertical autoscaler, sooner", "autoscalers.vpa:make_plus", CORES),
    "keda": AgentEntry(
        "KEDA: replicas for requests in flight, by a horizontal autoscaler",
        "autoscalers.keda:make",
        REPLICAS,
        argument="[THRESHOLD]",
    ),
    "knative": AgentEntry(
        "Knative's autoscaler on concurrency, with its panic mode",
        "autoscalers.knative:make",
        REPLICAS,
        argument="[CONCURRENCY]",
    ),
    "ray-serve": AgentEntry(
        "Ray Serve's autoscaler on ongoing requests", "autoscalers.ray_serve:make", REPLICAS, argument="[ONGOING]"
    ),
    "model-switching": AgentEntry(
        "Model-Switching: the most accurate variant that is in time, on a fixed fleet",
        "published.model_switching:make",
        VARIANT,
    ),
    "ms-plus": AgentEntry(
        "MS+: one variant and its cores, one stage only",
        "published.model_switching_plus:make",
        VARIANT | CORES,
        demands=one_budget,
    ),
    "fa2": AgentEntry(
        "FA2: replicas and batches of given variants, by dynamic programming", "published.fa2:make", REPLICAS | BATCH
    ),
    "fa2-low": AgentEntry(
        "FA2 as in IPA, with the lightest variants",
        "published.ipa_baselines:make_fa2_low",
        REPLICAS | BATCH,
    ),
    "fa2-high": AgentEntry(
        "FA2 as in IPA, with the most accurate variants but one",
        "published.ipa_baselines:make_fa2_high",
        REPLICAS | BATCH,
    ),
    "rim": AgentEntry(
        "RIM as in IPA: variants and batches on a fixed fleet",
        "published.ipa_baselines:make_rim",
        VARIANT | BATCH,
    ),
    "autopilot": AgentEntry(
        "Autopilot: cores by moving windows of usage",
        "published.autopilot:make",
        CORES,
        argument="[TIME_SCALE]",
    ),
    "autopilot-ml": AgentEntry(
        "Autopilot: cores by its ensemble of models",
        "published.autopilot:make_ensemble",
        CORES,
        argument="[TIME_SCALE]",
    ),
    "autopilot-horizontal": AgentEntry(
        "Autopilot: replicas by peak usage",
        "published.autopilot:make_horizontal",
        REPLICAS,
        argument="[TIME_SCALE]",
    ),
    "mark": AgentEntry("MArk: replicas by a greedy plan for the load ahead", "published.mark:make", REPLICAS),
    "cocktail": AgentEntry(
        "Cocktail: the variant of most accuracy per latency, scaled as MArk",
        "published.cocktail:make",
        VARIANT | REPLICAS,
    ),
    "infaas": AgentEntry("INFaaS: replicate or upgrade", "published.infaas:make", ONE_AT_A_TIME),
    "inferline": AgentEntry(
        "InferLine: a plan by simulation, tuned by the load's envelope",
        "published.inferline:make",
        REPLICAS | BATCH | CORES,
    ),
    "proteus": AgentEntry(
        "Proteus: the most accurate mix of variants on a fixed fleet",
        "published.proteus:make_proteus",
        VARIANT | BATCH | MIX,
    ),
    "loki": AgentEntry("Loki: fewest servers, then less accuracy", "published.loki:make", VARIANT | REPLICAS | BATCH),
    "nexus": AgentEntry("Nexus: full replicas and one for the rest", "published.nexus:make", REPLICAS | BATCH),
    "jellyfish": AgentEntry(
        "Jellyfish: variants and batches within what the network leaves, on a fixed fleet",
        "published.proteus:make_jellyfish",
        VARIANT | BATCH | MIX,
    ),
    "clipper": AgentEntry("Clipper's adaptive batching (AIMD), on a fixed fleet", "published.clipper:make", BATCH),
    "q-learning": AgentEntry(
        "tabular Q-learning on the profile, a table for each bucket of the load",
        "learned.q_learning:make",
        VARIANT | REPLICAS | BATCH,
        argument="[FORECASTER]",
    ),
    "policy": AgentEntry(
        "a trained policy from a file, of any algorithm", "learned.policy:make", EVERY, argument="PATH"
    ),
    "ppo": AgentEntry("the same, under the name of PPO", "learned.policy:make", EVERY, argument="PATH"),
    "zoo": AgentEntry("a trained policy of the package", "learned.policy:make_of_zoo", EVERY, argument="NAME"),
}
"""Every agent by name, as on the command line."""

USUAL = ("ipa", "infadapter", "sponge", "joint", "static-min", "static-max", "random", "hpa")
"""The default agents of `ipagym compare`: the reference of each problem, and simple agents."""
