"""Time integrals of quantities that change in steps; as in `ipagym.cluster.sim.reference.meter`."""

from ipagym.cluster.sim.compiled.access import meters_of
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import Record


@kernel
def change(sim: Record, station: int, which: int, by: float) -> None:
    """The level of a station's meter rises by `by` now."""
    m = meters_of(sim)[station, which]
    now_s = sim.now_s
    m.total += m.level * (now_s - m.since_s)
    m.since_s = now_s
    m.level += by


@kernel
def read(sim: Record, station: int, which: int) -> float:
    """The integral since the last reading; the next one starts here."""
    change(sim, station, which, 0.0)
    m = meters_of(sim)[station, which]
    total = m.total
    m.total = 0.0
    return float(total)
