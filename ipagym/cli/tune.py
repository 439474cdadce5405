"""`ipagym tune`: search a recipe for one scenario."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from ipagym.cli.train import check_installed
from ipagym.system.errors import InputError


def tune(
    scenario: Annotated[str, typer.Argument(help="A scenario by name, or the path of a YAML scenario or profile.")],
    storage: Annotated[Path, typer.Option(help="File that stores the search; an existing search continues.")],
    algo: Annotated[str, typer.Option(help="Algorithm: ppo, maskable-ppo, recurrent-ppo, dqn or sac.")] = "ppo",
    workload: Annotated[
        list[str] | None,
        typer.Option(help="Load instead of the scenario's; if repeated, each episode uses one of the loads."),
    ] = None,
    trials: Annotated[int, typer.Option(min=1, help="Total number of trials, including those in the file.")] = 20,
    recipe: Annotated[Path | None, typer.Option(help="Your own recipe for the settings that are not searched.")] = None,
    steps: Annotated[int | None, typer.Option(help="Environment steps of a trial, instead of the recipe's.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the search and of all trials.")] = 0,
    envs: Annotated[int | None, typer.Option(help="Number of parallel environments, instead of the recipe's.")] = None,
    trace: Annotated[Path | None, typer.Option(help="Trace file from which the workload is cut.")] = None,
    out: Annotated[Path | None, typer.Option(help="Recipe file to write. Default: STORAGE.yaml.")] = None,
) -> None:
    """Search for the recipe with the best validation reward and write it. Use it: `ipagym train SCENARIO --recipe
    FILE`.
    """
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
