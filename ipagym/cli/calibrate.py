"""`ipagym calibrate`: a profile with a pipeline's latencies on this machine."""

from pathlib import Path
from typing import Annotated

import typer


def calibrate(
    scenario: Annotated[str, typer.Argument(help="A scenario by name, or the path of a YAML scenario.")],
    out: Annotated[Path, typer.Option(help="The profile file to write.")],
    backend: Annotated[str, typer.Option(help="Live backend: local or rehearsal.")] = "local",
    duration: Annotated[int, typer.Option(min=4, help="Duration of the run in seconds.")] = 60,
) -> None:
    """Run a pipeline at half load and write its profile with the service times of that run.

    Latencies of variants and cores that were not run are scaled like the others of their stage. `ipagym profile`
    measures each of them.
    """
    from ipagym.bench.live_validation.validate import calibrated_on
    from ipagym.cluster.backends import check_able, logging_maker
    from ipagym.envs.scenarios import make_scenario
    from ipagym.profiles.written import CALIBRATED, fields_of, profile_text
    from ipagym.system.files import make_folder, write_atomically

    task = make_scenario(scenario)
    check_able(task, backend)
    make_live = logging_maker(backend)
    make_folder(out.parent)
    print(f"a run of {duration} s at half load", flush=True)
    pipeline = calibrated_on(task, make_live, duration)
    write_atomically(out, profile_text(fields_of(task, pipeline), CALIBRATED).encode())
    print(f"written to {out}")
