"""One seed, one result: on every Python, in every process, after a fork, on both engines."""

import multiprocessing
import os
import subprocess
import sys
from hashlib import sha256

import numpy as np
import pytest

from ipagym.cluster.sim import ENGINES
from ipagym.cluster.sim.compiled.population import Population
from ipagym.verification.paths import random_decisions, walk
from ipagym.verification.stress_scenarios import all_scenarios

GOLDEN = {
    "chain": "69c8aaa2f94f12de",
    "several deployments, with faults": "3ed6d69c7bf7e17f",
    "replicas that sleep, earliest deadline first": "62be4bc56ae38c3e",
}
"""Digests of what became of every request, to the microsecond: another Python, numpy or processor gives the same."""

CODE = "from tests.test_determinism import digest; print(digest({engine!r}, {name!r}))"


def digest(engine: str, name: str) -> str:
    """A hash of the record of an episode with random decisions, seed 5."""
    scenario = all_scenarios(40)[name]
    log = walk(scenario, ENGINES[engine], random_decisions(scenario, 5), 5).log
    times = (log.arrival_s, log.end_s, log.enqueued_s, log.started_s, log.finished_s)
    content = [np.round(each, 6).tobytes() for each in times]
    return sha256(b"".join([*content, log.outcome.tobytes(), log.batch.tobytes()])).hexdigest()[:16]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", GOLDEN)
def test_the_result_is_the_one_it_always_was(engine: str, name: str) -> None:
    assert digest(engine, name) == GOLDEN[name]


@pytest.mark.parametrize("engine", ENGINES)
def test_other_processes_with_other_hashes_give_the_same(engine: str) -> None:
    name = "several deployments, with faults"
    for hash_seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", CODE.format(engine=engine, name=name)],
            env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == GOLDEN[name]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.parametrize("engine", ENGINES)
def test_a_forked_process_gives_the_same(engine: str) -> None:
    several = Population(all_scenarios(40)["chain"], 64)
    everyone = np.arange(64)
    several.reset(everyone, list(range(64)))
    several.advance(everyone, 5.0)  # the threads that a fork does not take along
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.starmap(digest, [(engine, "chain")] * 2) == [GOLDEN["chain"]] * 2
