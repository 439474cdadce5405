"""Replicas that sleep: gone, with what they held, but counted as replicas of their deployment."""

from ipagym.cluster.sim.reference.fleet import Fleet
from ipagym.cluster.sim.reference.replica import Replica, State


def sleep(fleet: Fleet, replica: Replica) -> None:
    """An idle replica of the deployment sleeps: what it held is free."""
    fleet.asleep += 1
    fleet.life.retire(replica)


def wake(fleet: Fleet, queued: int) -> None:
    """Start sleepers for requests that find none idle, until as many are on their way as there are batches."""
    if not (fleet.asleep and queued) or fleet.idle():
        return
    assert fleet.target.setting is not None, "sleepers have been awake"
    coming = sum(replica.state in (State.PENDING, State.STARTING) for replica in fleet.deployment())
    batches = -(-queued // fleet.target.setting.batch)
    woken = max(0, min(fleet.asleep, batches - coming))
    fleet.asleep -= woken
    fleet.launch(woken)
