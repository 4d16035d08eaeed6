#!/bin/sh
# Makes the Python environment in $PROVING_GROUND_SETUP/venv: `sh setup.sh` for a CPU, `sh setup.sh gpu` with vLLM as well.
# Trackers that the user has set up (tracking.py) are installed too. Python 3.11 to 3.13.
set -eu
venv="${PROVING_GROUND_SETUP:?names the folder to fill}/venv"

if command -v uv > /dev/null 2>&1; then
  uv venv --clear --quiet --python '>=3.11,<3.14' "$venv"
  add() { uv pip install --quiet --compile-bytecode --python "$venv/bin/python" "$@"; }
else
  python3 -m venv --clear "$venv"
  add() { "$venv/bin/pip" install --quiet --disable-pip-version-check "$@"; }
fi

add -r requirements.txt
if [ "${1:-}" = gpu ]; then
  add -r requirements-vllm.txt || echo "vLLM cannot be installed here: rollouts will come from transformers, several times slower" >&2
fi
tracker() { add "$(grep "^$1==" requirements-tracking.txt)"; }
if [ -n "${WANDB_PROJECT:-}${WANDB_MODE:-}" ]; then tracker wandb; fi
if [ -n "${TENSORBOARD_DIR:-}" ]; then tracker tensorboard; fi
if [ -n "${MLFLOW_TRACKING_URI:-}" ]; then tracker mlflow-skinny; fi
