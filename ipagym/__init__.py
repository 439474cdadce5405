"""ipagym: a Gymnasium control gym for ML inference serving. Importing it registers the environment ids.

The names in `__all__` are the public interface; each is imported when it is first used. All modules are private.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from ipagym.task.environment_ids import ENV_IDS, register_all

if TYPE_CHECKING:
    from ipagym.agents import make_agent
    from ipagym.agents.autoscalers.manifests.read import read_manifests
    from ipagym.agents.learned.policy import load_policy
    from ipagym.api import compare, sweep, verify
    from ipagym.bench.comparison.results import Comparison, load_results
    from ipagym.bench.sweep.results import Sweep, load_sweep
    from ipagym.envs.scenario_file import load_scenario
    from ipagym.envs.scenarios import make_scenario
    from ipagym.model.agent import Agent
    from ipagym.model.configuration import Configuration, Deployment, Limits, StageSetting
    from ipagym.model.pipeline import Pipeline, Stage, Variant
    from ipagym.model.window import Window
    from ipagym.system.errors import InputError, IpagymError
    from ipagym.task.objective import Objective
    from ipagym.task.physics import Physics
    from ipagym.task.scenario import Scenario
    from ipagym.task.telemetry import Telemetry
    from ipagym.workload.protocol import Workload
    from ipagym.workload.recorded.reader import read_workload

__version__ = "0.2.0"
__all__ = [
    "ENV_IDS",
    "Agent",
    "Comparison",
    "Configuration",
    "Deployment",
    "InputError",
    "IpagymError",
    "Limits",
    "Objective",
    "Physics",
    "Pipeline",
    "Scenario",
    "Stage",
    "StageSetting",
    "Sweep",
    "Telemetry",
    "Variant",
    "Window",
    "Workload",
    "__version__",
    "compare",
    "load_policy",
    "load_results",
    "load_scenario",
    "load_sweep",
    "make_agent",
    "make_scenario",
    "read_manifests",
    "read_workload",
    "sweep",
    "verify",
]

_HOMES = {
    "Agent": "model.agent",
    "Comparison": "bench.comparison.results",
    "Configuration": "model.configuration",
    "Deployment": "model.configuration",
    "InputError": "system.errors",
    "IpagymError": "system.errors",
    "Limits": "model.configuration",
    "Objective": "task.objective",
    "Physics": "task.physics",
    "Pipeline": "model.pipeline",
    "Scenario": "task.scenario",
    "Stage": "model.pipeline",
    "StageSetting": "model.configuration",
    "Sweep": "bench.sweep.results",
    "Telemetry": "task.telemetry",
    "Variant": "model.pipeline",
    "Window": "model.window",
    "Workload": "workload.protocol",
    "compare": "api",
    "load_policy": "agents.learned.policy",
    "load_results": "bench.comparison.results",
    "load_scenario": "envs.scenario_file",
    "load_sweep": "bench.sweep.results",
    "make_agent": "agents",
    "make_scenario": "envs.scenarios",
    "read_manifests": "agents.autoscalers.manifests.read",
    "read_workload": "workload.recorded.reader",
    "sweep": "api",
    "verify": "api",
}
"""The module below this package that each name is imported from."""

if not TYPE_CHECKING:  # type checkers see only the names above

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


register_all()
