"""The profile of a pipeline with models, measured on this machine, as the fields of a profile file."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ipagym.cluster.live.profiling.accuracies import accuracy_by_combination, inputs_of_stages
from ipagym.cluster.live.profiling.record import Record
from ipagym.cluster.live.profiling.replica_times import Measured, Plan, measure
from ipagym.cluster.live.profiling.stage_accuracies import stage_accuracies
from ipagym.cluster.live.profiling.subject import Subject
from ipagym.model.latency import latency_fields
from ipagym.system.progress import Tick


def profile_fields(subject: Subject, record: Record, tick: Tick) -> dict[str, Any]:
    """All fields; variants that `record` has are not measured again, `tick` is told how many are done.

    Raises:
        IpagymError: a replica ended, or there are no labels.
    """
    measured = _measured(subject, record, tick)
    accuracies = accuracy_by_combination(subject)
    of_stages = stage_accuracies(accuracies, list(subject.stages.values()))
    stages = [
        {
            "name": stage,
            "batches": list(subject.batches),
            "variants": [
                _variant(name, of_stage[name], measured[stage, name], subject.cores) for name in subject.stages[stage]
            ],
        }
        for stage, of_stage in zip(subject.stages, of_stages, strict=True)
    ]
    table = [{"variants": list(names), "accuracy": round(accuracy, 4)} for names, accuracy in accuracies.items()]
    several = {"accuracy_by_combination": table} if len(stages) > 1 else {}
    return {**subject.settings, "stages": stages, **several}


def _measured(subject: Subject, record: Record, tick: Tick) -> dict[tuple[str, str], Measured]:
    found: dict[tuple[str, str], Measured] = {}
    total = sum(map(len, subject.stages.values()))
    inputs = inputs_of_stages(subject)
    with TemporaryDirectory(prefix="ipagym-") as folder:
        for stage, variants in subject.stages.items():
            plan = Plan(inputs=inputs[stage], batches=subject.batches, cores=subject.cores)
            for variant in variants:
                if (known := record.measured(stage, variant)) is None:
                    known = measure(subject.program.model(stage, variant), plan, Path(folder) / "errors")
                    record.add(stage, variant, known)
                found[stage, variant] = known
                tick(len(found), total)
    return found


def _variant(name: str, accuracy: float, measured: Measured, cores: Any) -> dict[str, Any]:
    base, *others = cores
    return {
        "name": name,
        "accuracy": round(accuracy, 4),
        "base_cores": base,
        "load_s": round(measured.start_s, 3),
        "memory_mib": round(measured.memory_mib, 1),
        **_latencies(measured, base),
        "on_cores": {each: _latencies(measured, each) for each in others},
    }


def _latencies(measured: Measured, cores: int) -> dict[str, dict[int, float]]:
    times = [each for each in measured.times if each.cores == cores]
    return latency_fields({each.batch: each.average_s for each in times}, {each.batch: each.p99_s for each in times})
