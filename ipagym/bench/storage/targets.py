"""Configurations as text, so that a stored episode says what was asked for, to the last knob."""

import json
from dataclasses import asdict
from typing import Any

from ipagym.model.configuration import Configuration, Deployment, StageSetting


def text_of(configuration: Configuration) -> str:
    """The configuration in JSON; equal ones have equal texts."""
    return json.dumps(asdict(configuration)["stages"], default=int, separators=(",", ":"))


def configuration_from(text: str) -> Configuration:
    """The configuration that a text stands for.

    Raises:
        ValueError, TypeError: it stands for none.
    """
    return Configuration(tuple(map(_setting, json.loads(text))))


def _setting(fields: dict[str, Any]) -> StageSetting:
    return StageSetting(tuple(Deployment(**each) for each in fields["deployments"]))
