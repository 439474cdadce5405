"""The verification suite itself: its formulas, and whether it catches engines that are broken on purpose."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ipagym.cli import main
from ipagym.cluster.sim import ENGINES, CompiledCluster, SimpyCluster
from ipagym.cluster.sim.request import Request
from ipagym.envs import make_scenario
from ipagym.model.configuration import Limits
from ipagym.model.window import Window
from ipagym.task.faults import MIXTURES
from ipagym.task.scenario import lightest_configuration
from ipagym.verification import ciw_peer
from ipagym.verification.compare_theory import measure, rows
from ipagym.verification.effects import effects
from ipagym.verification.effort import FAST
from ipagym.verification.excerpt import whole
from ipagym.verification.families import all_models, reference_time_s
from ipagym.verification.metamorphic import RELATIONS
from ipagym.verification.model import in_batches
from ipagym.verification.paths import check_paths, check_standing
from ipagym.verification.reproducible import REPRODUCIBLE
from ipagym.verification.run import verify
from ipagym.verification.stress_scenarios import all_scenarios
from ipagym.verification.theory import batches, many_servers, one_server, transient
from ipagym.verification.theory.one_server import Moments
from ipagym.workload.generators import Constant

EXPONENTIAL = Moments.of(1.0, 1.0)
PUBLISHED = {
    "M/M/4 waits": (many_servers.erlang_c(3, 4), 0.509434),
    "M/M/4 wait": (many_servers.mmc_wait_s(3, 1, 4), 0.509434),
    "M/M/4 wait, 95 %": (many_servers.mmc_wait_tail(3, 1, 4, 2.321277), 0.05),
    "M/M/4 wait, 50 %": (many_servers.mmc_wait_tail(3, 1, 4, 0.018692), 0.5),
    "M/M/4 beyond 2 s": (many_servers.mmc_time_tail(3, 1, 4, 2), 0.273224),
    "M/D/1": (many_servers.mdc_wait_s(0.8, 1, 1), 2.0),
    "M/D/2": (many_servers.mdc_wait_s(1.4, 1, 2), 0.493610),
    "M/D/4": (many_servers.mdc_wait_s(3.6, 1, 4), 0.999966),
    "M/M/4/10": (many_servers.mmck_blocking(5, 1, 4, 10), 0.230024),
    "M/D/1 again": (one_server.mg1_wait_s(0.8, Moments.of(1, 0)), 2.0),
    "M/E4/1": (one_server.mg1_wait_s(0.8, Moments.of(1, 0.5)), 2.5),
    "GI/M/1, cv 0.5": (one_server.gamma_m1_wait_s(0.8, 0.5, 1), 2.267384),
    "GI/M/1, cv 1": (one_server.gamma_m1_wait_s(0.8, 1, 1), 4.0),
    "GI/M/1, cv 2": (one_server.gamma_m1_wait_s(0.8, 2, 1), 10.955228),
    "M/M/1+D": (one_server.impatient_loss(0.8, 1, 2), 0.187832),
    "set-up": (1 + one_server.setup_wait_s(0.5, EXPONENTIAL, Moments.of(10, 1)), 12.0),
    "greedy, 2": (batches.greedy_batches(10, [0.06, 0.07]).time_s, 0.0813555),
    "greedy batch, 2": (batches.greedy_batches(10, [0.06, 0.07]).batch, 1.140189),
    "greedy, 4": (batches.greedy_batches(40, [0.06, 0.07, 0.08, 0.09]).time_s, 0.207646),
    "greedy busy, 4": (batches.greedy_batches(40, [0.06, 0.07, 0.08, 0.09]).utilisation, 0.993009),
    "former": (batches.former(50, 8, 0.1).batch, 5.744519),
    "former wait": (batches.former(50, 8, 0.1).wait_s, 0.0530761),
}


@pytest.mark.parametrize(("found", "published"), PUBLISHED.values(), ids=PUBLISHED)
def test_the_formulas_reproduce_published_values(found: float, published: float) -> None:
    assert found == pytest.approx(published, rel=1e-5)


def test_full_or_timeout_agrees_with_a_long_run_of_others() -> None:
    station = in_batches(0.01, 0.05, 16, servers=2)
    found = reference_time_s(50.0, tuple(station.service_s.values()), 0.1, 2)
    assert found == pytest.approx(0.176656, abs=6e-5)  # the published run and ours: 2e-5 and 4e-5 of standard error


def test_breakdowns_agree_with_white_and_christie() -> None:
    rate, service, failure, repair = 0.5, 1.0, 0.1, 0.5  # exponential repairs, 1958
    both = failure + repair
    present = rate * (both**2 + service * failure) / (both * (repair * service - rate * both))
    found = one_server.breakdown_time_s(rate, service, failure, Moments.of(1 / repair, 1.0))
    assert rate * found == pytest.approx(present)


def test_requests_in_service_follow_a_load_that_is_switched_on() -> None:
    assert transient.in_service(np.array([0.0, 10.0, 10.0, 10.0]), 1.5).tolist() == [0.0, 10.0, 15.0, 15.0]


class TooFast(CompiledCluster):
    """Service takes 3 % less than it should."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._population._tables.arrays["average_s"] *= 0.97


