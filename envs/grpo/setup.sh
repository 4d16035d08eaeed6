#!/bin/sh
# Makes the Python environment in $PROVING_GROUND_SETUP/venv: `sh setup.sh` for a CPU, `sh setup.sh gpu` with vLLM as well.
set -eu
venv="$PROVING_GROUND_SETUP/venv"
if command -v uv >/dev/null; then
  uv venv --clear --seed --python '>=3.11,<3.14' "$venv"
  install() { uv pip install --compile-bytecode --python "$venv/bin/python" "$@"; }
else
  python3 -m venv --clear "$venv"
  install() { "$venv/bin/pip" install --disable-pip-version-check "$@"; }
fi
install -r requirements.txt
if [ "${1:-}" = gpu ]; then
  install -r requirements-vllm.txt || echo "vLLM cannot be installed here: rollouts will come from transformers, several times slower" >&2
fi
