"""Paired differences: against their definition, and on a comparison."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import ipagym
from ipagym.bench.comparison.pairs import paired
from ipagym.system.errors import InputError


def frame(rng: np.random.Generator, seeds: int) -> pd.DataFrame:
    rows = [{"agent": agent, "seed": seed, "reward": rng.normal(), "cores": rng.normal()}
            for agent in ("one", "two") for seed in range(seeds)]  # fmt: skip
    return pd.DataFrame(rows).sample(frac=1, random_state=0)  # in any order


def test_the_interval_is_that_of_a_paired_t_test() -> None:
    episodes = frame(np.random.default_rng(3), 9)
    own, other = (episodes[episodes["agent"] == name].sort_values("seed")["reward"] for name in ("one", "two"))
    test = stats.ttest_rel(own.to_numpy(), other.to_numpy())
    low, high = test.confidence_interval(0.95)
    found = paired(episodes, "one", "two").loc["reward"]
    assert found["difference"] == pytest.approx((low + high) / 2)
    assert found["ci95"] == pytest.approx((high - low) / 2)
    assert found["above"] == (own.to_numpy() > other.to_numpy()).mean()
    assert found["seeds"] == 9


def test_ties_count_half_and_one_seed_has_no_interval() -> None:
    episodes = pd.DataFrame({"agent": ["one", "two"], "seed": [0, 0], "reward": [1.0, 1.0]})
    found = paired(episodes, "one", "two").loc["reward"]
    assert (found["difference"], found["above"], found["seeds"]) == (0.0, 0.5, 1)
    assert pd.isna(found["ci95"])


def test_a_comparison_has_its_episodes_and_their_differences(tmp_path: Path) -> None:
    found = ipagym.compare("video", ["ipa", "static-min"], workload="constant:6:60", seeds=2, out=tmp_path)
    assert found.episodes[["agent", "seed"]].to_numpy().tolist() == [
        ["ipa", 0], ["ipa", 1], ["static-min", 0], ["static-min", 1],
    ]  # fmt: skip
    read = ipagym.load_results(tmp_path)
    pd.testing.assert_frame_equal(read.episodes, found.episodes)
    differences = read.paired("ipa", "static-min")
    means = found.summary.set_index("agent")["cores"]
    assert differences.loc["cores", "difference"] == pytest.approx(means["ipa"] - means["static-min"])
    windows = found.windows[found.windows["agent"] == "ipa"]
    assert found.episodes["reward"][0] == windows[windows["seed"] == 0]["reward"].mean()


@pytest.mark.parametrize(("names", "message"), [(("one", "tow"), "did you mean 'two'"), (("one", "one"), "twice")])
def test_misuse_is_named(names: tuple[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        paired(frame(np.random.default_rng(0), 2), *names)
