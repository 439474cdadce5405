"""The command line: `ipagym compare`, `sweep`, `figure`, `leaderboard`, `report`, `train`, `list` and others."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from typer.exceptions import Abort, TyperException

import ipagym
from ipagym.cli import (
    bench_solver,
    bench_speed,
    calibrate,
    catalogue,
    compare,
    figure,
    forecast,
    front,
    kubernetes,
    leaderboard,
    load,
    profile,
    report,
    reproduce,
    serve,
    sweep,
    table,
    trace,
    train,
    tune,
    validate_live,
    verify,
    watch,
)
from ipagym.cli.examples import epilog
from ipagym.system.command_line import running
from ipagym.system.errors import IpagymError

BAD_INPUT = 2
FAILED = 1
INTERRUPTED = 130

app = typer.Typer(
    name="ipagym",
    help="A control gym for ML inference serving.",
    no_args_is_help=False,
    pretty_exceptions_enable=False,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code. Bad input gives one line on standard error and exit code 2."""
    arguments = sys.argv[1:] if argv is None else list(argv)
    try:
        with running("ipagym", arguments):
            return int(app(args=arguments, prog_name="ipagym", standalone_mode=False) or 0)
    except TyperException as error:
        return _fail(error.format_message(), BAD_INPUT)
    except ValueError as error:
        if not isinstance(error, IpagymError):
            raise
        return _fail(str(error), BAD_INPUT)
    except (IpagymError, OSError) as error:
        return _fail(str(error), FAILED)
    except (Abort, KeyboardInterrupt):
        return INTERRUPTED


def _fail(message: str, code: int) -> int:
    print(f"ipagym: error: {' '.join(message.split())}", file=sys.stderr)
    return code


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"ipagym {ipagym.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A control gym for ML inference serving."""


app.command("compare")(compare.compare)
app.command("sweep")(sweep.sweep)
app.command("figure")(figure.figure)
app.command("report")(report.report)
app.command("table")(table.table)
app.command("train")(train.train)
app.command("tune")(tune.tune)
app.command("forecast")(forecast.forecast)
app.command("front")(front.front)
app.command("profile")(profile.profile)
app.command("calibrate")(calibrate.calibrate)
app.command("serve")(serve.serve)
app.command("load")(load.load)
app.command("validate-live")(validate_live.validate_live)
app.command("trace")(trace.trace)
app.command("list")(catalogue.catalogue)
app.command("bench-speed")(bench_speed.bench_speed)
app.command("bench-solver")(bench_solver.bench_solver)
app.command("reproduce")(reproduce.reproduce)
app.command("verify")(verify.verify)
app.command("watch")(watch.watch)
app.add_typer(leaderboard.app, name="leaderboard")
app.add_typer(kubernetes.app, name="kubernetes")
for each in app.registered_commands:
    each.epilog = epilog(each.name or "")
