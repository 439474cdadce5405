"""The knobs of a deployment as values: name, choices, and functions to read and write each knob.

Checks, action spaces, masks, observations, rewards, records, results, pinned knobs and corners derive from `KNOBS`. The
number of a knob is its value; the number of the variant is its index in the stage.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from ipagym.model.configuration import Deployment, Limits, cores_of
from ipagym.model.pipeline import Stage, Variant


@dataclass(frozen=True, kw_only=True, slots=True)
class Knob:
    """A knob; its name is that of its field in `Deployment`.

    `choices_of` returns the numbers that a variant of a stage may have, ascending. `read` gives the number of a
    deployment, `written` the value of the field for a number and a variant. `close` returns the stage and the limits
    with one choice left for the knob. `ends` are the words for the lowest and the highest choice; `letter` is the
    knob's abbreviation in pinned settings. `scale` says how a number is observed: as its position among the choices, or
    as a share of the largest. Choices of `of_variant` knobs differ between variants; `is_optional` knobs may be
    omitted.
    """

    name: str
    ends: tuple[str, str]
    choices_of: Callable[[Variant, Stage, Limits], Sequence[int]]
    read: Callable[[Deployment, Stage], int]
    close: Callable[[Stage, Limits], tuple[Stage, Limits]]
    written: Callable[[int, Variant], Any] = lambda number, variant: number
    scale: Literal["position", "size"] = "position"
    letter: str = ""
    of_variant: bool = False
    is_optional: bool = False

    def __reduce__(self) -> tuple[Callable[[str], "Knob"], tuple[str]]:
        """Copied and pickled by name: there is one knob of each name."""
        return _by_name, (self.name,)

    def choices(self, stage: Stage, limits: Limits) -> Sequence[int]:
        """The numbers that any variant of the stage may have, ascending; a single one if no variant has a choice."""
        each = [self.choices_of(variant, stage, limits) for variant in stage.variants]
        if not self.of_variant or all(len(choices) == 1 for choices in each):
            return each[0]
        return sorted({number for choices in each for number in choices})

    def is_open(self, stage: Stage, limits: Limits) -> bool:
        """True if the stage has more than one choice."""
        return len(self.choices(stage, limits)) > 1

    def shown(self, deployment: Deployment, stage: Stage) -> str | int:
        """The value of a deployment as results show it: the name for a variant, otherwise the number."""
        return deployment.variant if self.name == "variant" else int(self.read(deployment, stage))


def _by_name(name: str) -> Knob:
    return next(knob for knob in KNOBS if knob.name == name)


def _index(deployment: Deployment, stage: Stage) -> int:
    return next(i for i, variant in enumerate(stage.variants) if variant.name == deployment.variant)


def _on_base_cores(stage: Stage, limits: Limits) -> tuple[Stage, Limits]:
    return replace(stage, variants=tuple(replace(variant, on_cores={}) for variant in stage.variants)), limits


VARIANT = Knob(
    name="variant",
    ends=("light", "accurate"),
    choices_of=lambda variant, stage, limits: range(len(stage.variants)),
    read=_index,
    close=lambda stage, limits: (replace(stage, variants=(stage.lightest,)), limits),
    written=lambda number, variant: variant.name,
)

REPLICAS = Knob(
    name="replicas",
    letter="n",
    ends=("few", "many"),
    choices_of=lambda variant, stage, limits: range(1, limits.max_replicas + 1),
    read=lambda deployment, stage: deployment.replicas,
    close=lambda stage, limits: (stage, replace(limits, max_replicas=1)),
    scale="size",
)

BATCH = Knob(
    name="batch",
    letter="b",
    ends=("small", "large"),
    choices_of=lambda variant, stage, limits: stage.batches,
    read=lambda deployment, stage: deployment.batch,
    close=lambda stage, limits: (replace(stage, batches=stage.batches[:1]), limits),
)

CORES = Knob(
    name="cores",
    letter="c",
    ends=("narrow", "wide"),
    choices_of=lambda variant, stage, limits: variant.core_choices,
    read=cores_of,
    close=_on_base_cores,
    written=lambda number, variant: None if number == variant.base_cores else number,
    scale="size",
    of_variant=True,
    is_optional=True,
)

KNOBS: tuple[Knob, ...] = (VARIANT, REPLICAS, BATCH, CORES)
"""All knobs of a deployment, in the order of its fields; the variant is first, as the choices of others may depend on
it.
"""

MIX = "mix"
"""The knob that belongs to a stage and not to a deployment: several variants side by side."""

KNOB_NAMES: tuple[str, ...] = (KNOBS[0].name, MIX, *(knob.name for knob in KNOBS[1:]))


def is_a_set(stages: Sequence[Stage], limits: Limits) -> bool:
    """True for one stage whose variants may all run side by side, within a budget of cores."""
    return len(stages) == 1 and limits.max_deployments >= len(stages[0].variants) > 1 and limits.total_cores is not None


def open_knobs(stages: Sequence[Stage], limits: Limits) -> frozenset[str]:
    """Names of the knobs that have more than one choice in some stage."""
    names = {knob.name for knob in KNOBS for stage in stages if knob.is_open(stage, limits)}
    if VARIANT.name in names and limits.max_deployments > 1:
        names.add(MIX)
    return frozenset(names)
