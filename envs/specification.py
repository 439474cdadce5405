"""The length of episodes in the specification of an environment."""

from gymnasium.envs.registration import EnvSpec

from ipagym.task.scenario import Scenario


def with_steps(spec: EnvSpec | None, scenario: Scenario) -> EnvSpec | None:
    """The specification; if it has no number of steps, with that of the workload."""
    if spec is not None and spec.max_episode_steps is None:
        spec.max_episode_steps = scenario.windows - 1
    return spec
