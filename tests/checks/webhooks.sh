#!/bin/sh
# Has the reference implementation of Standard Webhooks judge what the daemon sends: see README.md.
#
# tests/checks/webhooks.sh [PATH OF d2d]
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
d2d=$(realpath -- "${1:-$root/target/release/d2d}")
[ -x "$d2d" ] || { echo "no program at $d2d: build it, or name it as the first argument" >&2; exit 2; }

work=$(mktemp -d)
. "$root/tests/checks/daemon.sh"
start_daemon --set "outbound.allow=['127.0.0.0/8']" --set webhooks.timeout=2s
add_accounts

python3 -m venv "$work/venv"
PATH=$work/venv/bin:$PATH
pip install --quiet --disable-pip-version-check standardwebhooks

token=$(curl -sS --noproxy '*' -d grant_type=password -d username=anna -d "password=$password" "$server/api/v1/auth/token" |
    python -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')
python "$root/tests/checks/webhooks.py" "$server" "$token"
