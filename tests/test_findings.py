"""What was searched for is kept, and only what is as it was written counts."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import pytest

from ipagym.bench.storage import findings
from ipagym.bench.storage.findings import VARIABLE, found
from tests.tiny import scenario, setting

ONE, OTHER = (scenario((rate_rps,) * 20, setting(1, 1)) for rate_rps in (2.0, 3.0))


class Search:
    """Counts how often it searches."""

    def __init__(self, slow_s: float = 0.0) -> None:
        self.times, self.slow_s = 0, slow_s

    def __call__(self) -> str:
        self.times += 1
        sleep(self.slow_s)
        return f"found {self.times} ü\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "findings"))
    return tmp_path / "findings"


@pytest.fixture(autouse=True)
def _forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process of its own for each call."""

    class Nothing(dict[str, str]):
        def __contains__(self, key: object) -> bool:
            return False

    monkeypatch.setattr(findings, "_KNOWN", Nothing())


def test_a_finding_is_kept_for_its_question_and_scenario() -> None:
    search = Search()
    assert [found("a", ONE, search) for _ in range(3)] == ["found 1 ü\n"] * 3
    assert found("b", ONE, search) == "found 2 ü\n"
    assert found("a", OTHER, search) == "found 3 ü\n"
    assert found("a", ONE, search) == "found 1 ü\n"


@pytest.mark.parametrize("content", [b"", b"found 1", b"\xff\xfe", b"0" * 64 + b" found 7"])
def test_a_damaged_finding_is_searched_for_again(folder: Path, content: bytes) -> None:
    search = Search()
    found("a", ONE, search)
    (path,) = folder.rglob("found.txt")
    path.write_bytes(content)
    assert found("a", ONE, search) == found("a", ONE, search) == "found 2 ü\n"


def test_other_code_searches_again(monkeypatch: pytest.MonkeyPatch) -> None:
    search = Search()
    found("a", ONE, search)
    monkeypatch.setattr(findings, "package_mark", lambda: "another")
    assert found("a", ONE, search) == "found 2 ü\n"


def test_a_folder_that_cannot_be_used_costs_a_search(folder: Path) -> None:
    folder.write_text("in the way")
    search = Search()
    assert found("a", ONE, search) == "found 1 ü\n"
    assert found("a", ONE, search) == "found 2 ü\n"


def test_two_at_once_search_once() -> None:
    search = Search(slow_s=0.2)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: found("a", ONE, search), range(4))) == {"found 1 ü\n"}
