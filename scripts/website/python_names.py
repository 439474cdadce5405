"""Reference of the interface in Python: the names in `ipagym.__all__` and `ipagym.envs`, rendered by mkdocstrings."""

from collections.abc import Mapping, Sequence

import ipagym
import ipagym.envs
import ipagym.envs.wrappers

GROUPS: Mapping[str, Sequence[str]] = {
    "Comparing": ("compare", "Comparison", "load_results", "sweep", "Sweep", "load_sweep", "verify"),
    "Scenarios and loads": ("make_scenario", "load_scenario", "Scenario", "Objective", "Physics", "Telemetry",
                            "Workload", "read_workload", "ENV_IDS"),
    "Agents": ("Agent", "make_agent", "load_policy", "read_manifests"),
    "What is served, decided and seen": ("Pipeline", "Stage", "Variant", "Configuration", "StageSetting", "Deployment",
                                         "Limits", "Window"),
    "Errors and version": ("IpagymError", "InputError", "__version__"),
}  # fmt: skip
"""The names of `ipagym.__all__`, by subject."""


def promised_page() -> str:
    """The names that are kept from version to version."""
    text = (
        "# Python\n\nThe names in `ipagym.__all__`. They are kept from version to version; all modules below the "
        "package are private. Each is imported when it is first used: `import ipagym` alone is fast."
    )
    sections = [f"## {title}\n\n{_entries(names)}" for title, names in GROUPS.items()]
    return "\n\n".join([text, *sections]) + "\n"


def envs_page() -> str:
    """Environments, their native vector forms and the wrappers."""
    text = (
        "# Environments and wrappers\n\n`gym.make` and `gym.make_vec` make these by id. "
        "[Environments](../environments.md) explains actions, observations and rewards."
    )
    names = ("ServingEnv", "ServingVectorEnv", "make_env", "make_vector_env", "Codec")
    environments = _entries_of("ipagym.envs", names)
    learners = _entries_of("ipagym.envs.sb3", ("ServingVecEnv",))
    wrappers = _entries_of("ipagym.envs.wrappers", ipagym.envs.wrappers.__all__)
    parts = ("## Environments", environments, "## stable-baselines3", learners, "## Wrappers", wrappers)
    return "\n\n".join([text, *parts]) + "\n"


def _entries(names: Sequence[str]) -> str:
    return "\n\n".join(_entry(name) for name in names)


def _entry(name: str) -> str:
    """A name of the package, by the module that defines it, which has its docstring."""
    homes = ipagym._HOMES
    if name not in homes:
        value = getattr(ipagym, name)
        listed = "\n".join(f"- `{each}`" for each in value) if isinstance(value, dict) else f"`{value}`"
        return f"### {name}\n\n{listed}"
    return f"::: ipagym.{homes[name]}.{name}"


def _entries_of(module: str, names: Sequence[str]) -> str:
    return "\n\n".join(f"::: {module}.{name}" for name in names)
