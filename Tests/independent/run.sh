#!/usr/bin/env bash
# Independent clients against a running network: run.sh PROGRAM [options of check.py]
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
venv="${LIANRONG_VENV:-$root/.build/independent-venv}"

if [[ $# -lt 1 ]]; then
  echo "Name the program: $0 .build/release/lianrong" >&2
  exit 64
fi
program="$1"
shift
if [[ ! -x "$program" ]]; then
  echo "There is no program at $program. Build it first: swift build -c release" >&2
  exit 66
fi

if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
  echo "Installing joserfc, jsonschema, cbor2 and cryptography into $venv"
  python3 -m venv "$venv"
  if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"; then
    echo "The independent clients cannot be installed: is the Python package index (PyPI) reachable from here?" >&2
    echo "Where it is not, name a folder with a virtual environment that has them: LIANRONG_VENV=DIR $0 $program" >&2
    exit 69
  fi
  cp "$here/requirements.txt" "$venv/requirements.txt"
fi

exec "$venv/bin/python" -B "$here/check.py" --program "$program" "$@"
