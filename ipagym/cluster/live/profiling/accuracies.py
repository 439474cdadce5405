"""Accuracy of a pipeline with models, end to end, on labelled inputs."""

from collections.abc import Mapping, Sequence

import numpy as np

from ipagym.cluster.live.children.replica import Serve, loaded
from ipagym.cluster.live.profiling.subject import Subject
from ipagym.system.errors import IpagymError


def accuracy_by_combination(subject: Subject) -> dict[tuple[str, ...], float]:
    """The mean score of the labelled inputs, for each combination of a variant for each stage.

    Raises:
        IpagymError: the program has no scores.
    """
    score = subject.program.score
    if score is None:
        raise IpagymError("there are no labels: accuracy cannot be measured")
    answers: dict[tuple[str, ...], Sequence[bytes]] = {
        (): [subject.program.input(number) for number in range(subject.labelled)]
    }
    for stage, variants in subject.stages.items():
        models = {variant: _model(subject, stage, variant) for variant in variants}
        answers = {
            (*names, variant): _answers(serve, items, max(subject.batches))
            for names, items in answers.items()
            for variant, serve in models.items()
        }
    return {
        names: float(np.mean([score(number, answer) for number, answer in enumerate(given)]))
        for names, given in answers.items()
    }


def inputs_of_stages(subject: Subject) -> Mapping[str, Sequence[bytes]]:
    """What each stage is timed with: what the last variants of the stages before answer to the first inputs."""
    items: Sequence[bytes] = [subject.program.input(number) for number in range(min(subject.timed, subject.labelled))]
    found = {}
    for stage, variants in subject.stages.items():
        found[stage] = items
        items = _answers(_model(subject, stage, variants[-1]), items, max(subject.batches))
    return found


def _model(subject: Subject, stage: str, variant: str) -> Serve:
    return loaded({**subject.program.model(stage, variant), "core_share": None})


def _answers(serve: Serve, items: Sequence[bytes], batch: int) -> list[bytes]:
    return [answer for at in range(0, len(items), batch) for answer in serve(items[at : at + batch], 1)]
