"""`ipagym tune`: a recipe for one scenario."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from ipagym.cli.train import check_installed
from ipagym.system.errors import InputError


def tune(
    scenario: Annotated[str, typer.Argument(help="A scenario by name, or the path of a YAML scenario or profile.")],
    storage: Annotated[Path, typer.Option(help="The file that the search is kept in, and goes on from.")],
    algo: Annotated[str, typer.Option(help="ppo, maskable-ppo, recurrent-ppo, dqn or sac.")] = "ppo",
    workload: Annotated[
        list[str] | None,
        typer.Option(help="The load instead of the scenario's; given several times, each episode has one of them."),
    ] = None,
    trials: Annotated[int, typer.Option(min=1, help="In all, those that the file holds included.")] = 20,
    recipe: Annotated[Path | None, typer.Option(help="A recipe of one's own for what is not searched.")] = None,
    steps: Annotated[int | None, typer.Option(help="Environment steps of a trial, instead of the recipe's.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the search and of all trials.")] = 0,
    envs: Annotated[int | None, typer.Option(help="Environments side by side, instead of the recipe's.")] = None,
    trace: Annotated[Path | None, typer.Option(help="The trace file that the workload is cut from.")] = None,
    out: Annotated[Path | None, typer.Option(help="The recipe that is written; STORAGE.yaml if not given.")] = None,
) -> None:
    """Search for a recipe by validation, and write the best: `ipagym train SCENARIO --recipe FILE`."""
    check_installed()
    if find_spec("optuna") is None:
        raise InputError("tuning needs optuna: install it with `pip install 'ipagym[tune]'`")
    from ipagym.agents.learned.recipe import recipe_for
    from ipagym.agents.learned.training import TrainSettings
    from ipagym.agents.learned.tuning import TuneSettings, write_recipe
    from ipagym.agents.learned.tuning import tune as run
    from ipagym.system.progress import progress_bar

    given = {"steps": steps, "envs": envs}
    changes = {name: value for name, value in given.items() if value is not None}
    base = TrainSettings(
        scenario=scenario,
        workloads=tuple(workload or ()),
        algorithm=algo,
        recipe=recipe_for(algo, scenario, changes, recipe),
        seed=seed,
        trace=trace,
        out=storage.with_name(f"{storage.name}.trials"),
    )
    settings = TuneSettings(base=base, storage=storage, trials=trials, changes=changes, own=recipe)
    with progress_bar() as progress:
        task = progress.add_task("trials", total=trials * base.recipe.steps)

        def told(over: int, done: int, best: float | None) -> None:
            shown = f"trial {over + 1} of {trials}" + ("" if best is None else f", best in validation {best:.3f}")
            progress.update(task, completed=over * base.recipe.steps + done, description=shown)

        found, reward = run(settings, told)
    path = out or storage.with_name(f"{storage.name}.yaml")
    write_recipe(
        path, found, f"{algo} on {scenario}, the best of {trials} trials: {reward:.3f} per window in validation"
    )
    print(f"written to {path}")
