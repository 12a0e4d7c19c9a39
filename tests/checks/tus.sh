#!/bin/sh
# Stock clients of the tus protocol upload 200 MB over connections that break and to a daemon that is killed: see README.md.
#
# tests/checks/tus.sh [PATH OF d2d]
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
d2d=$(realpath -- "${1:-$root/target/release/d2d}")
[ -x "$d2d" ] || { echo "no program at $d2d: build it, or name it as the first argument" >&2; exit 2; }
for program in node npm python3; do
    command -v "$program" >/dev/null || { echo "$program is missing: apt-get install nodejs npm python3-venv" >&2; exit 2; }
done

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
trap 'exit 130' INT TERM

echo "installing the clients" >&2
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check tuspy
npm install --silent --no-fund --no-audit --prefix "$work" tus-js-client
cp "$root/tests/checks/tus.mjs" "$work/tus.mjs"
"$work/venv/bin/python" "$root/tests/checks/tus.py" "$d2d" "$work"
