"""`ipagym train`: a policy for one scenario."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from ipagym.system.errors import InputError


def train(
    scenario: Annotated[str, typer.Argument(help="A scenario by name, or the path of a YAML scenario or profile.")],
    algo: Annotated[str, typer.Option(help="ppo, maskable-ppo, recurrent-ppo, dqn or sac.")] = "ppo",
    workload: Annotated[
        list[str] | None,
        typer.Option(help="The load instead of the scenario's; given several times, each episode has one of them."),
    ] = None,
    recipe: Annotated[Path | None, typer.Option(help="A recipe of one's own, a YAML file.")] = None,
    steps: Annotated[int | None, typer.Option(help="Environment steps in all, instead of the recipe's.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the policy and of the environments.")] = 0,
    envs: Annotated[int | None, typer.Option(help="Environments side by side, instead of the recipe's.")] = None,
    threads: Annotated[int, typer.Option(help="Threads of the learner; the weights depend on their number.")] = 1,
    trace: Annotated[Path | None, typer.Option(help="The trace file that the workload is cut from.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for checkpoint and logs.")] = None,
    warm_start: Annotated[
        str | None, typer.Option(help="An agent by name that the policy imitates before it learns: ipa, mpc, ….")
    ] = None,
    preference: Annotated[
        list[str] | None,
        typer.Option(
            help="A weight of the objective that each episode draws anew and the policy is told, from so many to so "
            "many times the scenario's: alpha=0.25:4."
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint in the folder.")] = False,
) -> None:
    """Train a policy; it is then an agent: `ipagym compare SCENARIO --agents policy:FOLDER`."""
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

        def report(done: int, total: int, best: float | None) -> None:
            told = "steps" if best is None else f"steps, best in validation {best:.3f}"
            progress.update(task, completed=done, total=total, description=told)

        path = run(settings, report, make_agent)
    print(f"written to {path}")


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
    """Refuse to train where nothing is installed to train with."""
    if not all(map(find_spec, ("stable_baselines3", "sb3_contrib"))):
        raise InputError("training needs stable-baselines3 and sb3-contrib: `pip install 'ipagym[rl]'`")


def _folder(algo: str, scenario: str, workloads: list[str], seed: int) -> str:
    """The name of the folder where none is given."""
    loads = "+".join(map(_short, workloads)) or "own"
    return f"train-{algo}-{Path(scenario).stem}-{loads}-{seed}"


def _short(workload: str) -> str:
    """The load in the name of a folder: its kind, or the file without folder and ending."""
    return Path(workload.partition("?")[0]).stem.partition(":")[0] or "file"
