"""Tables of docs/environments.md: the ids with their spaces, and the entries of observations."""

import gymnasium

from ipagym.cli.controllers import markdown
from ipagym.envs.observation_entries import PIPELINE_ENTRIES, STAGE_ENTRIES, Entry
from ipagym.envs.serving import ServingEnv
from ipagym.task.environment_ids import ENV_IDS


def ids_table() -> str:
    """Each id, with its scenario, the dimensions of an action, and the lengths of observations and episodes."""
    rows = [["id", "scenario", "action", "observation", "interval", "steps"]]
    rows += [_row(env_id, scenario) for env_id, scenario in ENV_IDS.items()]
    return markdown(rows)


def entries_table() -> str:
    """Each entry of the pipeline and of a stage, with unit, scale and source."""
    rows = [["entry", "unit of x", "scale", "x", "left out where"]]
    rows += [_entry(each, each.name) for each in PIPELINE_ENTRIES]
    rows += [["STAGE.KNOB", "value", "position among its choices, or share of the largest, 0..1", "each open knob", ""]]
    rows += [_entry(each, f"STAGE.{each.name}") for each in STAGE_ENTRIES]
    return markdown(rows)


def _row(env_id: str, scenario: str) -> list[str]:
    env = gymnasium.make(env_id).unwrapped
    assert isinstance(env, ServingEnv)
    knobs = ", ".join(f"{name} {size}" for name, size in zip(env.codec.names, env.codec.sizes, strict=True))
    length, interval_s = len(env.observation_names), env.scenario.interval_s
    return [f"`{env_id}`", scenario, knobs, str(length), f"{interval_s:g} s", str(env.scenario.windows - 1)]


def _entry(entry: Entry, name: str) -> list[str]:
    return [f"`{name}`", entry.unit, entry.scale, entry.source, entry.without]
