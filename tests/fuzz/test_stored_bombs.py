"""Manifests, stored episodes and checkpoints that were tampered with, or that some other program wrote."""

import io
import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ipagym.agents import make_agent
from ipagym.bench.storage.manifest import FILE_NAME, check_folder
from ipagym.bench.storage.store import Store
from ipagym.cluster.sim import CompiledCluster
from ipagym.system.errors import InputError
from tests.comparing import compare
from tests.fuzz.limited import feed, peak_bytes
from tests.fuzz.nearly_sound import CHANGED, policy, table_bytes
from tests.fuzz.targets import small, stored

MOST_BYTES = 200_000_000


def static() -> Any:
    return make_agent("static-min", small())


def compared(out: Path) -> bytes:
    compare(small(), {"static-min": static}, seeds=[0], out=out, make_cluster=CompiledCluster)
    return (out / "windows.parquet").read_bytes()


def put(path: Path, content: bytes, decision_s: Any) -> None:
    """An episode of this content, with the hash that goes with it."""
    path.write_bytes(content)
    timings = {"windows_sha256": sha256(content).hexdigest(), "decision_s": decision_s}
    path.with_suffix(".timings.json").write_text(json.dumps(timings), encoding="utf-8")


COLUMNS = ["arrivals", "arrivals_per_s", "latency_s", "reward", "agent"]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """A comparison's table of windows, and the episode that it is made from."""
    out = tmp_path_factory.mktemp("sound")
    return compared(out), Store(out, small()).path("static-min", 0).read_bytes()


@pytest.mark.parametrize("column", COLUMNS)
def test_an_episode_that_lacks_a_column_is_run_again(column: str, sound: tuple[bytes, bytes], tmp_path: Path) -> None:
    table = pq.read_table(io.BytesIO(sound[1]))
    changed = table.remove_column(table.schema.names.index(column))
    path = Store(tmp_path, small()).path("static-min", 0)
    path.parent.mkdir()
    put(path, table_bytes(changed, table.schema.metadata), [0.1] * table.num_rows)
    assert compared(tmp_path) == sound[0]


@pytest.mark.parametrize("decision_s", [[], [0.1], [10**400] * 5, 5], ids=lambda d: repr(d)[:12])
def test_an_episode_of_other_decision_times_is_run_again(
    decision_s: Any, sound: tuple[bytes, bytes], tmp_path: Path
) -> None:
    path = Store(tmp_path, small()).path("static-min", 0)
    path.parent.mkdir()
    put(path, sound[1], decision_s)
    assert compared(tmp_path) == sound[0]
    timings = json.loads(path.with_suffix(".timings.json").read_text(encoding="utf-8"))
    assert timings["decision_s"] != decision_s


def test_an_episode_of_far_too_many_windows_is_not_unpacked(tmp_path: Path) -> None:
    metadata = pq.read_schema(io.BytesIO(stored()[0])).metadata
    path = Store(tmp_path, small()).path("hold", 0)
    path.parent.mkdir()
    zeros = pa.nulls(40_000_000, pa.int8())
    put(path, table_bytes(pa.table({"arrivals": zeros}), {**metadata, b"pandas": b"{}"}), [0.1])
    del zeros
    assert path.stat().st_size < 1_000_000
    before = peak_bytes()
    assert Store(tmp_path, small()).find("hold", 0, "") is None
    assert peak_bytes() - before < MOST_BYTES


MANIFESTS = {"lists": b"[" * 200_000, "mappings": b'{"a":' * 200_000,
             "a long hash": b'{"scenario_hash": "%s"}' % (b"a" * 100_000),
             "digits": b'{"scenario_hash": 1%s}' % (b"0" * 5000), "a list": b"[]",
             "nothing": b"", "no text": b"\xff"}  # fmt: skip


@pytest.mark.parametrize("content", MANIFESTS.values(), ids=MANIFESTS)
def test_a_manifest_that_is_none_is_refused_in_a_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(InputError) as error:
        check_folder(tmp_path, small())
    assert len(str(error.value)) < 2000


def test_a_huge_manifest_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.touch()
    os.truncate(path, 1_000_000_000)
    answer = feed("manifest", path)
    assert answer.outcome == "refused", answer
    assert answer.peak_bytes < MOST_BYTES


@pytest.mark.parametrize("name", ["a" * 300, "/a" * 5000, "\0"], ids=lambda name: name[:14])
def test_folders_that_cannot_be_are_refused(name: str) -> None:
    with pytest.raises(InputError):
        check_folder(Path(name), small())


def save(path: Path, arrays: Any, **changes: Any) -> None:
    np.savez(path, card=np.array(json.dumps(policy()[0] | changes)), **arrays)


def test_a_sound_policy_is_taken(tmp_path: Path) -> None:
    save(tmp_path / "best.npz", policy()[1])
    make_agent(f"ppo:{tmp_path}", small())


@pytest.mark.parametrize("name", ["nan", "inf", "shape", "number", "empty", "text"])
def test_a_policy_of_unusable_arrays_is_refused(name: str, tmp_path: Path) -> None:
    first, *others = policy()[1].items()
    save(tmp_path / "best.npz", dict([(first[0], CHANGED[name](first[1])), *others]))
    with pytest.raises(InputError, match=r"best\.npz is not a policy of `ipagym train`"):
        make_agent(f"ppo:{tmp_path}", small())


@pytest.mark.parametrize("left_out", ["mean", "variance", "weight_0", "bias_0"])
def test_a_policy_without_all_arrays_is_refused(left_out: str, tmp_path: Path) -> None:
    save(tmp_path / "best.npz", {name: array for name, array in policy()[1].items() if name != left_out})
    with pytest.raises(InputError, match=r"best\.npz is not a policy of `ipagym train`"):
        make_agent(f"ppo:{tmp_path}", small())


@pytest.mark.parametrize("name", ["a" * 300, "/a" * 5000, "\0", "/proc/self/mem"], ids=lambda name: name[:14])
def test_names_that_no_checkpoint_has_are_refused(name: str) -> None:
    with pytest.raises(InputError):
        make_agent(f"ppo:{name}", small())
