"""The annotations of Knative's autoscaler: their names, old and new, and their bounds.

Source: knative/serving, `pkg/apis/autoscaling/register.go` and `annotation_validation.go`; values are texts, durations
as Go writes them (`90s`, `1m30s`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from re import compile as pattern
from typing import overload

from ipagym.agents.autoscalers.manifests.objects import Object
from ipagym.system.errors import InputError, unknown_name

DOMAIN = "autoscaling.knative.dev"

NAMES = (
    *("class", "metric", "target", "min-scale", "max-scale", "initial-scale", "activation-scale", "scale-down-delay"),
    *("window", "target-utilization-percentage", "target-burst-capacity", "panic-window-percentage"),
    *("panic-threshold-percentage", "metric-aggregation-algorithm", "scale-to-zero-pod-retention-period"),
)
ONLY_NEW = ("activation-scale",)

HARMLESS = {
    "initial-scale": "an episode begins as the scenario says",
    "target-burst-capacity": "there is no activator",
    "scale-to-zero-pod-retention-period": "a stage keeps one replica at least",
}
OF_KPA = (
    *("panic-window-percentage", "panic-threshold-percentage", "scale-down-delay", "activation-scale"),
    "target-utilization-percentage",
)
"""Annotations that the class hpa ignores."""

NUMBERS = {
    "target": (0.01, 1e9),
    "target-utilization-percentage": (1.0, 100.0),
    "panic-window-percentage": (1.0, 100.0),
    "panic-threshold-percentage": (110.0, 1000.0),
}
DURATIONS_S = {"window": (6.0, 3600.0), "scale-down-delay": (0.0, 3600.0)}
MOST = 2**31 - 1

NUMBER = pattern(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
PART = pattern(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Annotations:
    """The annotations by their new names, each with its key in the manifest."""

    place: str
    where: str
    given: Mapping[str, tuple[str, str]]

    def path(self, name: str) -> str:
        """The path of the annotation, present or not."""
        return f"{self.where}.{self.given[name][0] if name in self.given else f'{DOMAIN}/{name}'}"

    def text(self, name: str, default: str) -> str:
        """Its text."""
        return self.given[name][1] if name in self.given else default

    def whole(self, name: str, default: int) -> int:
        """A number of replicas.

        Raises:
            InputError: the value is not a number of replicas.
        """
        text = self.text(name, str(default))
        if not text.isascii() or not text.isdecimal() or int(text) > MOST:
            raise self._refused(name, f'must be a whole number, 0 or more, as in "2", not {text[:60]!r}')
        return int(text)

    @overload
    def number(self, name: str, default: float) -> float: ...
    @overload
    def number(self, name: str, default: None) -> float | None: ...
    def number(self, name: str, default: float | None) -> float | None:
        """A number within the bounds of its name.

        Raises:
            InputError: the value is not such a number.
        """
        if name not in self.given:
            return default
        text, (least, most) = self.given[name][1], NUMBERS[name]
        value = float(text) if NUMBER.fullmatch(text) else float("nan")
        if not least <= value <= most:
            raise self._refused(name, f"must be a number in {least:g}..{most:g}, not {text[:60]!r}")
        return value

    @overload
    def seconds(self, name: str, default: float) -> float: ...
    @overload
    def seconds(self, name: str, default: None) -> float | None: ...
    def seconds(self, name: str, default: float | None) -> float | None:
        """A duration in whole seconds, within the bounds of its name.

        Raises:
            InputError: the value is not such a duration.
        """
        if name not in self.given:
            return default
        text, (least, most) = self.given[name][1], DURATIONS_S[name]
        value = _seconds(text)
        if value is None or not least <= value <= most or value != int(value):
            raise self._refused(name, f'must be whole seconds in {least:g}..{most:g}, as in "90s", not {text[:60]!r}')
        return value

    def without_effect(self, *, is_hpa: bool) -> list[tuple[str, str]]:
        """The annotations without effect here, each with the reason."""
        found = [(name, reason) for name, reason in HARMLESS.items() if name in self.given]
        found += [(name, "the class hpa has no such thing") for name in OF_KPA if is_hpa and name in self.given]
        if self.whole("min-scale", 1) == 0:
            found.append(("min-scale 0", "a stage keeps one replica at least"))
        return found

    def check(self) -> None:
        """Check rules on several annotations, and annotations with one possible value.

        Raises:
            InputError: a rule is broken.
        """
        least, most = self.whole("min-scale", 0), self.whole("max-scale", 0)
        if most and most < least:
            raise self._refused("max-scale", f"must be min-scale ({least}) or more, not {most}")
        activation = self.whole("activation-scale", 2)
        if activation < 2 or ("activation-scale" in self.given and (activation < least or 0 < most < activation)):
            raise self._refused("activation-scale", f"must be in min-scale..max-scale and 2 or more, not {activation}")
        algorithm = self.text("metric-aggregation-algorithm", "linear")
        if algorithm != "linear":
            raise self._refused("metric-aggregation-algorithm", f"only linear is simulated, not {algorithm[:60]!r}")

    def _refused(self, name: str, reason: str) -> InputError:
        return InputError(f"{self.place}: {self.path(name)}: {reason}")


def read_annotations(found: Object, annotations: Mapping[str, str], where: str) -> Annotations:
    """The annotations of the autoscaler; if both the old and the new name are given, the new one counts, as in Knative.

    Raises:
        InputError: a name is unknown, or values contradict each other.
    """
    keys = {f"{DOMAIN}/{name}": name for name in NAMES}
    keys |= {f"{DOMAIN}/{_old(name)}": name for name in NAMES if name not in ONLY_NEW}
    given: dict[str, tuple[str, str]] = {}
    for key, text in annotations.items():
        if not key.startswith(f"{DOMAIN}/"):
            continue
        if key not in keys:
            raise InputError(f"{found.place}: {where}: {unknown_name('annotation', key[:100], keys)}")
        if keys[key] not in given or key == f"{DOMAIN}/{keys[key]}":
            given[keys[key]] = (key, text)
    read = Annotations(found.place, where, given)
    read.check()
    return read


def _old(name: str) -> str:
    """`minScale` for `min-scale`."""
    first, *others = name.split("-")
    return first + "".join(map(str.capitalize, others))


def _seconds(text: str) -> float | None:
    """A duration of Go, such as `1m30s`, in seconds; None if it is malformed."""
    parts = PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return 0.0 if text == "0" else None
    return sum(float(number) * SECONDS[unit] for number, unit in parts)
