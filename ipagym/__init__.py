"""ipagym: a Gymnasium control gym for ML inference serving. Importing it registers the environment ids."""

from ipagym.registration import ENV_IDS, register_all

__version__ = "0.1.0"
__all__ = ["ENV_IDS", "__version__"]

register_all()
