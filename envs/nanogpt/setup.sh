#!/bin/sh
# Fills the folder PROVING_GROUND_SETUP: a Python environment in venv and, where VARIANT is cpu-smoke, invented token shards in synthetic.
# Trackers that the user has set up (tracking.py) are installed too. Python 3.11 to 3.14.
set -eu
venv="${PROVING_GROUND_SETUP:?names the folder to fill}/venv"

if command -v uv > /dev/null 2>&1; then
  uv venv --clear --quiet "$venv"
  add() { uv pip install --quiet --compile-bytecode --python "$venv/bin/python" "$@"; }
else
  python3 -m venv --clear "$venv"
  add() { "$venv/bin/pip" install --quiet --disable-pip-version-check "$@"; }
fi

add -r requirements.txt
tracker() { add "$(grep "^$1==" requirements-tracking.txt)"; }
if [ -n "${WANDB_PROJECT:-}${WANDB_MODE:-}" ]; then tracker wandb; fi
if [ -n "${TENSORBOARD_DIR:-}" ]; then tracker tensorboard; fi
if [ -n "${MLFLOW_TRACKING_URI:-}" ]; then tracker mlflow-skinny; fi

if [ "${VARIANT:-}" = cpu-smoke ]; then
  "$venv/bin/python" prepare.py --synthetic "$PROVING_GROUND_SETUP/synthetic"
fi
