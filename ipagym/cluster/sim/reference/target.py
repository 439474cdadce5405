"""The deployment that a fleet is asked for."""

from ipagym.cluster.sim.reference.replica import Replica, State
from ipagym.model.configuration import Deployment, cores_of
from ipagym.model.pipeline import Stage


class Target:
    """The setting asked for last, and the replicas that are of it.

    The replicas of the variant asked for form the deployment (those with other cores too, where cores are changed in
    place); all others are old.
    """

    def __init__(self, stage: Stage, *, in_place: bool) -> None:
        self.setting: Deployment | None = None
        self._stage = stage
        self._in_place = in_place

    def aim_at(self, setting: Deployment) -> None:
        """From now on this is asked for."""
        self.setting = setting
        self.variant = self._stage.variant(setting.variant)
        self.cores = cores_of(setting, self._stage)

    def is_old(self, replica: Replica) -> bool:
        """Not of the deployment asked for."""
        same_cores = self._in_place or replica.cores == self.cores
        return replica.variant is not self.variant or not same_cores

    def is_mismatched(self, replica: Replica) -> bool:
        """A placed replica of the deployment that does not have the cores asked for."""
        placed = replica.state in (State.STARTING, State.READY)
        return placed and not self.is_old(replica) and replica.cores != self.cores
