"""Examples below the help of every command."""

from collections.abc import Mapping

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "compare": (
        "compare video --workload bursty --agents ipa,hpa --seeds 3",
        "compare video --agents all --sort -reward --csv",
    ),
    "sweep": ("sweep video --alpha 1,2,8 --agents ipa,hpa --out runs/alpha",),
    "figure": ("figure tradeoff runs/video runs/nlp --out tradeoff.pdf", "figure --list"),
    "report": ("report runs/video --out video.html",),
    "table": ("table runs/video --latex --out results.tex",),
    "train": ("train video --workload bursty --out runs/mine", "train video --out runs/mine --resume"),
    "tune": ("tune video --storage search.db --trials 50",),
    "forecast": ("forecast bursty,requests.csv --forecasters reactive,quantile",),
    "front": ("front runs/alpha --out front.pdf",),
    "profile": ("profile digits --out my_digits.yaml",),
    "calibrate": ("calibrate digits --backend local --out calibrated.yaml",),
    "load": ("load http://127.0.0.1:8000/ --workload bursty --slo 0.5 --out runs/load",),
    "validate-live": ("validate-live digits --backend rehearsal --runs 3",),
    "serve": ("serve digits --agent ipa --duration 120 --shadow",),
    "trace": ("trace bursty --out bursty.png", "trace requests.csv.gz"),
    "list": ("list --agents", "list --json"),
    "bench-speed": ("bench-speed --quick --out runs/speed",),
    "bench-solver": ("bench-solver --sizes 2x5,5x5 --loads 20",),
    "reproduce": ("reproduce --trace workload.tbz2 --out runs/reproduce",),
    "verify": ("verify --fast", "verify --scenario my.yaml"),
    "watch": ("watch runs/video", "watch video --agent ipa --workload bursty"),
    "kubernetes plan": ("kubernetes plan digits",),
    "kubernetes rbac": ("kubernetes rbac --namespace serving",),
    "leaderboard run": ("leaderboard run core-v1 --out runs/core",),
    "leaderboard show": ("leaderboard show runs/core --markdown",),
    "leaderboard submit": ("leaderboard submit --agent my_agents:Mine --suite core-v1 --out entry.zip",),
    "leaderboard verify": ("leaderboard verify entry.zip --cells 5",),
    "leaderboard merge": ("leaderboard merge runs/core entry.zip --out runs/merged",),
}


def epilog(command: str) -> str:
    """The text below the help of the command, a paragraph per example; empty if there are no examples."""
    examples = [f"ipagym {example}" for example in EXAMPLES.get(command, ())]
    return "\n\n".join(["For example:", *examples] if examples else [])
