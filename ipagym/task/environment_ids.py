"""The environment ids as data: entry points are strings, so that nothing large is imported."""

import gymnasium

ENV_IDS: dict[str, str] = {
    "ipagym/Video-v0": "video",
    "ipagym/AudioQA-v0": "audio-qa",
    "ipagym/AudioSent-v0": "audio-sent",
    "ipagym/SumQA-v0": "sum-qa",
    "ipagym/NLP-v0": "nlp",
    "ipagym/InfAdapter-v0": "infadapter",
    "ipagym/Sponge-v0": "sponge",
    "ipagym/SpongeYOLOv5n-v0": "sponge-yolov5n",
    "ipagym/SpongeResNet18-v0": "sponge-resnet18",
    "ipagym/Joint-v0": "joint",
    "ipagym/Digits-v0": "digits",
    "ipagym/VideoDay-v0": "video-day",
    "ipagym/VideoDayFaults-v0": "video-day-faults",
    "ipagym/JointDay-v0": "joint-day",
    "ipagym/InfAdapterDay-v0": "infadapter-day",
    "ipagym/SpongeWaves-v0": "sponge-waves",
}
"""Environment id → name of its scenario."""


def multi_objective(env_id: str) -> str:
    """The id of the environment with the same scenario and a vector reward."""
    package, _, name = env_id.partition("/")
    return f"{package}/mo-{name}"


def register_all() -> None:
    """Register every id with Gymnasium, with scalar and with vector reward; existing ids are not changed."""
    for env_id, scenario in ENV_IDS.items():
        _register(env_id, {"name": scenario})
        _register(multi_objective(env_id), {"name": scenario, "reward": "vector"})


def _register(env_id: str, arguments: dict[str, str]) -> None:
    """Register one id such that `gym.make` returns the environment itself, without Gymnasium's checking wrappers. The
    environment checks the order of calls and the actions itself, and its own methods (`action_masks`) stay accessible.
    """
    if env_id not in gymnasium.registry:
        gymnasium.register(
            env_id,
            entry_point="ipagym.envs.serving:make_env",
            vector_entry_point="ipagym.envs.vector:make_vector_env",
            kwargs=arguments,
            order_enforce=False,
            disable_env_checker=True,
        )
