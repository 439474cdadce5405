"""From the replicas that the engine has to the pods that are wanted: pure functions."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from ipagym.cluster.kubernetes.manifests import Pool, Wanted
from ipagym.cluster.live.children.framing import Message
from ipagym.cluster.live.program import Model


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Tenant:
    """A replica that wants to be served by a pod of a pool, and whom to tell. `number` counts replicas."""

    number: int
    pool: Pool
    model: Model
    on_ready: Callable[[], None]
    on_answers: Callable[[Message], None]
    on_end: Callable[[], None]


def wanted_pools(
    tenants: Iterable[tuple[Tenant, int]], before: Mapping[Pool, Wanted], *, in_place: bool
) -> Mapping[Pool, Wanted]:
    """What is wanted of each pool for tenants with their cores; of one that nobody needs any more, no pods.

    Where pods cannot change their cores, the newest tenant says which cores they have: one with others is served by a
    pod from before, as long as it is, and no pod is created for it. Where they can, pods are created with the cores
    that the first ones had, and get theirs afterwards.
    """
    wanted = {pool: replace(known, replicas=0) for pool, known in before.items()}
    by_pool: dict[Pool, list[tuple[Tenant, int]]] = {}
    for tenant, cores in tenants:
        by_pool.setdefault(tenant.pool, []).append((tenant, cores))
    for pool, members in by_pool.items():
        newest, cores = max(members, key=lambda member: member[0].number)
        known = before.get(pool)
        if in_place:
            cores = known.cores if known is not None and known.replicas else cores
            number = len(members)
        else:
            number = sum(cores == each for _, each in members)
        wanted[pool] = Wanted(number, cores, newest.model)
    return wanted
