"""`ipagym train`: a PPO policy for one scenario."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from ipagym.system.errors import InputError


def train(
    scenario: Annotated[str, typer.Argument(help="A scenario by name, or the path of a YAML scenario or profile.")],
    workload: Annotated[
        str | None, typer.Option(help="The load, by name or the path of a file, instead of the scenario's.")
    ] = None,
    steps: Annotated[int, typer.Option(help="Environment steps in all.")] = 100_000,
    seed: Annotated[int, typer.Option(help="Seed of the policy and of the environments.")] = 0,
    envs: Annotated[int, typer.Option(help="Environments side by side.")] = 4,
    threads: Annotated[int, typer.Option(help="Threads of the learner; the weights depend on their number.")] = 1,
    trace: Annotated[Path | None, typer.Option(help="The trace file that the workload is cut from.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for checkpoint and logs.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint in the folder.")] = False,
) -> None:
    """Train a policy; it is then an agent: `ipagym compare SCENARIO --agents ppo:FOLDER`."""
    if find_spec("stable_baselines3") is None:
        raise InputError("training needs stable-baselines3: install it with `pip install 'ipagym[rl]'`")
    from ipagym.agents.learned.training import TrainSettings
    from ipagym.agents.learned.training import train as run
    from ipagym.system.progress import progress_bar

    settings = TrainSettings(
        scenario=scenario,
        workload=workload,
        steps=steps,
        seed=seed,
        envs=envs,
        threads=threads,
        trace=trace,
        resume=resume,
        out=out or Path("results") / f"train-{Path(scenario).stem}-{_short(workload)}-{seed}",
    )
    with progress_bar() as progress:
        task = progress.add_task("steps", total=steps)
        path = run(settings, lambda done, total: progress.update(task, completed=done, total=total))
    print(f"written to {path}")


def _short(workload: str | None) -> str:
    """The load in the name of a folder: its kind, or the file without folder and ending."""
    return "own" if workload is None else Path(workload.partition("?")[0]).stem.partition(":")[0] or "file"
