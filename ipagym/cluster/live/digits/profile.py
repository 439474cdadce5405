"""The profile of the digits pipeline, measured on this machine, as the fields of a profile file."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ipagym.cluster.live.digits.accuracy import accuracy_by_combination
from ipagym.cluster.live.digits.program import STAGES, digits
from ipagym.cluster.live.profiling.replica_times import Measured, Plan, Times, measure
from ipagym.cluster.live.profiling.stage_accuracies import stage_accuracies
from ipagym.cluster.live.program import Program
from ipagym.model.latency import latency_fields
from ipagym.system.progress import Tick

BATCHES, CORES = (1, 2, 4, 8), (1, 2, 4)
"""What is measured; the first number of cores is the base."""

INPUTS = 64
"""Scenes that service times are measured with."""

SETTINGS: dict[str, Any] = {
    "name": "digits",
    "description": "Find a handwritten digit in a noisy scene, then read it: real models, measured on one machine.",
    "slo_s": 0.6,
    "tight_slo_s": 0.3,
    "batch_timeout_s": 0.05,
    "max_age_s": 3.0,
    "objective": {"alpha": 20.0, "beta": 1.0, "delta": 1e-6},
    "idle_watts_per_core": 5.2,
    "busy_watts_per_core": 10.4,
}
"""What is chosen and not measured."""


def profile_fields(tick: Tick) -> dict[str, Any]:
    """All fields; `tick` is told how many variants are done."""
    program = digits()
    measured = _measured(program, tick)
    accuracies = accuracy_by_combination(program)
    of_stages = stage_accuracies(accuracies, list(STAGES.values()))
    stages = [
        {
            "name": stage,
            "batches": list(BATCHES),
            "variants": [_variant(name, of_stage[name], measured[stage, name]) for name in STAGES[stage]],
        }
        for stage, of_stage in zip(STAGES, of_stages, strict=True)
    ]
    table = [{"variants": list(names), "accuracy": round(accuracy, 4)} for names, accuracy in accuracies.items()]
    return {**SETTINGS, "stages": stages, "accuracy_by_combination": table}


def _measured(program: Program, tick: Tick) -> dict[tuple[str, str], Measured]:
    """Each variant, measured with what the last variant of the stage before answered."""
    found: dict[tuple[str, str], Measured] = {}
    total = sum(map(len, STAGES.values()))
    inputs = [program.input(number) for number in range(INPUTS)]
    with TemporaryDirectory(prefix="ipagym-") as folder:
        for stage, variants in STAGES.items():
            plan = Plan(inputs=inputs, batches=BATCHES, cores=CORES)
            for variant in variants:
                found[stage, variant] = measure(program.model(stage, variant), plan, Path(folder) / "errors")
                tick(len(found), total)
            inputs = list(found[stage, variants[-1]].answers)
    return found


def _variant(name: str, accuracy: float, measured: Measured) -> dict[str, Any]:
    base, *others = CORES
    return {
        "name": name,
        "accuracy": round(accuracy, 4),
        "base_cores": base,
        "load_s": round(measured.start_s, 3),
        "memory_mib": round(measured.memory_mib, 1),
        **_fields(measured.on_cores[base]),
        "on_cores": {cores: _fields(measured.on_cores[cores]) for cores in others},
    }


def _fields(times: Times) -> dict[str, dict[int, float]]:
    return latency_fields(times.average_s, times.p99_s)
