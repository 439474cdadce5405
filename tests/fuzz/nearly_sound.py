"""Inputs that are sound up to one thing, so that they get past the first check; the rest is in `tests.fuzz.targets`."""

import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from hypothesis import strategies as st

from ipagym import profiles
from ipagym.agents import AGENTS, make_agent
from ipagym.agents.learned.policy_file import PolicyCard
from ipagym.bench.comparison.summary import episode_metrics
from ipagym.bench.storage.manifest import FILE_NAME, check_folder
from ipagym.bench.storage.table import timings_frame, windows_frame
from ipagym.cluster.sim import CompiledCluster
from ipagym.envs.codec import Codec
from ipagym.envs.learners.planners import PlanProblem
from ipagym.envs.learners.view import View, ViewSettings
from ipagym.envs.observation import Observer
from ipagym.envs.scenario_file import load_scenario
from ipagym.model.validity import check
from ipagym.model.window import Window
from ipagym.workload import WORKLOADS, by_name
from ipagym.workload.trace import load_counts
from tests.fuzz.bombs import aliased, header, interpolated, member, merged, nested, packed, shared
from tests.fuzz.targets import VALUES, VIDEO, Target, damaged, in_a_file, manifest, read_episode, small, stored
from tests.test_scenario_file import FULL

PLACE = "ZZ0ZZ"
TAGS = st.sampled_from("int float bool null str binary timestamp set omap pairs map seq merge value".split())
PLAIN = (
    "x - . + 0x 0b 0o7 0b_ _ 1_ 1:2:3 1:60 -1:x .inf -.inf .nan 1e999 ~ yes 2026-13-45 0001-01-01T00:00:00+23:59 << = "
    "*a [*a] {<<: *a} {<<: [*a, *a]} {<<: 1} {? [1] : 2} {? {} : 2} '' '*' [] {} [[]] {1: 2, 1: 3} {null: null}"
).split(" ")
HUGE = st.integers(1, 6000).flatmap(lambda n: st.sampled_from(["9" * n, "0x" + "f" * n, "1" + ":59" * n, "a" * n]))
SNIPPETS = st.tuples(st.just("") | TAGS.map("!!{} ".format), st.sampled_from(PLAIN) | HUGE).map("".join)


@st.composite
def with_snippets(draw: st.DrawFn, text: str) -> bytes:
    """The YAML text with one of its values, or the name of a field, replaced by a snippet of odd YAML."""
    content = yaml.safe_load(text)
    node = content
    while True:
        key = draw(st.sampled_from(list(node) if isinstance(node, dict) else range(len(node))))
        if not isinstance(node[key], dict | list) or not node[key] or draw(st.integers(0, 3)) == 0:
            break
        node = node[key]
    if isinstance(node, dict) and draw(st.integers(0, 4)) == 0:
        node[PLACE] = node.pop(key)
    else:
        node[key] = PLACE
    snippet = draw(st.sampled_from(["", "&a "])) + draw(SNIPPETS)
    return str(yaml.safe_dump(content)).replace(PLACE, snippet).encode()


BOMBS = (
    st.builds(merged, st.integers(2, 10))
    | st.builds(aliased, st.integers(2, 12))
    | st.builds(nested, st.integers(1, 200))
    | st.builds(interpolated, st.integers(1, 3), st.integers(2, 64))
    | st.builds(shared, st.integers(1, 4), st.integers(1, 4))
)

PAX_KEYS = st.sampled_from(
    "size path linkpath mtime uid hdrcharset GNU.sparse.map GNU.sparse.size GNU.sparse.realsize GNU.sparse.name "
    "GNU.sparse.major GNU.sparse.minor GNU.sparse.numblocks GNU.sparse.offset GNU.sparse.numbytes".split()
)
PAX_VALUES = st.sampled_from(["", "0", "1", "-1", "1,2", "0,512", "1e9", "x", "BINARY", "workload.txt", str(2**70)])
KINDS = st.sampled_from([*tarfile.SUPPORTED_TYPES, b"K", b"L", b"x", b"g", b"S", b"\0", b"Z"])
SIZES = st.sampled_from([0, 1, 511, 512, 513, 10**6, 10**9, 2**40, -1, -512, -(2**40)])


