"""The way of a request to one of the stations of its stage."""

from ipagym.cluster.sim.reference.replica import State
from ipagym.cluster.sim.reference.station import Station


def route(stations: list[Station]) -> Station:
    """Smooth weighted round robin over the eligible stations.

    Each gains its weight in credit and the one with the most is taken, and pays the sum of the weights: in the long run
    each gets its share, and requests in a row are spread over the stations rather than sent in bursts.
    """
    if len(stations) == 1:
        return stations[0]
    eligible = _eligible(stations)
    if len(eligible) == 1:
        return eligible[0]
    total = 0.0
    for station in eligible:
        station.credit += station.setting.weight
        total += station.setting.weight
    chosen = max(eligible, key=lambda station: station.credit)
    chosen.credit -= total
    return chosen


def _eligible(stations: list[Station]) -> list[Station]:
    """Open stations with a ready replica or one that sleeps.

    Where there is none, closed ones with a ready replica are eligible, too, unless an open one waits for room on the
    nodes; at last all open ones.
    """
    opened = [station for station in stations if not station.closed]
    serving = [station for station in opened if station.fleet.asleep or station.fleet.count(State.READY)]
    if serving:
        return serving
    # One that waits for room gets it from closed stations, which must run empty for that.
    if not any(station.fleet.count(State.PENDING) for station in opened):
        serving = [station for station in stations if station.fleet.count(State.READY)]
    return serving or opened
