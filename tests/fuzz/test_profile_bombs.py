"""YAML files that would take far more memory or time than they are long, and what PyYAML stumbles over."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ipagym.envs.scenarios import load_profile
from ipagym.profiles import load_file
from ipagym.system.errors import InputError
from tests.fuzz.bombs import aliased, interpolated, merged, nested, shared
from tests.fuzz.limited import feed
from tests.fuzz.targets import VIDEO

MOST_BYTES = 200_000_000

BOMBS: dict[str, Callable[[], bytes]] = {
    "merged mappings": lambda: merged(40),
    "aliased lists": lambda: aliased(40),
    "shared variants": lambda: shared(100, 1000),
    "nested lists": lambda: nested(100_000),
    "nested blocks": lambda: b"- " * 100_000,
    "nested mappings": lambda: b"{a: " * 50_000,
    "a list of itself": lambda: b"&a [*a]",
    "a mapping that merges itself": lambda: b"&a {<<: *a}",
    "a number of digits": lambda: b"slo_s: " + b"9" * 240_000,
    "a number of hexadecimal digits": lambda: b"0x" + b"f" * 240_000,
    "a number of seconds": lambda: b"slo_s: 1" + b":59" * 20_000,
    "a long name": lambda: b"? " + b"a" * 240_000 + b"\n: 1",
    "zeros": lambda: bytes(240_000),
    "more than is read": lambda: b"#" * 50_000_000,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_file_is_refused_in_little_memory(name: str, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_bytes(BOMBS[name]())
    answer = feed("profile", path)
    assert answer.outcome == "refused", answer
    assert answer.peak_bytes < MOST_BYTES


def test_the_largest_profile_is_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_bytes(interpolated(1000, 1024))
    answer = feed("profile", path)
    assert answer.outcome in ("taken", "refused"), answer
    assert answer.peak_bytes < 2 * MOST_BYTES


VALUES = ["!!int", "!!int '-'", "!!float ''", "!!float '.'", "!!bool foo", "!!timestamp foo", "!!binary '*'",
          "!!python/object/apply:os.system [id]", "0b_", "2026-13-45", "0x" + "f" * 5000, "=", "<<",
          "{? [1] : 2}", "!!str [a]", "!!set 5", "!!omap [1]"]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value[:24])
def test_a_value_that_pyyaml_stumbles_over_is_refused_in_a_line(value: str, tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    for text in (value, VIDEO.replace("\nslo_s: ", f"\nslo_s: {value}\n#", 1)):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=r"^own\.yaml") as error:
            load_file(path)
        assert len(str(error.value)) < 1000


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """The last one would win in silence: which latency was meant?"""
    path = tmp_path / "own.yaml"
    path.write_text(VIDEO + "\nslo_s: 1.0\n", encoding="utf-8")
    with pytest.raises(InputError, match="slo_s"):
        load_file(path)


@pytest.mark.parametrize("name", ["a" * 300, "/a" * 5000, "\0", "\ud800"], ids=lambda name: name[:14])
def test_names_that_no_file_has_are_refused(name: str) -> None:
    with pytest.raises(InputError):
        load_profile(f"{name}.yaml")