def record(key: str, value: str) -> bytes:
    """One record of an extended header: its length, which counts itself, and the assignment."""
    rest = f" {key}={value}\n".encode()
    length = len(rest) + 1
    while length != len(rest) + len(str(length)):
        length += 1
    return str(length).encode() + rest


@st.composite
def tar_members(draw: st.DrawFn) -> bytes:
    kind, name = draw(KINDS), draw(st.sampled_from(["workload.txt", "a/workload.txt", "x", "../workload.txt", ""]))
    records = st.lists(st.tuples(PAX_KEYS, PAX_VALUES).map(lambda pair: record(*pair)), max_size=4).map(b"".join)
    content = draw(records | st.binary(max_size=40) | st.just(b"1 2 3 4"))
    claimed = draw(st.none() | SIZES)
    if claimed is None:
        return member(name, content, kind)
    return header(name, len(content), kind, claimed=claimed) + content + bytes(-len(content) % 512)


ARCHIVES = st.lists(tar_members(), min_size=1, max_size=4).map(lambda members: packed(*members))

ODD_NUMBERS = st.sampled_from(["", "²", "٣", "1_0", "-0", "nan", "inf", "1e308", "5e-324", "9" * 5000, "0x1", " 1 "])
PATHS = st.sampled_from(["/", ".", "..", "~", "\0", "\ud800", "a" * 300, "/a" * 3000, "/dev/null", "/proc/self/mem"])


def names_of(known: list[str]) -> st.SearchStrategy[str]:
    stems = st.sampled_from(sorted({name.partition(":")[0] for name in known}))
    part = ODD_NUMBERS | PATHS | st.tuples(ODD_NUMBERS, ODD_NUMBERS).map("-".join)
    parts = st.lists(part, max_size=3).map(":".join)
    return st.tuples(stems, parts).map(":".join) | stems.map(lambda stem: stem * 2000) | st.text(min_size=100)


@cache
def windows() -> tuple[Window, ...]:
    cluster = CompiledCluster(small())
    return tuple(cluster.advance(10.0) for _ in range(3))


def decide_with(spec: str) -> None:
    """Make an agent, and let one that is taken decide: what it cannot do then it should have said before."""
    agent = make_agent(spec, small())
    agent.reset(small().pipeline, small().limits, np.random.default_rng(0))
    for window in windows():
        check(agent.decide(window), small().pipeline, small().limits)


@st.composite
def manifests(draw: st.DrawFn) -> bytes:
    content = json.loads(manifest())
    for key in draw(st.lists(st.sampled_from(list(content)), max_size=3)):
        content[key] = draw(VALUES.filter(lambda value: not isinstance(value, dict)) | st.just("a" * 10_000))
    deep = draw(st.sampled_from([0, 0, 0, 10, 200_000]))
    return ("[" * deep + json.dumps(content, default=repr) + "]" * deep).encode()


def table_bytes(table: pa.Table, metadata: dict[bytes, bytes]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(metadata), buffer)
    return buffer.getvalue()


COLUMNS = (pa.nulls, lambda n: pa.array(["x"] * n), lambda n: pa.array([[1]] * n), lambda n: pa.array([-1.0] * n),
           lambda n: pa.array([float("nan")] * n), lambda n: pa.array([2**62] * n))  # fmt: skip
TIMINGS = st.just([0.1] * 6) | st.sampled_from(
    [[], [float("nan")], [-1], ["1"], "12", [None], {"1": 2}, 5, [1e400], [10**400]]
)