class TooFastSimpy(SimpyCluster):
    """Service takes 3 % less than it should."""

    def reset(self, seed: int) -> None:
        super().reset(seed)
        honest = self._sampling.service_s
        self._sampling.service_s = lambda *batch: 0.97 * honest(*batch)  # type: ignore[method-assign]


class Idling(CompiledCluster):
    """Lets a batch that is due wait for another 10 ms."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._population._tables.rules["batch_timeout_s"] += 0.01


class IdlingSimpy(SimpyCluster):
    """Does not look for work when a request arrives while another waits, only when a replica has finished."""

    def reset(self, seed: int) -> None:
        super().reset(seed)
        for stage in self._stages:
            stage.dispatch = lambda station, honest=stage.dispatch: len(station.queue) == 2 or honest(station)  # type: ignore[assignment, method-assign, misc]


class Forgetful(CompiledCluster):
    """Does not count what it drops."""

    def advance(self, seconds: float) -> Window:
        return replace(super().advance(seconds), dropped=0)


class ForgetfulSimpy(SimpyCluster):
    """Does not count what it drops."""

    def reset(self, seed: int) -> None:
        super().reset(seed)
        self._recorder.drop = self._forget  # type: ignore[method-assign]

    def _forget(self, request: Request) -> None:
        self._recorder.ended += 1


class Deaf(CompiledCluster):
    """Starts with the lightest configuration whatever it is told, and follows no decision."""

    def __init__(self, scenario: Any, **options: Any) -> None:
        lightest = lightest_configuration(scenario.pipeline, scenario.limits, 0.0)
        super().__init__(replace(scenario, initial=lightest), **options)

    def apply(self, configuration: Any) -> None:
        pass


class Shy(CompiledCluster):
    """Every snapshot is of the beginning."""

    def restore(self, snapshot: Any) -> None:
        self.reset(0)


def model(name: str) -> Any:
    return next(each for each in all_models() if each.name.startswith(name))


def test_service_that_is_3_percent_too_fast_is_found_in_the_simpy_engine() -> None:
    """The engine as it is passes in the fast suite."""
    system = model("M/D/4")
    (row,) = rows(system, "simpy", measure(system, TooFastSimpy, range(12), 3000), 0.1)  # type: ignore[arg-type]
    assert not row.passed


def test_the_fast_suite_passes_and_finds_service_that_is_3_percent_too_fast() -> None:
    assert not verify(ENGINES, FAST).failures
    found = verify({"compiled": TooFast}, FAST)  # type: ignore[dict-item]
    assert {row.family for row in found.rows if not row.passed} >= set("ABCDFHM")


def failed(checks: Any) -> set[str]:
    return {check.law.partition(":")[0] for check in checks if not check.passed}


@pytest.mark.parametrize("engine", [Idling, IdlingSimpy])
def test_a_dispatcher_that_idles_is_found(engine: Any) -> None:
    chain = whole(all_scenarios(40)["chain"], "chain")
    assert failed(check_standing(chain, {"broken": engine}, range(2))) == {"no replica idles while a batch is due"}
    assert not failed(check_standing(chain, ENGINES, range(2)))


@pytest.mark.parametrize("engine", [Forgetful, ForgetfulSimpy])
def test_a_drop_that_is_not_counted_is_found(engine: Any) -> None:
    dropping = whole(all_scenarios(40)["chain that drops"], "chain")
    assert failed(check_paths(dropping, {"broken": engine}, range(1))) >= {
        "conservation", "windows tell what happened to the requests"
    }  # fmt: skip
    system = model("M/M/4/10")
    (row,) = rows(system, "broken", measure(system, engine, range(3), 100), 1.0)
    assert not row.passed


def test_engines_that_differ_are_found() -> None:
    chain = whole(all_scenarios(40)["chain"], "chain")
    checks = check_paths(chain, {"one": CompiledCluster, "other": TooFast}, range(1))  # type: ignore[dict-item]
    assert failed(checks) == {"the engines give the same requests and windows, to the bit"}


def test_decisions_without_effect_are_found() -> None:
    chain = all_scenarios(40)["chain"]
    assert not any(effect.passed for effect in effects(chain, "chain", ("deaf", Deaf), seed=0))  # type: ignore[arg-type]


def test_a_snapshot_of_something_else_is_found() -> None:
    busy = whole(all_scenarios(40)["several deployments, with faults"], "busy")
    holds = REPRODUCIBLE["snapshot, restore and fork change nothing"]
    assert holds(busy, Shy, 1)  # type: ignore[arg-type]
    assert not holds(busy, CompiledCluster, 1)


def test_a_broken_recursion_is_found() -> None:
    assert RELATIONS["full batches or a timeout follow the recursion"](Idling, 0)  # type: ignore[arg-type]
    assert RELATIONS["all times doubled double every timestamp"](Idling, 0)  # type: ignore[arg-type]


@pytest.mark.parametrize("faults", MIXTURES)
@pytest.mark.parametrize("load", [Constant(rate_rps=5.0, duration_s=200), Constant(rate_rps=500.0, duration_s=60)])
def test_the_laws_hold_on_the_video_pipeline_whatever_goes_wrong(faults: str, load: Constant) -> None:
    limits = Limits(max_replicas=4, node_cores=(16, 16, 8))
    chosen = make_scenario("video", load, limits=limits, faults=faults)
    assert not failed(check_paths(whole(chosen, "video"), ENGINES, range(2)))


MINE = """
pipeline: video
workload: constant:5
slo_s: 2.0
limits: {max_replicas: 4, node_cores: [64, 64]}
faults: usual
physics: {service: exponential, keep_alive_s: 30, drop: {expired: true}}
objective: {violation: 5}
"""


def test_a_scenario_of_ones_own_is_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.yaml").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    assert main(["verify", "--fast", "--scenario", "mine.yaml", "--engine", "compiled"]) == 0
    said = capsys.readouterr().out
    assert "everything holds" in said
    assert "variant yolov5x → yolov5n" in said


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--engine", "warp"], "unknown engine 'warp'"),
        (["--length", "0"], "--length must be above 0"),
        (["--seed0", "-1"], "--seed0 must be 0 or more"),
        (["--workers", "0"], "--workers must be at least 1"),
        (["--scenario", "nowhere.yaml"], "nowhere.yaml: no such file"),
    ],
)
def test_bad_options_are_one_line(options: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert complaint in line


def test_a_suite_that_fails_says_what_and_exits_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "mine.yaml").write_text("pipeline: video\nworkload: constant:2\n")
    monkeypatch.setitem(ENGINES, "compiled", TooFast)
    assert main(["verify", "--fast", "--scenario", str(tmp_path / "mine.yaml")]) == 1
    assert "does not hold: the engines give the same requests" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["M/M/4", "M/M/4/10", "M/M/1 with patience"])
def test_ciw_has_the_same_models_in_the_same_measures(name: str) -> None:
    pytest.importorskip("ciw")
    system = model(name)
    runs = [ciw_peer.observe(system, seed, 2000) for seed in range(10)]
    for quantity in system.quantities:
        values = np.array([quantity.measure(run) for run in runs])
        assert abs(values.mean() - quantity.exact) <= 4 * values.std(ddof=1) / 10**0.5, quantity.name
