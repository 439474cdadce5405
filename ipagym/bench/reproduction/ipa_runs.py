"""IPA's published runs: settings and mean figures.

Settings: the released configurations of the revised experiments (metaseries 18), of the first ones for the predictors
(metaseries 14 and 15). Figures: mean cores and PAS × 100 as drawn in the revised figures 8 to 12 (video's cores there
halved: the released plot doubles them), and the share of requests that failed in figure 16.
"""

from dataclasses import dataclass
from typing import Literal

from ipagym.optimize.ipa.released import ReleasedSettings
from ipagym.task.objective import Objective

Method = Literal["IPA", "FA2-low", "FA2-high"]
METHODS: tuple[Method, ...] = ("IPA", "FA2-low", "FA2-high")
LOADS = ("bursty", "steady-low", "steady-high", "fluctuating")

PUBLISHED: dict[tuple[str, str], tuple[tuple[float, float], ...]] = {
    ("video", "bursty"): ((2.72, 34.00), (2.73, 31.88), (5.85, 43.95)),
    ("video", "steady-low"): ((2.00, 35.38), (2.00, 31.88), (3.95, 43.95)),
    ("video", "steady-high"): ((4.97, 31.88), (4.96, 31.88), (10.29, 43.95)),
    ("video", "fluctuating"): ((3.17, 33.57), (3.18, 31.88), (6.89, 43.95)),
    ("audio-qa", "bursty"): ((21.21, 51.98), (16.66, 45.33), (32.90, 53.79)),
    ("audio-qa", "steady-low"): ((8.88, 48.73), (7.94, 45.30), (17.13, 53.79)),
    ("audio-qa", "steady-high"): ((32.70, 48.74), (33.15, 45.30), (93.72, 53.79)),
    ("audio-qa", "fluctuating"): ((26.09, 50.98), (20.14, 45.30), (44.37, 53.79)),
    ("audio-sent", "bursty"): ((21.71, 57.47), (14.64, 46.76), (31.61, 59.11)),
    ("audio-sent", "steady-low"): ((15.54, 59.06), (7.71, 46.76), (18.53, 59.11)),
    ("audio-sent", "steady-high"): ((29.61, 53.49), (29.77, 46.76), (93.06, 59.11)),
    ("audio-sent", "fluctuating"): ((25.82, 56.44), (18.71, 46.76), (43.08, 59.11)),
    ("sum-qa", "bursty"): ((16.73, 28.98), (9.26, 24.89), (57.81, 30.67)),
    ("sum-qa", "steady-low"): ((17.77, 30.29), (4.97, 24.89), (33.75, 30.67)),
    ("sum-qa", "steady-high"): ((18.14, 26.75), (18.21, 24.89), (117.77, 30.67)),
    ("sum-qa", "fluctuating"): ((13.70, 27.45), (11.17, 24.89), (72.65, 30.67)),
    ("nlp", "bursty"): ((152.50, 12.02), (46.70, 10.63), (233.40, 12.67)),
    ("nlp", "steady-low"): ((96.06, 12.64), (25.01, 10.63), (114.60, 12.67)),
    ("nlp", "steady-high"): ((122.36, 10.63), (101.26, 10.63), (500.51, 12.67)),
    ("nlp", "fluctuating"): ((159.96, 11.66), (61.69, 10.63), (309.26, 12.67)),
}
"""Mean cores and mean PAS × 100 by pipeline and load, in the order of `METHODS`."""

PUBLISHED_FAILED_PERCENT: dict[str, tuple[float, float, float]] = {
    "video": (0.30, 0.48, 2.55),
    "audio-qa": (0.91, 0.91, 4.73),
    "audio-sent": (0.28, 0.35, 0.96),
    "sum-qa": (2.53, 5.56, 11.41),
    "nlp": (0.60, 1.78, 3.21),
}
"""Requests that failed under the bursty load by pipeline: planned by the oracle, the LSTM, and reactively."""

