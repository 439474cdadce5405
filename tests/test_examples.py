"""Every example runs, for a few steps; those that need what is not installed are skipped."""

import ast
import subprocess
import sys
from functools import partial
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ipagym

pytestmark = pytest.mark.filterwarnings("ignore")  # of other packages, about each other

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
OWN_PROCESS = ("ray", "torchrl", "rl_zoo3")  # these start processes, or change how others do
STEPS = "130"


def packages(path: Path) -> set[str]:
    """What an example imports."""
    tree = ast.parse(path.read_text())
    named = [each.module or "" for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)]
    named += [alias.name for each in ast.walk(tree) if isinstance(each, ast.Import) for alias in each.names]
    if any(name.startswith("ray.rllib") for name in named):
        named.append("tree")  # a plain Ray comes without it
    return {name.partition(".")[0] for name in named}


def loaded(path: Path) -> Any:
    """The example as a module."""
    spec = spec_from_file_location(f"example_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs(path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    missing = sorted(name for name in packages(path) if find_spec(name) is None)
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    if packages(path) & set(OWN_PROCESS):
        command = [sys.executable, "-W", "ignore", str(path), "--steps", STEPS]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr[-2000:]
        assert ran.stdout.strip()
    else:
        loaded(path).main(["--steps", STEPS])
        assert capfd.readouterr().out.strip()


def test_cleanrl_values_what_follows_a_truncated_episode() -> None:
    torch = pytest.importorskip("torch")
    example = loaded(ROOT / "examples" / "cleanrl_ppo.py")
    for_ever = torch.full((6, 2), 1 / (1 - example.GAMMA))  # of a reward of 1 in every step
    truncated = torch.zeros(6, 2, dtype=torch.bool)
    truncated[3] = True
    batch = example.Batch(*[torch.zeros(0)] * 3, torch.ones(6, 2), torch.zeros(0), truncated)
    assert example.advantages(batch, for_ever, for_ever) == pytest.approx(np.zeros((6, 2)), abs=1e-4)


def test_cleanrl_keeps_the_last_observation_of_an_episode() -> None:
    torch = pytest.importorskip("torch")
    import gymnasium as gym

    example = loaded(ROOT / "examples" / "cleanrl_ppo.py")
    envs: Any = gym.make_vec(
        "ipagym/Video-v0", 2, vectorization_mode="vector_entry_point", autoreset_mode="SameStep",
        workload="constant:9:60", elapsed=True,
    )  # fmt: skip
    agent = example.Agent(envs.single_observation_space.shape[0], envs.single_action_space.nvec.tolist())
    batch, _ = example.collect(envs, agent, torch.as_tensor(envs.reset(seed=0)[0]), 7)
    elapsed = batch.following[:, 0, envs.unwrapped.observation_names.index("elapsed")].tolist()
    assert batch.truncated[:, 0].tolist() == [False] * 4 + [True] + [False] * 2
    assert elapsed[:5] == sorted(elapsed[:5])
    assert elapsed[4] > 2 * elapsed[5]


def test_a_model_decides_in_a_comparison_as_in_its_environment(tmp_path: Path) -> None:
    pytest.importorskip("stable_baselines3")
    import gymnasium as gym

    example = loaded(ROOT / "examples" / "sb3_compared.py")
    model = example.learned(130)
    model.save(tmp_path / "model.zip")
    agent = partial(example.Sb3Agent, (tmp_path / "model.zip").read_bytes())
    found = ipagym.compare("video", {"mine": agent}, workload="step:5:30:240", seeds=1, out=tmp_path / "compared")
    env = gym.make("ipagym/Video-v0", workload="step:5:30:240")
    observation, rewards, is_over = env.reset(seed=0)[0], [], False
    while not is_over:
        observation, reward, _, is_over, _ = env.step(model.predict(observation, deterministic=True)[0])
        rewards.append(reward)
    assert np.mean(rewards) == pytest.approx(found.summary["reward"][0])
