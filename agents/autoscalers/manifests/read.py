"""The autoscalers in a set of files. They may be of several kinds and act together, as in one cluster."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ipagym.agents.autoscalers.manifests.control import Control
from ipagym.agents.autoscalers.manifests.hpa import hpa_control
from ipagym.agents.autoscalers.manifests.hpa_versions import VERSIONS as HPA_VERSIONS
from ipagym.agents.autoscalers.manifests.keda import keda_control
from ipagym.agents.autoscalers.manifests.knative import GROUP as KNATIVE
from ipagym.agents.autoscalers.manifests.knative import knative_control
from ipagym.agents.autoscalers.manifests.objects import STDIN, Object, Source, objects_of, read_source
from ipagym.agents.autoscalers.manifests.vpa import vpa_control
from ipagym.system.errors import InputError, unknown_name

HPA = "HorizontalPodAutoscaler"
LONGEST_NAME = 60
MOST_SHOWN = 5

Reader = Callable[[Object, frozenset[str]], Control]

READERS: Mapping[str, tuple[Reader, tuple[str, ...]]] = {
    HPA: (hpa_control, tuple(HPA_VERSIONS)),
    "VerticalPodAutoscaler": (vpa_control, ("autoscaling.k8s.io/v1", "autoscaling.k8s.io/v1beta2")),
    "ScaledObject": (keda_control, ("keda.sh/v1alpha1",)),
}
"""By kind: the function that reads an autoscaler, and the API versions that it reads."""

KNATIVE_KINDS = ("Service", "Configuration", "Revision")
KNATIVE_READER: tuple[Reader, tuple[str, ...]] = (knative_control, (f"{KNATIVE}/v1",))


@dataclass(frozen=True, slots=True)
class Manifests:
    """Manifests of autoscalers that act together, and names of metrics to ignore.

    They can be used as an agent: `ipagym.compare("video", ["ipa", read_manifests("hpa.yaml")])`.
    """

    sources: tuple[Source, ...]
    ignored: frozenset[str] = frozenset()

    @property
    def fingerprint(self) -> str:
        """A hash of their content."""
        parts = [sha256(each.content).hexdigest() for each in self.sources]
        return sha256(repr((parts, sorted(self.ignored))).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Autoscalers:
    """The autoscalers of some manifests in order, and messages about the parts that were skipped."""

    controls: tuple[Control, ...]
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The names of the autoscalers joined by +, as many as fit; the name of a file if there are none."""
        names = [each.found.name or _file(each.found) for each in self.controls]
        fitting = [name for index, name in enumerate(names) if len("+".join(names[: index + 1])) <= LONGEST_NAME]
        left = len(names) - len(fitting)
        return "+".join([*fitting, *([f"{left}-more"] if left and fitting else [])]) or names[0][:LONGEST_NAME]


def read_manifests(*paths: str | Path, ignore_metrics: Sequence[str] = ()) -> Manifests:
    """The manifests in files of any name, YAML or JSON, which may hold several documents and lists; `-` is standard
    input. Each file is read once, here. Metrics named in `ignore_metrics` are ignored.

    Raises:
        InputError: a file cannot be read, or a part of its content cannot be used; one line names it and the remedy.
    """
    if isinstance(ignore_metrics, str):
        raise InputError(f"ignore_metrics must be a list of names, as in [{ignore_metrics!r}]")
    if not paths:
        raise InputError("no manifest: give the path of a YAML or JSON file")
    if sum(str(path) in (STDIN, "/dev/stdin") for path in paths) > 1:
        raise InputError("standard input is given twice as a manifest: it can be read once")
    manifests = Manifests(tuple(map(read_source, paths)), frozenset(ignore_metrics))
    autoscalers_of(manifests)
    return manifests


def autoscalers_of(manifests: Manifests) -> Autoscalers:
    """The autoscalers in some manifests.

    Raises:
        InputError: there are none, or one cannot be used.
    """
    found = [(each, _reader(each)) for source in manifests.sources for each in objects_of(source)]
    controls = tuple(reader(each, manifests.ignored) for each, reader in found if reader is not None)
    others = [each for each, reader in found if reader is None]
    if not controls:
        kinds = ", ".join(sorted({each.kind[:60] for each in others}))
        files, but = ", ".join(each.name for each in manifests.sources), f" but {kinds}" if kinds else ""
        raise InputError(f"{files}: holds no autoscaler{but}: give a {', a '.join(READERS)} or a Service of Knative")
    _check_ignored(manifests.ignored, controls)
    return Autoscalers(controls, (*_skipped(others), *_left_out(manifests.ignored)))


def _reader(found: Object) -> Reader | None:
    """The function that reads the object; None if it is not an autoscaler.

    Raises:
        InputError: it is an autoscaler of an API version that is not supported.
    """
    is_knative = found.group == KNATIVE and found.kind in KNATIVE_KINDS
    reader, versions = KNATIVE_READER if is_knative else READERS.get(found.kind, (None, ()))
    if reader is not None and found.version not in versions:
        raise InputError(
            f"{found.place}: apiVersion: {found.version[:60]!r} is not read of a {found.kind}: give it as "
            f"{' or '.join(versions)}"
        )
    return reader


def _check_ignored(ignored: frozenset[str], controls: Sequence[Control]) -> None:
    known = {name for each in controls for name in each.names}
    for name in sorted(ignored - known):
        raise InputError(f"metric to be ignored: {unknown_name('metric', name[:60], known or {'none'})}")


def _skipped(others: Sequence[Object]) -> list[str]:
    """A line for each file that holds objects other than autoscalers."""
    by_file: dict[str, list[str]] = {}
    for each in others:
        by_file.setdefault(_file(each), []).append(each.title)
    return [f"{file}: skipped, as no autoscalers: {_few(titles)}" for file, titles in by_file.items()]


def _left_out(ignored: frozenset[str]) -> list[str]:
    return [f"metrics left out as asked: {', '.join(sorted(ignored))}"] if ignored else []


def _few(titles: Sequence[str]) -> str:
    more = f" and {len(titles) - MOST_SHOWN} more" if len(titles) > MOST_SHOWN else ""
    return ", ".join(titles[:MOST_SHOWN]) + more


def _file(found: Object) -> str:
    return found.place.rpartition(": document ")[0]
