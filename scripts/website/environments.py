"""A page for each environment id: what is decided and seen, the pipeline, a frame, and reference returns."""

import base64
import io

import gymnasium
from PIL import Image

from ipagym.cli.controllers import markdown
from ipagym.envs.scenarios import descriptions
from ipagym.envs.serving import ServingEnv
from ipagym.task.environment_ids import ENV_IDS, multi_objective
from ipagym.task.scenario import Scenario

STEPS = 30
"""Before the frame is drawn."""


def page(env_id: str) -> str:
    """The page of an id."""
    env = gymnasium.make(env_id, render_mode="rgb_array").unwrapped
    assert isinstance(env, ServingEnv)
    says = descriptions()[ENV_IDS[env_id]]
    parts = [
        f"# {env_id}",
        f"{says[0].upper()}{says[1:]}.",
        f'```python\nimport gymnasium as gym, ipagym\n\nenv = gym.make("{env_id}")\n```',
        _summary(env_id, env),
        f"## Action\n\n{_actions(env)}",
        "## Observation\n\nA float32 vector of these entries; [their scales](../environments.md#observations).\n\n"
        + ", ".join(f"`{each}`" for each in env.observation_names),
        f"## Reward\n\n{_reward(env.scenario)}",
        f"## Pipeline\n\n{_pipeline(env.scenario)}",
        f"## Returns\n\n{_returns(env)}",
        f"## A frame\n\nAfter {STEPS} steps with random feasible actions.\n\n{_frame(env)}",
    ]
    return "\n\n".join(parts) + "\n"


def _summary(env_id: str, env: ServingEnv) -> str:
    scenario = env.scenario
    rows = [
        ("property", "value"),
        ("scenario", f"`{ENV_IDS[env_id]}`"),
        ("load", f"{scenario.workload.name}, {scenario.workload.duration_s} s"),
        ("adaptation interval", f"{scenario.interval_s:g} s"),
        ("episode", f"{scenario.windows - 1} steps, then truncated"),
        ("SLO", f"{scenario.pipeline.slo_s:g} s"),
        ("limits", _limits(scenario)),
        ("reward as a vector", f"`{multi_objective(env_id)}`"),
    ]
    return markdown(rows)


def _limits(scenario: Scenario) -> str:
    limits = scenario.limits
    said = [f"replicas of a deployment: {limits.max_replicas}", f"deployments of a stage: {limits.max_deployments}"]
    if limits.max_cores is not None:
        said.append(f"cores in all: {limits.max_cores}")
    if limits.node_cores is not None:
        said.append(f"cores of the nodes: {', '.join(map(str, limits.node_cores))}")
    return "; ".join(said)


def _actions(env: ServingEnv) -> str:
    codec = env.codec
    rows = [(f"`{name}`", str(size)) for name, size in zip(codec.names, codec.sizes, strict=True)]
    return f"`MultiDiscrete`, {len(rows)} entries.\n\n{markdown([('entry', 'values'), *rows])}"


def _reward(scenario: Scenario) -> str:
    terms = {
        "alpha": "PAS (0..1)", "beta": "cores", "delta": "Σ batch sizes", "violation": "share late or dropped",
        "switching": "knobs changed", "energy": "kJ", "gamma": "s of loading",
    }  # fmt: skip
    weights = {name: getattr(scenario.objective, name) for name in terms}
    shown = " − ".join(f"{weight:g} · {terms[name]}" for name, weight in weights.items() if weight or name == "alpha")
    return f"Of a window: {shown}. [The terms](../environments.md#rewards); `objective={{…}}` changes the weights."


def _pipeline(scenario: Scenario) -> str:
    rows = [("stage", "variant", "accuracy", "base cores", "loads in", "mean time of one request")]
    for stage in scenario.pipeline.stages:
        for each in stage.variants:
            cells = (stage.name, each.name, f"{each.accuracy:g}", str(each.base_cores), f"{each.load_s:g} s")
            rows.append((*cells, f"{each.latency.average(1) * 1000:.1f} ms"))
    return markdown(rows)


def _returns(env: ServingEnv) -> str:
    known = env.reference_returns
    if known is None:
        return "Not measured for this id; [tasks](../tasks.md) has the rewards of agents on the suite."
    head = ("random", "best constant", f"optimiser (`{known.optimiser_name}`)", "clairvoyant")
    figures = [f"{each:,.1f}" for each in (known.random, known.constant, known.optimiser, known.clairvoyant)]
    return (
        f"Mean return of an episode, over {known.episodes} test seeds; "
        f"[how they are measured](../environments.md#rewards).\n\n{markdown([head, figures])}"
    )


def _frame(env: ServingEnv) -> str:
    env.reset(seed=0)
    for _ in range(STEPS):
        env.step(env.feasible_action())
    drawn = io.BytesIO()
    Image.fromarray(env.render()).save(drawn, "PNG", optimize=True)
    data = base64.b64encode(drawn.getvalue()).decode()
    return f'<img class="drawn" src="data:image/png;base64,{data}" alt="Load, latency, cost and knobs of each stage">'
