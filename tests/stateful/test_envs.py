"""Random walks over environments: what is refused leaves no trace."""

from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from ipagym.envs import ServingEnv, ServingVectorEnv
from ipagym.model.configuration import Limits
from ipagym.task.faults import Faults
from ipagym.task.physics import Physics
from tests.stateful.bad_input import BAD_SEEDS, GOOD_SEEDS, bad_actions, refused
from tests.tiny import scenario, setting

SCENARIO = scenario(
    (20.0, 35.0, 0.0, 10.0, 40.0, 5.0, 20.0, 60.0),
    setting(2, 2),
    setting(3),
    limits=Limits(max_replicas=4, node_cores=(8, 6)),
    physics=Physics(
        batch_timeout_s=0.1, faults=Faults(crashes_per_hour=600.0, node_losses_per_hour=300.0, lost_scrape=0.2)
    ),
)
SIZES = tuple(ServingEnv(SCENARIO).codec.sizes)


def actions(*shape: int) -> st.SearchStrategy[Any]:
    many = int(np.prod(shape, initial=1))
    flat = st.lists(st.tuples(*[st.integers(0, size - 1) for size in SIZES]), min_size=many, max_size=many)
    return flat.map(lambda rows: np.array(rows).reshape(*shape, len(SIZES)))


class Environments(RuleBasedStateMachine):
    """An environment that is treated badly now and then beside one that is not: both see the same."""

    @initialize()
    def begin(self) -> None:
        self.env, self.twin = ServingEnv(SCENARIO), ServingEnv(SCENARIO)
        self.left = 0

    @rule(seed=GOOD_SEEDS, options=st.sampled_from([None, {}, {"seed_range": [5, 9]}]))
    def reset(self, seed: int, options: dict[str, Any] | None) -> None:
        results = [env.reset(seed=seed, options=options) for env in (self.env, self.twin)]
        assert results[0][0].tobytes() == results[1][0].tobytes()
        self.left = SCENARIO.windows - 1

    @rule(action=actions())
    def step(self, action: Any) -> None:
        assume(self.left)
        results = [env.step(action) for env in (self.env, self.twin)]
        observation, reward, terminated, truncated, info = results[0]
        self.left -= 1
        assert observation.tobytes() == results[1][0].tobytes()
        assert reward == results[1][1]
        assert np.isfinite(reward)
        assert self.env.observation_space.contains(observation)
        assert (terminated, truncated) == (False, self.left == 0)
        assert info["truth"]["in_system"] >= 0

    @rule(action=actions())
    def refuse_a_step_without_an_episode(self, action: Any) -> None:
        assume(not self.left)
        assert "call reset()" in refused(lambda: self.env.step(action))

    @rule(action=bad_actions(SIZES))
    def refuse_an_action(self, action: Any) -> None:
        assume(self.left)
        refused(lambda: self.env.step(action))

    @rule(seed=BAD_SEEDS)
    def refuse_a_seed(self, seed: Any) -> None:
        refused(lambda: self.env.reset(seed=seed))

    @rule(which=st.integers(0, 1))
    def go_on_with_a_fork(self, which: int) -> None:
        forked = self.env.fork()
        if self.left:
            self.env.step(np.zeros(len(SIZES), dtype=np.int64))
        self.env = forked

    @rule()
    def close_twice(self) -> None:
        self.env.close()
        self.env.close()


class VectorEnvironments(RuleBasedStateMachine):
    """A vector environment that is treated badly now and then beside one that is not."""

    @initialize(size=st.integers(1, 4), autoreset=st.sampled_from([AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP]))
    def begin(self, size: int, autoreset: AutoresetMode) -> None:
        self.size = size
        self.env, self.twin = (ServingVectorEnv(SCENARIO, size, autoreset=autoreset) for _ in range(2))
        self.has_begun = False

    @rule(seed=GOOD_SEEDS)
    def reset(self, seed: int) -> None:
        observations = [env.reset(seed=seed)[0] for env in (self.env, self.twin)]
        assert observations[0].tobytes() == observations[1].tobytes()
        self.has_begun = True

    @rule(data=st.data())
    def reset_some(self, data: st.DataObject) -> None:
        assume(self.has_begun)
        mask = np.array(data.draw(st.lists(st.booleans(), min_size=self.size, max_size=self.size)))
        assume(mask.any())
        observations = [env.reset(seed=3, options={"reset_mask": mask})[0] for env in (self.env, self.twin)]
        assert observations[0].tobytes() == observations[1].tobytes()

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        assume(self.has_begun)
        chosen = data.draw(actions(self.size))
        results = [env.step(chosen) for env in (self.env, self.twin)]
        for one, other in zip(results[0][:4], results[1][:4], strict=True):
            assert np.asarray(one).tobytes() == np.asarray(other).tobytes()
        assert np.isfinite(results[0][1]).all()
        assert self.env.observation_space.contains(results[0][0])

    @rule(data=st.data())
    def refuse_actions(self, data: st.DataObject) -> None:
        assume(self.has_begun)
        bad = data.draw(bad_actions(SIZES, self.size))
        refused(lambda: self.env.step(bad))

    @rule(mask=st.sampled_from([[True], np.zeros(9, bool), np.zeros(2), "yes", None, np.array([2])]))
    def refuse_a_mask(self, mask: Any) -> None:
        assume(self.has_begun and not (isinstance(mask, list) and self.size == 1))
        refused(lambda: self.env.reset(options={"reset_mask": mask}))

    @rule(seed=BAD_SEEDS)
    def refuse_seeds(self, seed: Any) -> None:
        refused(lambda: self.env.reset(seed=seed))

    @rule()
    def refuse_a_step_before_the_first_reset(self) -> None:
        assume(not self.has_begun)
        refused(lambda: self.env.step(np.zeros((self.size, len(SIZES)), dtype=np.int64)))

    @rule()
    def close_twice(self) -> None:
        self.env.close()
        self.env.close()


for machine in (Environments, VectorEnvironments):
    machine.TestCase.settings = settings(
        max_examples=max(20, settings.default.max_examples // 4),  # type: ignore[union-attr]
        stateful_step_count=30,
    )
TestEnvironments = Environments.TestCase
TestVectorEnvironments = VectorEnvironments.TestCase
