"""The README beside the results of a comparison."""

from pathlib import Path

from ipagym.bench.comparison.results import EPISODES, SUMMARY, TIMELINE, TIMINGS, WINDOWS
from ipagym.bench.storage import manifest, readme

FILES = {
    SUMMARY: "a row per agent: means over seeds, half widths of 95 % intervals (`_ci95`), the Pareto mark, the load",
    EPISODES: "a row per agent and seed: the same figures, decision times apart",
    WINDOWS: "a row per agent, seed and window: load, latency, violations, the configuration, the reward",
    TIMINGS: "seconds of each decision, which differ from run to run",
    TIMELINE: "load, latency, violations, cores and accuracy over time under the first seed",
    manifest.FILE_NAME: "versions, command line, scenario, objective, faults, seeds, agents, and the hash of "
    f"`{WINDOWS}`",
    "episodes/": "each finished episode with the latencies of its requests; a run that is repeated goes on from these",
}


def write_readme(folder: Path, written: manifest.Manifest) -> None:
    """Write it: the same bytes for the same results, whatever the command and the machine."""
    seeds = written.seeds
    told = {
        "load": written.load,
        "SLO": f"{written.slo_s:g} s; {written.duration_s} s in windows of {written.interval_s:g} s",
        "agents": ", ".join(written.agents),
        "seeds": f"{len(seeds)}, {min(seeds)} to {max(seeds)}",
        "scenario": written.scenario_hash,
        "windows": f"SHA-256 {written.windows_sha256}",
        "read it again": "`ipagym.load_results(FOLDER)`, `ipagym report FOLDER`, `ipagym table FOLDER --csv`",
    }
    readme.write_readme(folder, f"A comparison on {written.pipeline}, by ipagym {written.ipagym}", told, FILES)
