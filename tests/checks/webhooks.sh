#!/bin/sh
# Has the reference implementation of Standard Webhooks judge what the daemon sends: see README.md.
#
# tests/checks/webhooks.sh [PATH OF d2d]
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
d2d=$(realpath -- "${1:-$root/target/release/d2d}")
[ -x "$d2d" ] || { echo "no program at $d2d: build it, or name it as the first argument" >&2; exit 2; }

work=$(mktemp -d)
daemon=
stop() {
    [ -z "$daemon" ] || { kill "$daemon" && wait "$daemon"; } 2>/dev/null || true
    rm -rf -- "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM

python3 -m venv "$work/venv"
PATH=$work/venv/bin:$PATH
pip install --quiet --disable-pip-version-check standardwebhooks

cat >"$work/data2data.toml" <<END
data_dir = '$work/data'
http.listen = '127.0.0.1:0'
outbound.allow = ['127.0.0.0/8']
webhooks.timeout = '2s'
END
export D2D_CONFIG="$work/data2data.toml"
"$d2d" serve --ready-file "$work/ready.json" >"$work/log" 2>&1 &
daemon=$!
for _ in $(seq 300); do
    [ ! -s "$work/ready.json" ] || break
    kill -0 "$daemon" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
    sleep 0.1
done
password=correct-horse-battery-staple
echo "$password" | "$d2d" user add anna --password-stdin >/dev/null
url=$(python -c 'import json, sys; print(json.load(open(sys.argv[1]))["url"])' "$work/ready.json")
token=$(curl -sS --noproxy '*' -d grant_type=password -d username=anna -d "password=$password" "$url/api/v1/auth/token" |
    python -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')
python "$root/tests/checks/webhooks.py" "$url" "$token"
