"""Lets the tests import the environment's modules, the budget first, as a run does."""
import sys
from pathlib import Path

ENVIRONMENT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ENVIRONMENT))

import budget  # noqa: E402, F401
