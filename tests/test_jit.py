"""Compiled code on disk: shared by processes, made anew where it is damaged; and what is said without a compiler."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from numba import config

from ipagym.cluster.sim.compiled import jit
from ipagym.system import machine_code

ROOT = Path(__file__).parents[1]
SOURCE = "def double(x):\n    return 2 * x\n"

MAIN = "import sys; from ipagym.cli import main; sys.exit(main(sys.argv[1:]))"

RACE = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from code_to_keep import double
from ipagym.cluster.sim.compiled.jit import entry
Path(sys.argv[1], sys.argv[2]).touch()
while not Path(sys.argv[1], "go").exists():
    time.sleep(0.001)
compiled = entry(double)
print(compiled(21), sum(compiled.stats.cache_misses.values()))
"""


@pytest.fixture
def double(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], int]:
    """A function of a file, whose machine code goes to `tmp_path / "kept"`."""
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path / "kept"))
    (tmp_path / "code_to_keep.py").write_text(SOURCE)
    spec = importlib.util.spec_from_file_location("code_to_keep", tmp_path / "code_to_keep.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setitem(sys.modules, "code_to_keep", module)
    found: Callable[[int], int] = module.double
    return found


def is_compiled(function: Callable[[int], int]) -> bool:
    """Call it in a fresh form; whether its code was not found on disk."""
    fresh: Any = jit.entry(function)
    assert fresh(21) == 42
    assert not machine_code.TURN.is_mine
    return bool(sum(fresh.stats.cache_misses.values()))


def changed(content: bytes, where: float) -> bytes:
    place = int(where * (len(content) - 1))
    return content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda content: b"",
    "cut short": lambda content: content[: len(content) // 2],
    "cut short by a byte": lambda content: content[:-1],
    "garbage": lambda content: b"\x80\x04garbage" * 50,
    "another pickle": lambda content: b"\x80\x04N.",
    **{f"a byte changed at {where}": lambda content, at=where: changed(content, at) for where in (0, 0.2, 0.5, 0.8, 1)},  # type: ignore[misc]
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("suffix", ["nbi", "nbc"])
def test_damaged_code_is_compiled_anew(suffix: str, damage: str, double: Callable[[int], int], tmp_path: Path) -> None:
    assert is_compiled(double)
    assert not is_compiled(double)
    (path,) = (tmp_path / "kept").rglob(f"*.{suffix}")
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    assert is_compiled(double)
    assert not is_compiled(double)


def test_code_that_cannot_be_written_runs_all_the_same(
    double: Callable[[int], int], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    compiled: Any = jit.entry(double)
    (tmp_path / "kept").rename(tmp_path / "moved")
    (tmp_path / "kept").touch()
    machine_code._tell_unkept.cache_clear()
    assert compiled(21) == 42
    assert caplog.text.count("NUMBA_CACHE_DIR") == 1
    assert not machine_code.TURN.is_mine


def test_code_that_has_no_place_runs_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    names: dict[str, Any] = {}
    exec(SOURCE, names)  # no file, so nowhere to keep its machine code
    machine_code._tell_unkept.cache_clear()
    assert [jit.entry(names["double"])(21) for _ in range(2)] == [42, 42]
    assert caplog.text.count("NUMBA_CACHE_DIR") == 1


def test_a_turn_lasts_until_what_it_is_for_is_done(tmp_path: Path) -> None:
    turn, outer, inner = machine_code.CompilationTurn(), object(), object()
    assert turn.take(tmp_path, outer)
    assert not turn.take(tmp_path, inner)
    turn.pass_on(inner)
    assert turn.is_mine
    turn.pass_on(outer)
    assert not turn.is_mine


def test_a_failure_lets_others_compile(double: Callable[[int], int]) -> None:
    compiled: Any = jit.entry(double)
    with pytest.raises(Exception, match="No implementation of function"):
        compiled(None)
    assert not machine_code.TURN.is_mine


def test_one_of_several_processes_compiles_and_says_so(double: object, tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(tmp_path / "kept")}
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, str(tmp_path), f"ready{number}"],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for number in range(3)
    ]  # fmt: skip
    while len(list(tmp_path.glob("ready*"))) < len(racers):
        assert all(racer.poll() is None for racer in racers)
    (tmp_path / "go").touch()
    told = [racer.communicate() for racer in racers]
    assert sorted(out.split() for out, _ in told) == [["42", "0"], ["42", "0"], ["42", "1"]]
    assert sorted("compiling the simulator" in err for _, err in told) == [False, False, True]


@pytest.mark.parametrize("arguments", [
    ["compare", "video", "--agents", "ipa", "--duration", "60", "--seeds", "1"],
    ["compare", "video", "--agents", "hpa", "--duration", "60", "--seeds", "2", "--workers", "2"],
])  # fmt: skip
def test_without_a_compiler_one_line_names_the_remedy(arguments: list[str], tmp_path: Path) -> None:
    def outcome(*more: str) -> "subprocess.CompletedProcess[str]":
        environment = os.environ | {"PYTHONPATH": str(ROOT), "NUMBA_DISABLE_JIT": "1"}
        command = [sys.executable, "-c", MAIN, *arguments, "--out", str(tmp_path / "out"), *more]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    refused = outcome()
    assert refused.returncode == 2
    assert refused.stderr.strip().startswith("ipagym: error: the compiled simulator needs numba's compiler")
    assert "\n" not in refused.stderr.strip()
    assert outcome("--backend", "simpy").returncode == 0
