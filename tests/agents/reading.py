"""Manifests of tests, read as from a file."""

from ipagym.agents.autoscalers.manifests.control import Control
from ipagym.agents.autoscalers.manifests.objects import Source
from ipagym.agents.autoscalers.manifests.read import Manifests, autoscalers_of


def manifests(*texts: str, ignored: tuple[str, ...] = ()) -> Manifests:
    """The manifests in these texts, each a file: m0.yaml, m1.yaml and so on."""
    sources = (Source(f"m{number}.yaml", text.encode()) for number, text in enumerate(texts))
    return Manifests(tuple(sources), frozenset(ignored))


def control(text: str, ignored: tuple[str, ...] = ()) -> Control:
    """The one autoscaler in a text."""
    (found,) = autoscalers_of(manifests(text, ignored=ignored)).controls
    return found


def changed(text: str, old: str, new: str) -> str:
    """The text with a change, which must apply."""
    assert old in text, old
    return text.replace(old, new)
