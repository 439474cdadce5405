"""Gymnasium environments over the clusters, imported as `ipagym.envs`."""

from ipagym.envs.codec import Codec
from ipagym.envs.observation import Observer
from ipagym.envs.scenarios import make_scenario
from ipagym.envs.serving import ServingEnv, make_env
from ipagym.envs.vector import ServingVectorEnv, make_vector_env

__all__ = ["Codec", "Observer", "ServingEnv", "ServingVectorEnv", "make_env", "make_scenario", "make_vector_env"]
