"""The user's folder for what can be made again: `IPAGYM_CACHE` names another."""

import os
from pathlib import Path

from platformdirs import user_cache_path

VARIABLE = "IPAGYM_CACHE"


def cache_folder(kind: str) -> Path:
    """The folder for one kind of what is kept."""
    named = os.environ.get(VARIABLE)
    return (Path(named) if named else user_cache_path("ipagym")) / kind
