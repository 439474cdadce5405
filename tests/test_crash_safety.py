"""Processes killed at random moments: files are the old or the new ones, and finished work is not done again."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ipagym.agents import learned
from ipagym.system.files import STALE_S, SUFFIX, remove_leftovers, write_atomically

MAIN = "import sys; from ipagym.cli import main; sys.exit(main(sys.argv[1:]))"
COMPARE = [
    "compare", "video", "--workload", "steady-low", "--agents", "hpa,random", "--seeds", "6", "--workers", "1",
    "--duration", "600", "--backend", "simpy",
]  # fmt: skip
RESULTS = ("windows.parquet", "timeline.png")


def started(code: str, *arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def kill(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_file_is_the_old_or_the_new_one_whenever_its_writer_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    contents = [letter.encode() * 3_000_000 for letter in "ab"]
    write_atomically(path, contents[0])
    code = (
        "import sys; from pathlib import Path; from ipagym.system.files import write_atomically\n"
        "while True:\n"
        "    for letter in 'ab': write_atomically(Path(sys.argv[1]), letter.encode() * 3_000_000)"
    )
    chance = random.Random(5)
    for _ in range(8):
        writer = started(code, str(path))
        before = path.stat().st_mtime_ns
        while path.stat().st_mtime_ns == before:
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 0.1))
        kill(writer)
        assert path.read_bytes() in contents


def test_leftovers_of_killed_writers_go_when_they_are_old(tmp_path: Path) -> None:
    (tmp_path / "episodes").mkdir()
    old, new, other = (tmp_path / "episodes" / name for name in (f".a.x{SUFFIX}", f".b.y{SUFFIX}", "c.parquet"))
    for path in (old, new, other):
        path.touch()
    for path in (old, other):
        os.utime(path, (time.time() - 2 * STALE_S,) * 2)
    remove_leftovers(tmp_path)
    assert sorted(path.name for path in (tmp_path / "episodes").iterdir()) == [new.name, other.name]


def episodes(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in sorted(out.glob("episodes/*.parquet"))}


def manifest(out: Path) -> dict[str, object]:
    """What is in it but for the command, which names the folder."""
    content: dict[str, object] = json.loads((out / "manifest.json").read_text())
    assert str(out) in str(content.pop("command"))
    return content


def test_a_comparison_killed_at_random_moments_goes_on_to_the_same_result(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert started(MAIN, *COMPARE, "--out", str(whole)).wait() == 0
    chance, kept = random.Random(7), 0
    for _ in range(4):
        process = started(MAIN, *COMPARE, "--out", str(killed))
        deadline_s = time.monotonic() + 60
        while len(episodes(killed)) <= kept and process.poll() is None and time.monotonic() < deadline_s:
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 0.3))
        kill(process)
        kept = len(episodes(killed))
    assert 4 <= kept < 12, "some work was done, and the kills came before its end"
    before = episodes(killed)
    assert started(MAIN, *COMPARE, "--out", str(killed)).wait() == 0
    after = episodes(killed)
    assert {name: after[name] for name in before} == before, "finished episodes are not run again"
    assert list(after) == list(episodes(whole))
    for name in RESULTS:
        assert (killed / name).read_bytes() == (whole / name).read_bytes()
    assert manifest(killed) == manifest(whole)
    for name in after:
        assert (killed / "episodes" / name).read_bytes() == (whole / "episodes" / name).read_bytes()


def test_two_comparisons_in_one_folder_do_each_other_no_harm(tmp_path: Path) -> None:
    both = [started(MAIN, *COMPARE, "--out", str(tmp_path / "shared")) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert len(episodes(tmp_path / "shared")) == 12
    assert not list((tmp_path / "shared").rglob(f"*{SUFFIX}"))


KILLS = 3
SMALL_RUN = """
"*": {steps: 960, envs: 4, rollout: 20, batch: 40, epochs: 2, validate_every: 3, validation_episodes: 2}
"""


def test_a_training_that_is_killed_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    pytest.importorskip("stable_baselines3")
    from ipagym.agents.learned.checkpoint import CHECKPOINT_NAME, load_checkpoint
    from ipagym.agents.learned.policy_file import BEST, LAST

    recipe = tmp_path / "small.yaml"
    whole_recipe = (Path(learned.__file__).parent / "recipes" / "ppo.yaml").read_text()
    recipe.write_text(whole_recipe + SMALL_RUN)
    train = ["train", "video", "--workload", "constant:5:300", "--seed", "1", "--recipe", str(recipe)]
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    assert started(MAIN, *train, "--out", str(whole)).wait() == 0
    checkpoint = killed / CHECKPOINT_NAME
    for number in range(KILLS):
        before = load_checkpoint(checkpoint).card.steps_done if number else -1
        process = started(MAIN, *train, "--out", str(killed), *(["--resume"] if number else []))
        deadline_s = time.monotonic() + 300
        while process.poll() is None and time.monotonic() < deadline_s:
            if checkpoint.exists() and load_checkpoint(checkpoint).card.steps_done > before:
                break
            time.sleep(0.02)
        kill(process)
    assert started(MAIN, *train, "--out", str(killed), "--resume").wait() == 0
    resumed, expected = load_checkpoint(killed), load_checkpoint(whole)
    assert resumed.card == expected.card
    weights = resumed.parameters["policy"]
    assert all(weights[name].equal(value) for name, value in expected.parameters["policy"].items())
    for name in (LAST, BEST):
        assert (killed / name).read_bytes() == (whole / name).read_bytes()
    assert not list(killed.glob("*.tmp"))
