"""A rule of the physics stands in both engines: in a file and a function of one name, leading underscores aside."""

import ast
import tomllib
from pathlib import Path

import pytest

import ipagym.cluster.sim

SIM = Path(ipagym.cluster.sim.__file__).parent
ROOT = Path(__file__).parents[1]

RULES = {
    "arrivals": "plan_arrival arrive",
    "faults": "plan_faults plan_crash strike plan_node_loss take_node return_node",
    "fleet": "start follow launch create loaded retire_old retire_all most_dispensable make_room lose watch_idle count",
    "graph": "enter complete forward",
    "lifecycle": "admit load make_ready watch took_batch finished_batch lose_batch stop_work crash retire remove",
    "meter": "change read",
    "nodes": "fits resize_in_place wait_for_room release",
    "outcome": "answer drop",
    "placement": "use_room admit_waiting",
    "queues": "push push_back first_in pop discard",
    "repeats": "spread_again normal gamma",
    "resize": "plan_resize resized resize",
    "rollout": "start follow",
    "routing": "route eligible",
    "sampling": (
        "take_spread service_s profile_factor start_s start_fails crash_gap_s victim node_loss_gap_s scrape_is_lost"
    ),
    "sleep": "sleep wake",
    "stage": "start follow assign accept dispatch dispatch_stage close_emptied",
    "station": "enqueue start_batches is_full form_batch gives_up serve push_back crash_replica lose_node look",
    "target": "aim_at is_old is_mismatched",
    "window": "close_window close_stage flag_late",
}

MACHINERY = {
    "events": "SimPy has the heap; the order at equal times is that of `clock.Priority`",
    "idle": "a linked list, where the reference looks through all replicas (`fleet.idle`)",
    "loop": "SimPy has the loop; here Python also learns what a cluster lacks to go on",
    "philox": "`ipagym.random.philox`, whose numbers both engines draw",
    "slots": "a list of replicas in order of creation in the reference",
    "arrivals plan_by_rate go_to": "`ipagym.workload.arrivals`, one request at a time",
    "arrivals replan_arrival": "a what-if that only this engine offers (`expect`)",
    "arrivals note_way": "`Recorder.arrival` keeps every request instead",
    "arrivals lacks_for_arrival": "arrays that are full",
    "faults struck": "an index into a list in the reference",
    "fleet count_kind": "the length of a list in the reference",
    "nodes next_waiting": "`Nodes.pending` is a list in the reference",
    "outcome end forget": "the places of ended requests are used again",
    "queues enter make_space": "the ring",
    "queues push_by_deadline pop_by_deadline sift_up remove_soonest sooner": "`heapq` in the reference",
    "rollout set_accuracy expected_accuracy share": "`ipagym.model.configuration.configured_accuracy`",
    "routing is_eligible": "membership of a list in the reference",
    "stage is_assigned vacant same_variant is_emptied": "comprehensions in the reference",
    "window open_window": "the reference begins a window by ending the last",
    "window quantile minimum select": "numpy in `ipagym.model.window`",
}
"""Kernels with no counterpart: a file, or some of its functions, and why."""

READING_AIDS = {
    "clock": "SimPy's, with the order at equal times",
    "simulator": "the class that Python calls; its namesake in the other engine has no kernels",
    "replica": "a record",
    "arrivals go_on times_of": "the loop that SimPy needs; `ipagym.workload.arrivals`",
    "fleet idle deployment old ready_in dispensability": "lists of replicas",
    "graph connect": "callbacks",
    "lifecycle begin_start": "what a start is made of, which a live cluster begins in another way",
    "resize mismatched": "a list of replicas",
    "sampling draw happens gap_s": "formulas in short",
    "sampling spread_again": "the counters that `repeats.spread_again` draws by",
    "stage connect serve_with_more serves_or_waits": "callbacks; a condition in short",
    "station begin_service": "what a service is made of, which a live cluster begins in another way",
    "station setting latency": "attributes in short",
    "station set_timer timer_fired finish": "what SimPy calls",
    "window arrival completion drop in_system": "the recorder's notes",
    "window take_arrivals take_completed take_dropped take_network take_violations": "the recorder's notes",
    "window energy_j served_accuracy": "formulas in short",
}
"""Functions of the reference with no counterpart: a file, or some of its functions, and why."""


def functions(source: str) -> list[str]:
    """Every function and method but the special ones, without the leading underscore."""
    found = [each.name for each in ast.walk(ast.parse(source)) if isinstance(each, ast.FunctionDef)]
    return [name.lstrip("_") for name in found if not name.startswith("__")]


def kernels(source: str) -> list[str]:
    """The functions that numba compiles, without the leading underscore."""
    marks = {"kernel", "entry"}
    return [
        each.name.lstrip("_")
        for each in ast.parse(source).body
        if isinstance(each, ast.FunctionDef) and marks & {ast.unparse(mark) for mark in each.decorator_list}
    ]


def sources(engine: str) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in (SIM / engine).glob("*.py")}


def unpaired(names: dict[str, list[str]], exempt: dict[str, str]) -> set[str]:
    """The functions, as "file function", that are no rule and not exempt."""
    known = {f"{file} {rule}" for file, rules in RULES.items() for rule in rules.split()}
    for entry in exempt:
        file, *few = entry.split()
        known |= {f"{file} {name}" for name in few or names.get(file, [])}
    return {f"{file} {name}" for file, found in names.items() for name in found} - known


COMPILED = {file: kernels(source) for file, source in sources("compiled").items()}
REFERENCE = {file: functions(source) for file, source in sources("reference").items()}


@pytest.mark.parametrize("file", RULES)
def test_a_rule_stands_in_both_engines(file: str) -> None:
    rules = RULES[file].split()
    for engine, found in (("compiled", COMPILED), ("reference", REFERENCE)):
        assert file in found, f"{engine} has no {file}.py"
        assert not set(rules) - set(found[file]), f"{engine}/{file}.py lacks a rule"


def test_every_kernel_is_a_rule_of_the_reference_or_has_a_reason_to_stand_alone() -> None:
    assert not unpaired(COMPILED, MACHINERY)


def test_every_function_of_the_reference_is_a_rule_or_there_to_be_read() -> None:
    assert not unpaired(REFERENCE, READING_AIDS)


def test_a_new_kernel_must_be_paired() -> None:
    new = "@kernel\ndef _tire(rules, sim): ...\n\n\ndef helper(): ...\n\n\n@entry\ndef tire_all(rules, sims): ...\n"
    assert unpaired(COMPILED | {"fleet": kernels(new)}, MACHINERY) == {"fleet tire", "fleet tire_all"}
    assert unpaired(COMPILED | {"fatigue": kernels(new)}, MACHINERY) == {"fatigue tire", "fatigue tire_all"}


@pytest.mark.parametrize(("names", "exempt"), [(COMPILED, MACHINERY), (REFERENCE, READING_AIDS)])
def test_no_exemption_outlives_its_function(names: dict[str, list[str]], exempt: dict[str, str]) -> None:
    for entry in exempt:
        file, *few = entry.split()
        assert set(few) <= set(names[file]), entry
        assert names[file], entry
        assert not set(few) & set(RULES.get(file, "").split()), entry


def test_coverage_leaves_out_the_files_that_are_compiled_and_no_others() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["coverage"]["run"]
    assert sorted(settings["omit"]) == sorted(
        f"ipagym/cluster/sim/compiled/{file}.py" for file, found in COMPILED.items() if found
    )
