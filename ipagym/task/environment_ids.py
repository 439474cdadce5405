"""The environment ids, as data: entry points are strings, so that nothing heavy is imported."""

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
}
"""Environment id → name of its scenario."""


def register_all() -> None:
    """Register every id with Gymnasium; ids already there are left alone."""
    for env_id, scenario in ENV_IDS.items():
        if env_id not in gymnasium.registry:
            gymnasium.register(
                env_id,
                entry_point="ipagym.envs.serving:make_env",
                vector_entry_point="ipagym.envs.vector:make_vector_env",
                kwargs={"name": scenario},
            )
