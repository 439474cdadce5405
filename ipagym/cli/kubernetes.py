"""`ipagym kubernetes`: what the backend of that name would apply, and the role that it needs."""

from typing import Annotated

import typer

from ipagym.cli.examples import epilog

app = typer.Typer(help="What the backend kubernetes would apply, and the role that it needs.", no_args_is_help=True)


@app.command("plan", epilog=epilog("kubernetes plan"))
def plan(
    scenario: Annotated[str, typer.Argument(help="A scenario by name, or the path of a YAML scenario or profile.")],
    backend: Annotated[str, typer.Option(help="kubernetes, or kubernetes-rehearsal.")] = "kubernetes",
) -> None:
    """Have the API server check what would be applied at the beginning (a dry run), and print it as YAML. Nothing is
    changed.
    """
    import yaml

    from ipagym.cluster.backends import kubernetes_program
    from ipagym.cluster.kubernetes.access import access
    from ipagym.cluster.kubernetes.cluster import rehearse, wanted_of
    from ipagym.cluster.kubernetes.manifests import deployment
    from ipagym.cluster.kubernetes.settings import settings_of
    from ipagym.envs.scenarios import make_scenario

    task = make_scenario(scenario)
    wanted = wanted_of(task, kubernetes_program(backend)(task.pipeline), task.initial)
    settings = settings_of()
    rehearse(access(settings), settings, wanted)
    print(
        yaml.safe_dump_all((deployment(pool, each, settings.image) for pool, each in wanted.items()), sort_keys=False)
    )


@app.command("rbac", epilog=epilog("kubernetes rbac"))
def rbac(namespace: Annotated[str, typer.Option(help="The namespace that pods are to be in.")] = "default") -> None:
    """Print a service account with the least rights that the backend needs, as YAML for `kubectl apply -f -`."""
    from ipagym.cluster.kubernetes.manifests import rbac as manifest

    print(manifest(namespace), end="")
