"""A window as text."""

from ipagym.envs.rendering.episode import EpisodeSoFar
from ipagym.model.configuration import Deployment, StageSetting
from ipagym.model.deployments import configuration_of
from ipagym.model.knobs import KNOBS
from ipagym.model.pipeline import Pipeline, Stage
from ipagym.model.records import Records


def ansi(episode: EpisodeSoFar, pipeline: Pipeline) -> str:
    """The last window in a few lines of text."""
    last = episode.windows[-1]
    configuration = configuration_of(episode.deployments[-1], pipeline)
    lines = [
        f"t = {last['end_s']:.0f} s   load {episode.rate_rps[-1]:.1f} rps   "
        f"cores {last['cores']:.1f}   PAS {100 * last['accuracy']:.1f}",
        f"answered {last['completed']}   dropped {last['dropped']}   "
        f"violated {100 * episode.violation_rate[-1]:.1f} %   "
        f"p99 {last['latency_p99_s']:.2f} s (SLO {pipeline.slo_s:.2f} s)",
    ]
    for stage, setting, seen in zip(pipeline.stages, configuration.stages, episode.stages[-1], strict=True):
        lines += _stage(stage, setting, seen)
    return "\n".join(lines) + "\n"


def _stage(stage: Stage, setting: StageSetting, seen: Records) -> list[str]:
    total = sum(each.weight for each in setting.deployments)
    return [
        f"  {stage.name:<16} ready {seen['ready']:>2}   queue {seen['queue']:>4}   "
        f"busy {100 * seen['utilisation']:>3.0f} %",
        *(_deployment(each, stage, each.weight / total) for each in setting.deployments),
    ]


def _deployment(deployment: Deployment, stage: Stage, share: float) -> str:
    """The knobs of a deployment, and its share of the stage's requests if there are several deployments."""
    numbers = "   ".join(f"{knob.name} {knob.shown(deployment, stage):>2}" for knob in KNOBS[1:])
    text = f"    {deployment.variant:<16} {numbers}"
    return text if share == 1 else f"{text}   share {100 * share:>3.0f} %"
