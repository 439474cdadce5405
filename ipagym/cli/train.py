"""`ipagym train`: train a policy for one scenario."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from ipagym.system.errors import InputError


def train(
    scenario: Annotated[str, typer.Argument(help="A scenario by name, or the path of a YAML scenario or profile.")],
    algo: Annotated[str, typer.Option(help="Algorithm: ppo, maskable-ppo, recurrent-ppo, dqn or sac.")] = "ppo",
    workload: Annotated[
        list[str] | None,
        typer.Option(help="Load instead of the scenario's; if repeated, each episode uses one of the loads."),
    ] = None,
    recipe: Annotated[Path | None, typer.Option(help="Your own recipe, a YAML file.")] = None,
    steps: Annotated[int | None, typer.Option(help="Total environment steps, instead of the recipe's.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the policy and of the environments.")] = 0,
    envs: Annotated[int | None, typer.Option(help="Number of parallel environments, instead of the recipe's.")] = None,
    threads: Annotated[int, typer.Option(help="Threads of the learner; the weights depend on this number.")] = 1,
    trace: Annotated[Path | None, typer.Option(help="Trace file from which the workload is cut.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for checkpoints and logs.")] = None,
    warm_start: Annotated[
        str | None, typer.Option(help="Agent that the policy imitates before training: ipa, mpc, ….")
    ] = None,
    preference: Annotated[
        list[str] | None,
        typer.Option(
            help="Weight of the objective that is an input of the policy and is drawn for each episode, with its range "
            "in multiples of the scenario's weight: alpha=0.25:4."
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue from the checkpoint in the folder.")] = False,
) -> None:
    """Train a policy. Use it as an agent: `ipagym compare SCENARIO --agents policy:FOLDER`."""
    check_installed()
    from ipagym.agents import make_agent
    from ipagym.agents.learned.recipe import recipe_for
    from ipagym.agents.learned.training import TrainSettings
    from ipagym.agents.learned.training import train as run
    from ipagym.system.progress import progress_bar

    given = {"steps": steps, "envs": envs, "preferences": _preferences(preference) if preference else None}
    changes = {name: value for name, value in given.items() if value is not None}
    settings = TrainSettings(
        scenario=scenario,
        workloads=tuple(workload or ()),
        algorithm=algo,
        recipe=recipe_for(algo, scenario, changes, recipe),
        seed=seed,
        threads=threads,
        trace=trace,
        resume=resume,
        warm_start=warm_start,
        out=out or Path("results") / _folder(algo, scenario, workload or [], seed),
    )
    with progress_bar() as progress:
        task = progress.add_task("steps", total=settings.recipe.steps)

        found: list[float] = []

        def report(done: int, total: int, best: float | None) -> None:
            if best is not None:
                found[:] = [best]
            told = "steps" if best is None else f"steps, best in validation {best:.3f}"
            progress.update(task, completed=done, total=total, description=told)

        path = run(settings, report, make_agent)
    print(*(f"best in validation {best:.3f} per window" for best in found), f"written to {path}", sep="\n")


def _preferences(texts: list[str]) -> dict[str, tuple[float, float]]:
    """The ranges of weights by name."""
    return dict(map(_preference, texts))


def _preference(text: str) -> tuple[str, tuple[float, float]]:
    name, _, numbers = text.partition("=")
    low, _, high = numbers.partition(":")
    try:
        return name, (float(low), float(high))
    except ValueError:
        raise InputError(f"--preference {text}: give a weight and two numbers, as in alpha=0.25:4") from None


def check_installed() -> None:
    """Refuse to train if the packages for training are not installed."""
    if not all(map(find_spec, ("stable_baselines3", "sb3_contrib"))):
        raise InputError("training needs stable-baselines3 and sb3-contrib: `pip install 'ipagym[rl]'`")


def _folder(algo: str, scenario: str, workloads: list[str], seed: int) -> str:
    """The default name of the folder."""
    loads = "+".join(map(_short, workloads)) or "own"
    return f"train-{algo}-{Path(scenario).stem}-{loads}-{seed}"


def _short(workload: str) -> str:
    """The load in the name of a folder: its kind, or the file name without folder and suffix."""
    return Path(workload.partition("?")[0]).stem.partition(":")[0] or "file"