@st.composite
def episodes(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A stored episode that is another than was written, under the right key and with the right hash."""
    table = pq.read_table(io.BytesIO(stored()[0]))
    metadata = dict(table.schema.metadata)
    for name in draw(st.lists(st.sampled_from(table.schema.names), max_size=2, unique=True)):
        position = table.schema.names.index(name)
        table = table.remove_column(position)
        if draw(st.booleans()):
            table = table.add_column(position, name, draw(st.sampled_from(COLUMNS))(table.num_rows))
    table = table.slice(0, draw(st.sampled_from([table.num_rows, table.num_rows, 0, 1])))
    metadata[b"pandas"] = draw(st.sampled_from([metadata.get(b"pandas", b""), b"{", b"", b'{"index_columns": ["x"]}']))
    content = table_bytes(table, metadata)
    content = draw(st.just(content) | damaged(content))
    timings = {"windows_sha256": sha256(content).hexdigest(), "decision_s": draw(TIMINGS)}
    return content, json.dumps(timings).encode()


def report(contents: tuple[bytes, bytes]) -> None:
    """Find the episode and put into tables what was found, as the end of a comparison does."""
    found = read_episode(contents)
    windows_frame([found.frame])
    timings_frame([("hold", 0, found.decision_s)])
    episode_metrics(found.frame, found.decision_s)


@cache
def policy() -> tuple[dict[str, Any], dict[str, Any]]:
    """A card and arrays that fit."""
    chosen = small()
    codec, observer = Codec(chosen.pipeline, chosen.limits), Observer.of(chosen)
    view = View(1, PlanProblem.of(chosen), observer, ViewSettings())
    heads = tuple(view.action_space.nvec.tolist())
    card = PolicyCard(
        algorithm="ppo", scenario="video", workloads=(), seed=0, steps=1, view=ViewSettings(), heads=heads,
        observation_names=observer.names, knob_sizes=codec.sizes, objective=chosen.objective,
    )  # fmt: skip
    width = len(view.names)
    arrays = {"mean": np.zeros(width), "variance": np.ones(width), "bias_0": np.zeros(sum(heads))}
    return asdict(card), arrays | {"weight_0": np.ones((width, sum(heads)))}


CHANGED: dict[str, Callable[[Any], Any]] = {
    "nan": lambda w: w * float("nan"), "inf": lambda w: w + float("inf"), "huge": lambda w: w + 3e300,
    "shape": lambda w: np.zeros(3), "none": lambda w: None, "number": lambda w: 5, "long": lambda w: w.astype(int),
    "bool": lambda w: w.astype(bool), "empty": lambda w: w[:0], "text": lambda w: np.array("a"), "less": lambda w: -w,
}  # fmt: skip


@st.composite
def policies(draw: st.DrawFn) -> bytes:
    """A policy whose card, arrays or names of arrays are not as they should be."""
    card, arrays = ({**each} for each in policy())
    for key in draw(st.lists(st.sampled_from(list(card)), max_size=1)):
        card[key] = draw(VALUES | st.just("a" * 10_000))
    for name in draw(st.lists(st.sampled_from(list(arrays)), max_size=2, unique=True)):
        change = CHANGED[draw(st.sampled_from(list(CHANGED)))]
        arrays[draw(st.sampled_from([name, name, "other"]))] = change(arrays.pop(name))
    buffer = io.BytesIO()
    np.savez(buffer, card=np.array(json.dumps(card, default=repr)), **arrays)
    return buffer.getvalue()


NEARLY_SOUND = {
    "profile, one value": Target(with_snippets(VIDEO), in_a_file("own.yaml", profiles.load_file)),
    "profile, bombs": Target(BOMBS, in_a_file("own.yaml", profiles.load_file)),
    "scenario, one value": Target(with_snippets(FULL), in_a_file("mine.yaml", load_scenario)),
    "trace archive, headers": Target(ARCHIVES, in_a_file("workload.tbz2", load_counts)),
    "workload name, odd": Target(names_of(list(WORKLOADS)), by_name),
    "agent name, deciding": Target(names_of(list(AGENTS)), decide_with),
    "manifest, values": Target(
        st.deferred(manifests), in_a_file(FILE_NAME, lambda path: check_folder(path.parent, small()))
    ),
    "stored episode, right hash": Target(st.deferred(episodes), report),
    "policy, values": Target(st.deferred(policies), in_a_file("policy.npz", lambda path: decide_with(f"ppo:{path}"))),
}