S2T = "facebook-s2t-{}-librispeech-asr"
LANGUAGE = "dinalzein-xlm-roberta-base-finetuned-language-identification"
FROZEN: dict[str, dict[str, tuple[str, ...]]] = {
    "FA2-low": {
        "video": ("yolov5n", "resnet18"),
        "audio-qa": (S2T.format("small"), "deepset-xlm-roberta-base-squad2"),
        "audio-sent": (S2T.format("small"), "Souvikcmsa-SentimentAnalysisDistillBERT"),
        "sum-qa": ("sshleifer-distilbart-xsum-1-1", "deepset-xlm-roberta-base-squad2"),
        "nlp": (LANGUAGE, "Helsinki-NLP-opus-mt-fr-en", "sshleifer-distilbart-xsum-1-1"),
    },
    "FA2-high": {
        "video": ("yolov5s", "resnet101"),
        "audio-qa": (S2T.format("medium"), "deepset-roberta-base-squad2"),
        "audio-sent": (S2T.format("medium"), "distilbert-base-uncased-finetuned-sst-2-english"),
        "sum-qa": ("sshleifer-distilbart-xsum-12-6", "deepset-roberta-base-squad2"),
        "nlp": (LANGUAGE, "Helsinki-NLP-opus-mt-tc-big-fr-en", "sshleifer-distilbart-xsum-12-6"),
    },
}
"""The variants that FA2 leaves as they are."""

THRESHOLDS_RPS = {"video": 4.0, "audio-qa": 1.0, "audio-sent": 1.0, "sum-qa": 5.0, "nlp": 4.0}


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """The settings of a published run; the forecast is raised by `forecast_margin`."""

    settings: ReleasedSettings
    objective: Objective
    forecast_margin: float


def published_run(pipeline: str, load: str, method: Method) -> Run:
    """The settings of a revised run."""
    is_moving, is_audio = load in ("bursty", "fluctuating"), pipeline.startswith("audio")
    is_slowed = pipeline == "nlp" and (method == "FA2-high" or (method == "IPA" and is_moving))
    is_raised = pipeline == "nlp" and method == "IPA" and load == "steady-high"
    return Run(
        settings=ReleasedSettings(
            threshold_rps=1.0 if (pipeline, method) == ("sum-qa", "FA2-low") else THRESHOLDS_RPS[pipeline],
            throughput_margin=0.0 if pipeline == "video" else -0.57 if is_slowed else -0.5,
            latency_margin=1.0 if is_audio else 0.0,
            max_batch=8 if pipeline == "video" else 1,
            values="measured" if pipeline == "video" else "ranks",
            variants=None if method == "IPA" else FROZEN[method][pipeline],
        ),
        objective=_weights(pipeline, is_moving=is_moving),
        forecast_margin=0.2 if is_audio or is_raised else 0.0,
    )


def predictor_run(pipeline: str) -> Run:
    """The settings of the runs that compare predictors: the first form of the objective, a sum of ranks."""
    is_video, is_audio = pipeline == "video", pipeline.startswith("audio")
    return Run(
        settings=ReleasedSettings(
            threshold_rps=THRESHOLDS_RPS[pipeline],
            throughput_margin=0.0 if is_video else -0.5,
            latency_margin=1.0 if is_audio else 0.0,
            max_batch=8 if is_video else 1,
            accuracy="sum",
        ),
        objective=Objective(alpha=2.0 if is_video else 10.0, beta=1.0 if is_video else 0.5, delta=1e-6),
        forecast_margin=0.2 if is_audio else 0.0,
    )


def _weights(pipeline: str, *, is_moving: bool) -> Objective:
    alpha = {"video": 2.0, "audio-qa": 20.0 if is_moving else 10.0, "audio-sent": 30.0, "sum-qa": 10.0,
             "nlp": 100.0 if is_moving else 40.0}[pipeline]  # fmt: skip
    return Objective(alpha=alpha, beta=1.0 if pipeline == "video" else 0.5, delta=1e-6)
