"""Training: checkpoint, resume, evaluation, and the learner itself on a chain of known value."""

import zipfile
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

from ipagym.system.errors import InputError
from tests.tiny import scenario, setting

pytest.importorskip("stable_baselines3")

from stable_baselines3 import PPO
from stable_baselines3.common.policies import ActorCriticPolicy

from ipagym.agents.learned.checkpoint import (
    CHECKPOINT_NAME,
    MAX_CHECKPOINT_BYTES,
    Card,
    Checkpoint,
    load_checkpoint,
)
from ipagym.agents.learned.policy import PolicyAgent, load_policy
from ipagym.agents.learned.training import TrainSettings, train
from ipagym.envs import Codec, Observer, make_scenario


def run(out: Path, **changes: Any) -> Path:
    fields = {"scenario": "video", "workload": "constant:5", "out": out, "steps": 32, "envs": 2, "rollout": 16}
    return train(TrainSettings(**(fields | changes)))  # type: ignore[arg-type]


def test_train_writes_a_checkpoint_that_decides(tmp_path: Path) -> None:
    done: list[tuple[int, int]] = []
    path = train(
        TrainSettings(scenario="video", workload="constant:5", out=tmp_path / "a", steps=64, envs=2, rollout=16),
        lambda steps, total: done.append((steps, total)),
    )
    assert done == [(32, 64), (64, 64)]
    assert load_checkpoint(path).card.steps == 64
    assert any((tmp_path / "a" / "tensorboard").iterdir())
    chosen = make_scenario("video", "constant:5")
    assert isinstance(load_policy(tmp_path / "a", chosen), PolicyAgent)


def test_resume_continues_where_it_stopped(tmp_path: Path) -> None:
    out = tmp_path / "run"
    run(out)
    with pytest.raises(InputError, match="--resume"):
        run(out)
    run(out, steps=64, resume=True)
    assert load_checkpoint(out).card.steps == 64
    with pytest.raises(InputError, match="resume it with those"):
        run(out, workload="constant:9", resume=True)
    with pytest.raises(InputError, match="seed 0, envs 2: resume it with those"):
        run(out, seed=1, envs=1, resume=True)


def test_same_seed_same_weights(tmp_path: Path) -> None:
    runs = [load_checkpoint(run(tmp_path / name)).parameters["policy"] for name in ("a", "b")]
    assert all((runs[0][key] == runs[1][key]).all() for key in runs[0])


def test_what_is_not_a_checkpoint_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no checkpoint"):
        load_checkpoint(tmp_path)
    (tmp_path / CHECKPOINT_NAME).write_bytes(b"not a checkpoint")
    with pytest.raises(InputError, match="is not a checkpoint"):
        load_checkpoint(tmp_path)
    with pytest.raises(InputError, match="nothing to resume"):
        run(tmp_path / "none", resume=True)


def test_a_policy_for_other_knobs_is_refused(tmp_path: Path) -> None:
    checkpoint = load_checkpoint(run(tmp_path / "a"))
    other = scenario((1.0, 1.0), setting(), setting())
    with pytest.raises(InputError, match="other knobs"):
        PolicyAgent(checkpoint).reset(other.pipeline, other.limits, np.random.default_rng(0))


class TwoStates(gymnasium.Env[np.ndarray, int]):
    """Alternates between two states with rewards 1 and 0; cut off after 10 steps, which is not an end."""

    observation_space = gymnasium.spaces.Box(0.0, 1.0, (2,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)  # type: ignore[assignment]

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        self._time = 0
        return self._observe(), {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        reward = float(self._time % 2 == 0)
        self._time += 1
        return self._observe(), reward, False, self._time >= 10, {}

    def _observe(self) -> np.ndarray:
        return np.eye(2, dtype=np.float32)[self._time % 2]  # type: ignore[no-any-return]


def test_truncation_is_bootstrapped() -> None:
    """V(0) = 1 / (1 − γ²) and V(1) = γ·V(0); a learner that takes the cut for an end learns far less."""
    gamma = 0.9
    sizes = {"n_steps": 200, "batch_size": 50}
    model = PPO("MlpPolicy", TwoStates(), gamma=gamma, gae_lambda=1.0, learning_rate=3e-3, seed=0, **sizes)  # type: ignore[arg-type]
    model.learn(8_000)
    observations, _ = model.policy.obs_to_tensor(np.eye(2, dtype=np.float32))
    values = model.policy.predict_values(observations).detach().numpy().ravel()
    assert values == pytest.approx([1 / (1 - gamma**2), gamma / (1 - gamma**2)], rel=0.05)


def test_a_checkpoint_that_unpacks_to_too_much_is_refused_before_it_does(tmp_path: Path) -> None:
    path = tmp_path / CHECKPOINT_NAME
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(MAX_CHECKPOINT_BYTES + 1))
    with pytest.raises(InputError, match="larger than"):
        load_checkpoint(path)


@pytest.mark.parametrize("damage", [None, {}, {"policy": None}, {"policy": {}}, "nan"])
def test_damaged_weights_are_refused_in_one_line(damage: Any) -> None:
    chosen = make_scenario("video", "constant:5")
    codec, observer = Codec(chosen.pipeline, chosen.limits), Observer.of(chosen)
    policy = ActorCriticPolicy(observer.space(), codec.space(), lambda _: 0.0)
    weights = {name: value * float("nan") for name, value in policy.state_dict().items()}
    card = Card(scenario="video", workload=None, observation_names=observer.names, action_sizes=codec.sizes,
                steps=1, seed=0, envs=1, threads=1, rollout=2, gamma=0.9, learning_rate=1e-3, entropy=0.0)  # fmt: skip
    agent = PolicyAgent(Checkpoint(card, {"policy": weights} if damage == "nan" else damage, {}))
    with pytest.raises(InputError, match="weights of the policy for video are damaged"):
        agent.reset(chosen.pipeline, chosen.limits, np.random.default_rng(0))
