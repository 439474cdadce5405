"""Files locked among processes; two handles of one file stand for two processes."""

from pathlib import Path

from ipagym.system.file_lock import try_lock, unlock


def test_one_at_a_time_has_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with path.open("a+b") as first, path.open("a+b") as second:
        assert try_lock(first)
        assert not try_lock(second)
        unlock(first)
        assert try_lock(second, waits=True)
    with path.open("a+b") as third:
        assert try_lock(third), "a file that is closed is free"
