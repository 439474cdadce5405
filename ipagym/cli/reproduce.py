"""`ipagym reproduce`: IPA's published experiments, simulated and compared with the published figures."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ipagym.system.files import make_folder, write_atomically

FILES = {
    "runs.csv": "a row per published run: its figures and ours",
    "predictors.csv": "a row per load and predictor: its figures and ours",
}


def reproduce(
    trace: Annotated[
        Path | None, typer.Option(help="File of the Twitter trace. Default: generated loads replace it.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("results/reproduce"),
) -> None:
    """Simulate IPA's 60 published runs and its comparison of predictors; print tables and write CSV."""
    from ipagym.bench.reproduction.ipa_episodes import compare_predictors, compare_runs
    from ipagym.bench.reproduction.report import csv_text, predictor_table, run_table
    from ipagym.bench.storage.readme import write_readme
    from ipagym.cli.console import console
    from ipagym.system.progress import progress_bar
    from ipagym.workload import by_name
    from ipagym.workload.origin import origin_of

    make_folder(out)
    with progress_bar() as progress:
        task = progress.add_task("runs", total=None)

        def show(what: str, done: int, total: int) -> None:
            progress.update(task, description=what, completed=done, total=total)

        runs = list(compare_runs(trace, show))
        predictors = list(compare_predictors(trace, show))
    write_atomically(out / "runs.csv", csv_text([asdict(row) for row in runs]).encode())
    write_atomically(out / "predictors.csv", csv_text([asdict(row) for row in predictors]).encode())
    write_readme(out, "IPA's published runs, simulated", {"load bursty": origin_of(by_name("bursty", trace))}, FILES)
    screen = console()
    screen.print(run_table(runs))
    screen.print(predictor_table(predictors))
    print(f"loads: {origin_of(by_name('bursty', trace))}, and so on; uniform arrivals")
    near = sum(row.is_near for row in runs)
    print(f"{near} of {len(runs)} runs within 10 % of the cores and 2 points of the PAS; written to {out}")
