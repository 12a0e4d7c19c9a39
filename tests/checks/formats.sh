#!/bin/sh
# Converts the project's fixtures and has independent readers judge the results: see README.md.
#
# tests/checks/formats.sh [PATH OF d2d]
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
d2d=$(realpath -- "${1:-$root/target/release/d2d}")
alto_schema=${ALTO_SCHEMA_DIR:-$root/../shared/schema}/alto-4-4.xsd
[ -x "$d2d" ] || { echo "no program at $d2d: build it, or name it as the first argument" >&2; exit 2; }
[ -f "$alto_schema" ] || { echo "no $alto_schema: set ALTO_SCHEMA_DIR, see tests/checks/README.md" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
trap 'exit 130' INT TERM

if ! command -v xmllint >/dev/null; then
    [ "$(id -u)" = 0 ] || { echo "xmllint is not installed (Debian: libxml2-utils)" >&2; exit 2; }
    apt-get install -y -qq libxml2-utils >/dev/null
fi
echo "installing the readers" >&2
python3 -m venv "$work/venv"
PATH=$work/venv/bin:$PATH
pip install --quiet --disable-pip-version-check hocr-tools lxml pandas Pillow pytesseract
# Only the schema is taken from this one, not the many packages that it needs.
pip download --quiet --disable-pip-version-check --no-deps --dest "$work/ocrd" ocrd
python -m zipfile -e "$work"/ocrd/ocrd-*.whl "$work/ocrd"

mkdir "$work/in"
python "$root/tests/checks/fixtures.py" "$root/examples/page.png" "$work/in"
for run in first second; do
    echo "converting, $run time" >&2
    (cd "$work/in" && "$d2d" convert --quiet --formats txt,json,tsv,hocr,alto,page -o "$work/$run" -- *)
done
python "$root/tests/checks/formats.py" "$work/first" "$work/second" "$alto_schema" "$work/ocrd/ocrd_validators/page.xsd"
