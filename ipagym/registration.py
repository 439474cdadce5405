"""The environment ids, as data: entry points are strings, so that nothing heavy is imported."""

import gymnasium

ENV_IDS: dict[str, str] = {"ipagym/Video-v0": "video"}
"""Environment id → name of the pipeline it serves."""


def register_all() -> None:
    """Register every id with Gymnasium; ids already there are left alone."""
    for env_id, pipeline in ENV_IDS.items():
        if env_id not in gymnasium.registry:
            gymnasium.register(
                env_id,
                entry_point="ipagym.envs.serving:make_env",
                vector_entry_point="ipagym.envs.vector:make_vector_env",
                kwargs={"pipeline": pipeline},
            )
