#!/usr/bin/env bash
# Whole lives of tasks a second, durably: the daemon with a conversion that costs nothing, and beside it a well-known job queue
# (graphile-worker on PostgreSQL, fsync on) that does the same steps without an HTTP server before it.
#
#   tests/checks/lifecycles.sh [FOLDER OF THE PROGRAMS, by default target/release] [CLIENTS, by default 1,8,64] [SECONDS]
set -euo pipefail

root=$(cd -- "$(dirname -- "$0")/../.." && pwd)
programs=$(realpath -- "${1:-$root/target/release}")
clients=${2:-1,8,64}
seconds=${3:-10}
for needed in npm node pg_ctl initdb; do
    command -v "$needed" >/dev/null || { echo "needs $needed (Debian: nodejs, npm, postgresql)" >&2; exit 2; }
done
[ -x "$programs/bench-lifecycles" ] || { echo "build them first: cargo build --workspace --release" >&2; exit 2; }

work=$(mktemp -d)
# PostgreSQL does not run as root.
as=()
if [ "$(id -u)" = 0 ]; then
    chmod 755 "$work"
    install -d -o postgres "$work/pg"
    as=(runuser -u postgres --)
else
    mkdir "$work/pg"
fi
trap '"${as[@]}" pg_ctl -D "$work/pg/data" -m immediate -w stop >/dev/null 2>&1 || true; rm -rf -- "$work"' EXIT

"${as[@]}" initdb -D "$work/pg/data" -A trust -U postgres >/dev/null
"${as[@]}" pg_ctl -D "$work/pg/data" -w -l "$work/pg/log" \
    -o "-c listen_addresses='' -k $work/pg -c fsync=on -c synchronous_commit=on" start >/dev/null
mkdir "$work/node" "$work/files"
cp "$root/tests/checks/lifecycles.mjs" "$work/node/"
(cd "$work/node" && npm install --silent --no-audit --no-fund graphile-worker pg >/dev/null)

echo "data2data:"
"$programs/bench-lifecycles" --clients "$clients" --seconds "$seconds"
echo
echo "graphile-worker $(node -p "require('$work/node/node_modules/graphile-worker/package.json').version") on $(pg_ctl --version | sed 's/.*(PostgreSQL)/PostgreSQL/'):"
node "$work/node/lifecycles.mjs" "$work/pg" "$work/files" "$clients" "$seconds"
