"""Suites by name or file, and the groups that they are made of: one task on one track, all of its agents and seeds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ipagym.agents import AgentSpec
from ipagym.bench.leaderboard.schema import Settings, SuiteFile, TaskFile
from ipagym.envs.scenarios import make_scenario
from ipagym.profiles.yaml_file import first_problem, read_yaml
from ipagym.system.errors import InputError, unknown_name
from ipagym.task.scenario import Scenario

FOLDER = Path(__file__).parent / "suites"


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """One task on one track: `agents` has the text that asks for each agent, by its name in tables."""

    name: str
    task: str
    track: str
    scenario: Scenario
    agents: Mapping[str, str]


@dataclass(frozen=True)
class Suite:
    """A suite with its scenarios made."""

    file: SuiteFile
    groups: tuple[Group, ...]

    @property
    def name(self) -> str:
        """Name and version."""
        return f"{self.file.suite}-v{self.file.version}"

    @property
    def seeds(self) -> range:
        """The seeds that every agent runs on."""
        return range(self.file.first_seed, self.file.first_seed + self.file.seeds)

    @property
    def cells(self) -> int:
        """Episodes in all."""
        return sum(len(group.agents) for group in self.groups) * self.file.seeds

    @cached_property
    def digest(self) -> str:
        """A hash of what is written and of every scenario as it was made here, 16 hexadecimal digits.

        It does not count the agents: who else takes part changes nobody's task.
        """
        written = self.file.model_dump(exclude={"agents", "description", "tasks"}, mode="json")
        scenarios = {group.name: group.scenario.digest() for group in self.groups}
        return sha256(json.dumps([written, scenarios], sort_keys=True).encode()).hexdigest()[:16]


def suite_names() -> list[str]:
    """The suites of the package."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load_suite(name: str) -> Suite:
    """The suite of that name, or in the YAML file of that path.

    Raises:
        InputError: there is none, or it cannot be used.
    """
    if name in suite_names():
        return suite_of(read_yaml(FOLDER / f"{name}.yaml", "suite"), name)
    if not name.endswith((".yaml", ".yml", ".json")):
        raise unknown_name("suite", name, suite_names())
    return suite_of(read_yaml(Path(name), "suite"), Path(name).name)


def suite_of(content: Any, source: str) -> Suite:
    """The suite that was read from `source`.

    Raises:
        InputError: it has no such form, or one of its tasks cannot be made.
    """
    try:
        file = SuiteFile.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{source}: {first_problem(error, SuiteFile)}") from error
    return Suite(file, tuple(_groups(file, source)))


def _groups(file: SuiteFile, source: str) -> list[Group]:
    return [
        _group(file, (name, task), track, source)
        for name, task in file.tasks.items()
        for track in task.tracks or file.tracks
    ]


def _group(file: SuiteFile, named: tuple[str, TaskFile], track: str, source: str) -> Group:
    name, task = named
    try:
        scenario = _scenario(task, file.tracks[track])
        agents = {each: each for each in file.agents if suits(each, scenario)} | dict(task.agents)
    except InputError as error:
        raise InputError(f"{source}: task {name} on track {track}: {error}") from error
    for anchor in filter(None, (file.reference, file.ceiling)):
        if anchor not in agents:
            raise InputError(f"{source}: task {name} lacks {anchor}, which scores are counted from: add it to agents")
    return Group(name=f"{name}.{track}", task=name, track=track, scenario=scenario, agents=agents)


def suits(agent: str, scenario: Scenario) -> bool:
    """True if the agent can serve the scenario, as far as is known of one from outside of the package.

    Raises:
        InputError: there is none of that name.
    """
    spec = AgentSpec.parse(agent)
    return spec.entry.suits(scenario)


def _scenario(task: TaskFile, track: Settings) -> Scenario:
    """The task with what the track changes; where both change a part, field by field, the track's fields count."""
    written = task.model_dump(exclude_unset=True, exclude_none=True, exclude={"scenario", "agents", "tracks"})
    for part, value in track.model_dump(exclude_unset=True, exclude_none=True).items():
        both = isinstance(value, dict) and isinstance(written.get(part), dict)
        written[part] = {**written[part], **value} if both else value
    duration_s = written.pop("duration_s", None)
    return make_scenario(task.scenario, written.pop("load", None), **written).opening(duration_s)
