"""A window as text and an episode as a picture."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipagym.model.configuration import Deployment
from ipagym.model.knobs import KNOBS
from ipagym.model.pipeline import Pipeline, Stage
from ipagym.model.window import Window
from ipagym.task.scenario import Scenario


def ansi(window: Window, pipeline: Pipeline) -> str:
    """The window in a few lines of text."""
    lines = [
        f"t = {window.end_s:.0f} s   load {window.arrivals / window.duration_s:.1f} rps   "
        f"cores {window.cores:.1f}   PAS {100 * window.accuracy:.1f}",
        f"answered {window.completed}   dropped {window.dropped}   violated {100 * window.violation_rate:.1f} %   "
        f"p99 {window.latency_quantile_s(0.99):.2f} s (SLO {pipeline.slo_s:.2f} s)",
    ]
    for stage, setting, seen in zip(pipeline.stages, window.configuration.stages, window.stages, strict=True):
        lines.append(
            f"  {stage.name:<16} ready {seen.ready:>2}   queue {seen.queue:>4}   busy {100 * seen.utilisation:>3.0f} %"
        )
        total = sum(each.weight for each in setting.deployments)
        lines += [_deployment(each, stage, each.weight / total) for each in setting.deployments]
    return "\n".join(lines) + "\n"


def _deployment(deployment: Deployment, stage: Stage, share: float) -> str:
    """The knobs of a deployment, and the share of the stage's requests that goes to it where it is not alone."""
    numbers = "   ".join(f"{knob.name} {knob.shown(deployment, stage):>2}" for knob in KNOBS[1:])
    text = f"    {deployment.variant:<16} {numbers}"
    return text if share == 1 else f"{text}   share {100 * share:>3.0f} %"


def rgb_array(history: Sequence[Window], scenario: Scenario) -> NDArray[np.uint8]:
    """The episode so far, load, latency, cores and accuracy over time, as an array of shape (480, 640, 3)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.8), dpi=100, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots(4, 1, sharex=True)
    for axis, (label, values) in zip(axes, _series(history).items(), strict=True):
        axis.step([w.end_s for w in history], values, where="post")
        axis.set_ylabel(label)
        axis.set_ylim(bottom=0)
    axes[1].axhline(scenario.pipeline.slo_s, color="black", linestyle="--", linewidth=1)
    axes[-1].set_xlabel("time [s]")
    axes[-1].set_xlim(0, scenario.workload.duration_s)
    figure.suptitle(f"{scenario.pipeline.name}: {history[-1].configuration}", fontsize=9)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba(), dtype=np.uint8)  # type: ignore[no-untyped-call]
    return pixels[..., :3].copy()


def _series(history: Sequence[Window]) -> dict[str, list[Any]]:
    return {
        "load [rps]": [w.arrivals / w.duration_s for w in history],
        "p99 [s]": [w.latency_quantile_s(0.99) for w in history],
        "cores": [w.cores for w in history],
        "PAS": [100 * w.accuracy for w in history],
    }
