"""Options other than the scenario: those of an environment, and those of one episode."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ipagym.envs.rewards import VECTOR_TERMS, OwnReward
from ipagym.model.validity import is_whole
from ipagym.system.errors import InputError, unknown_name
from ipagym.task.scenario import Scenario
from ipagym.workload.catalogue import by_name
from ipagym.workload.rates import as_workload

SEEDS = 2**31
"""Seeds of episodes are below this number."""

MOST_HISTORY = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class EnvOptions:
    """Options of an environment.

    Without `with_info`, `info` is empty, which is faster. `reward` and `reward_terms` are those of
    `ipagym.envs.rewards.RewardRule`; `history`, `elapsed` and `telemetry_age` add entries to the observation
    (`ipagym.envs.observation_builder`). With a `seed_range` (first, end), the seeds of all episodes are drawn from
    first to end − 1. Without one, episodes without a given seed draw theirs from the training seeds
    (`ipagym.task.splits`). `name` is the name of a scenario of the package; `remade` makes the scenario again with
    other arguments of `make_scenario`.

    Raises:
        InputError: a value is of the wrong type or out of range.
    """

    with_info: bool = True
    reward: str | OwnReward = "scalar"
    reward_terms: Sequence[str] = VECTOR_TERMS
    history: int = 0
    elapsed: bool = False
    telemetry_age: bool = False
    seed_range: Sequence[int] | None = None
    name: str | None = None
    remade: Callable[..., Scenario] | None = None

    def __post_init__(self) -> None:
        for name in ("with_info", "elapsed", "telemetry_age"):
            if not isinstance(getattr(self, name), bool):
                raise InputError(f"{name} must be true or false, not {getattr(self, name)!r}")
        if not is_whole(self.history) or not 0 <= self.history <= MOST_HISTORY:
            raise InputError(f"history must be a whole number of windows in 0..{MOST_HISTORY}, not {self.history!r}")
        checked_range(self.seed_range)


CHOSEN = ("with_info", "reward", "reward_terms", "history", "elapsed", "telemetry_age", "seed_range")
"""The options that `gym.make` takes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EpisodeOptions:
    """Settings of one episode that replace those of the environment."""

    workload: Any = None
    slo_s: float | None = None
    seed_range: Sequence[int] | None = None

    @property
    def is_other_scenario(self) -> bool:
        """True if the episode has another workload or SLO."""
        return self.workload is not None or self.slo_s is not None


EPISODE_KEYS = ("workload", "slo_s", "seed_range")


def episode_options(given: dict[str, Any] | None) -> EpisodeOptions:
    """The options of `reset`.

    Raises:
        InputError: they are not a dictionary, or one is unknown or cannot be used.
    """
    if given is not None and not isinstance(given, dict):
        raise InputError(f"options must be a dictionary or none, not {given!r}")
    for key in given or {}:
        if key not in EPISODE_KEYS:
            raise unknown_name("option of reset", str(key), EPISODE_KEYS)
    checked_range((given or {}).get("seed_range"))
    return EpisodeOptions(**(given or {}))


def scenario_of(own: Scenario, options: EnvOptions, episode: EpisodeOptions) -> Scenario:
    """The environment's own scenario with the workload and the SLO of an episode.

    Raises:
        InputError: they cannot be used.
    """
    if not episode.is_other_scenario:
        return own
    if options.remade is not None:
        load = own.workload if episode.workload is None else episode.workload
        return options.remade(load=load, slo_s=own.pipeline.slo_s if episode.slo_s is None else episode.slo_s)
    given = episode.workload
    load = own.workload if given is None else by_name(given) if isinstance(given, str) else as_workload(given)
    slo_s = own.pipeline.slo_s if episode.slo_s is None else episode.slo_s
    return replace(own, workload=load, pipeline=replace(own.pipeline, slo_s=slo_s))


def checked_range(given: Any) -> tuple[int, int] | None:
    """The range of seeds.

    Raises:
        InputError: it is not a pair of integers, or it is empty.
    """
    if given is None:
        return None
    sound = isinstance(given, Sequence) and len(given) == 2 and all(map(is_whole, given))
    if not sound or not 0 <= given[0] < given[1] <= SEEDS:
        raise InputError(f"seed_range must be [first, end] with 0 <= first < end <= {SEEDS}, not {given!r}")
    return int(given[0]), int(given[1])
