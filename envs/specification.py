"""What the specification of an environment says of its episodes."""

from gymnasium.envs.registration import EnvSpec

from ipagym.task.scenario import Scenario


def with_steps(spec: EnvSpec | None, scenario: Scenario) -> EnvSpec | None:
    """The specification, with the steps of an episode where it says nothing of them; the workload decides them."""
    if spec is not None and spec.max_episode_steps is None:
        spec.max_episode_steps = scenario.windows - 1
    return spec
