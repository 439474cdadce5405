"""Feed one reader in a process of its own: `python -m tests.fuzz.limited READER PATH...` tells what it did and took."""

import json
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ipagym.system.errors import InputError

Reader = Callable[[Path], object]

LIMIT_BYTES = 4_000_000_000
"""Of addresses: a reader that wants more dies rather than the machine."""

LONGEST_S = 20.0
"""Of processor time, the imports included: readers that mind their input answer in well under a second."""

WAIT_S = 120.0
"""Of real time, for a reader that waits rather than computes; a busy machine has many things to do."""


def of_profiles() -> Reader:
    from ipagym.profiles import load_file

    return load_file


def of_scenarios() -> Reader:
    from ipagym.envs.scenario_file import load_scenario

    return load_scenario


def of_traces() -> Reader:
    from ipagym.workload.trace import load_counts

    return load_counts


def of_workloads() -> Reader:
    from ipagym.workload.recorded.reader import read_workload

    return read_workload


def of_manifests() -> Reader:
    from ipagym.bench.storage.manifest import check_folder
    from ipagym.envs import make_scenario

    chosen = make_scenario("video", "constant:3:60")
    return lambda path: check_folder(path.parent, chosen)


def of_checkpoints() -> Reader:
    from ipagym.agents import make_agent
    from ipagym.envs import make_scenario

    chosen = make_scenario("video", "constant:3:60")
    return lambda path: make_agent(f"ppo:{path}", chosen)


READERS: dict[str, Callable[[], Reader]] = {
    "profile": of_profiles,
    "scenario": of_scenarios,
    "trace": of_traces,
    "workload": of_workloads,
    "manifest": of_manifests,
    "checkpoint": of_checkpoints,
}
"""Each imports what it needs, which takes a process most of its time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`taken`, `refused` or the error; the complaint; the seconds and the memory beyond that of the imports."""

    outcome: str
    message: str
    seconds: float
    peak_bytes: int


def peak_bytes() -> int:
    """The most memory so far. What `getrusage` tells a process on Linux may be its parent's, from before the exec."""
    status = Path("/proc/self/status")
    if status.exists():
        return 1024 * int(status.read_text().partition("VmHWM:")[2].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def feed(reader: str, path: Path) -> Answer:
    """What the reader does with the file; the outcome is `killed` where that takes too long."""
    command = [sys.executable, "-m", "tests.fuzz.limited", reader, str(path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=False)
    except subprocess.TimeoutExpired:
        return Answer("killed", f"it was still waiting after {WAIT_S} s", WAIT_S, 0)
    if done.returncode == -signal.SIGXCPU:
        return Answer("killed", f"it was still reading after {LONGEST_S} s", LONGEST_S, 0)
    if done.returncode:
        return Answer(f"exit {done.returncode}", done.stderr[-300:], 0.0, 0)
    return Answer(**json.loads(done.stdout))


def feed_all(reader: str, paths: Sequence[Path]) -> list[Answer]:
    """What the reader does with each file, all in one process, which saves its imports; the memory is that so far."""
    command = [sys.executable, "-m", "tests.fuzz.limited", reader, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S * len(paths), check=True)
    return [Answer(**json.loads(line)) for line in done.stdout.splitlines()]


def read(reader: str, path: Path) -> Answer:
    take = READERS[reader]()
    before, begun_s = peak_bytes(), time.process_time()
    try:
        take(path)
        outcome, message = "taken", ""
    except InputError as error:
        outcome, message = "refused", str(error)
    except Exception as error:
        outcome, message = type(error).__name__, str(error)
    return Answer(outcome, message[:3000], time.process_time() - begun_s, peak_bytes() - before)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT_BYTES, LIMIT_BYTES))
    limit_s = round(LONGEST_S) * len(sys.argv[2:])
    resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s + 5))
    for path in sys.argv[2:]:
        answer = read(sys.argv[1], Path(path))
        print(json.dumps({name: getattr(answer, name) for name in answer.__slots__}), flush=True)


if __name__ == "__main__":
    main()
