#!/bin/sh
# Has other programs read what the downloads and tasks services send: archives, links, event streams. See README.md.
#
# tests/checks/downloads.sh [PATH OF d2d]
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
d2d=$(realpath -- "${1:-$root/target/release/d2d}")
[ -x "$d2d" ] || { echo "no program at $d2d: build it, or name it as the first argument" >&2; exit 2; }
for needed in curl unzip python3; do
    command -v $needed >/dev/null || { echo "$needed is not installed" >&2; exit 2; }
done

work=$(mktemp -d)
. "$root/tests/checks/daemon.sh"
start_daemon
add_accounts

echo "installing the readers" >&2
python3 -m venv "$work/venv"
PATH=$work/venv/bin:$PATH
pip install --quiet --disable-pip-version-check requests sseclient-py

python3 "$root/tests/checks/downloads.py" "$work/ready" "$root/examples/page.png" "$work"
unzip -tq "$work/archive.zip"
python3 -m zipfile -t "$work/archive.zip"
# A browser that was cut off goes on with a part (-C -), by the link alone.
head -c 1000 "$work/result.txt" >"$work/again.txt"
curl -sSf -C - -o "$work/again.txt" "$(cat "$work/link")"
cmp "$work/result.txt" "$work/again.txt"
# By the header, curl saves the file under its name.
(cd "$work" && mkdir named && cd named && curl -sSfOJ "$(cat "$work/link")" && ls | grep -qx '.*\.txt')
if grep -q "$(sed 's/.*token=//' "$work/link")" "$work/log"; then
    echo "the log has the token of a link" >&2
    exit 1
fi
echo "all read"
