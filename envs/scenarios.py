"""Scenarios by name: a profile under a workload."""

from dataclasses import replace
from pathlib import Path

from ipagym import profiles, workload
from ipagym.configuration import Limits
from ipagym.errors import InputError
from ipagym.faults import by_name
from ipagym.files import is_file
from ipagym.profiles import Profile
from ipagym.scenario import DropPolicy, Physics, Scenario, lightest_configuration
from ipagym.streams import Streams

INITIAL_RATE_WINDOW_S = 60
"""The initial configuration is sized for the mean rate of the workload's first minute, as if long deployed."""


def make_scenario(
    pipeline: str,
    load: str | workload.Workload = "bursty",
    *,
    slo_s: float | None = None,
    trace: Path | None = None,
    interval_s: float = 10.0,
    limits: Limits | None = None,
    physics: Physics | None = None,
    faults: str = "none",
) -> Scenario:
    """The scenario of a pipeline (a profile's name, or the path of a YAML file) under a workload.

    `slo_s` replaces the profile's SLO; `trace` is the Twitter trace file that the paper's windows are cut from.
    `faults` names a mixture of `ipagym.faults`, which replaces those of the physics.

    Raises:
        InputError: a name is unknown or a value cannot be used.
    """
    profile = load_profile(pipeline)
    served = profile.pipeline if slo_s is None else replace(profile.pipeline, slo_s=slo_s)
    chosen = workload.by_name(load, trace) if isinstance(load, str) else load
    bounds = limits or Limits()
    ruled = physics or profile_physics(profile)
    if faults != "none":
        ruled = replace(ruled, faults=by_name(faults, has_nodes=bounds.node_cores is not None))
    rates = chosen.rates_rps(Streams.spawn(0).load)
    return Scenario(
        pipeline=served,
        workload=chosen,
        initial=lightest_configuration(served, bounds, float(rates[:INITIAL_RATE_WINDOW_S].mean())),
        limits=bounds,
        objective=profile.objective,
        physics=ruled,
        interval_s=interval_s,
    )


def load_profile(pipeline: str) -> Profile:
    """A profile by name, or from a YAML file when the name ends in .yaml or .yml."""
    if pipeline.endswith((".yaml", ".yml")):
        path = Path(pipeline)
        if not is_file(path):
            raise InputError(f"no profile file {pipeline}: give a path to a YAML profile or a name from `ipagym list`")
        return profiles.load_file(path)
    return profiles.load(pipeline)


def profile_physics(profile: Profile) -> Physics:
    """The physics under which the profile's system was published."""
    return Physics(batch_timeout_s=profile.batch_timeout_s, drop=DropPolicy(max_age_s=profile.max_age_s))
