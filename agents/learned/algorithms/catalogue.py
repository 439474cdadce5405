"""The algorithms by name, as on the command line."""

from collections.abc import Mapping

from ipagym.agents.learned.algorithms import dqn, maskable_ppo, ppo, recurrent_ppo, sac
from ipagym.agents.learned.algorithms.algorithm import Algorithm

ALGORITHMS: Mapping[str, Algorithm] = {
    "ppo": ppo.ALGORITHM,
    "maskable-ppo": maskable_ppo.ALGORITHM,
    "recurrent-ppo": recurrent_ppo.ALGORITHM,
    "dqn": dqn.ALGORITHM,
    "sac": sac.ALGORITHM,
}
"""For each there are fields of a recipe (`recipe_fields.RECIPES`) and a file in `recipes/`."""
