"""Gymnasium environments over the clusters, imported as `ipagym.envs`."""

from ipagym.envs.codec import Codec
from ipagym.envs.observation import Observer
from ipagym.envs.scenarios import make_scenario
from ipagym.envs.serving import ServingEnv, make_env

__all__ = ["Codec", "Observer", "ServingEnv", "make_env", "make_scenario"]
