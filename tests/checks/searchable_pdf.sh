#!/usr/bin/env bash
# Searchable PDFs under the eyes of other programs: qpdf accepts each, pdftotext finds the words where they were read, and
# none is more than a tenth larger than its original.
#
#   tests/checks/searchable_pdf.sh [--params JSON] CONVERT FILE...
#
# CONVERT is a program that is called as `CONVERT --params JSON FILE OUT.pdf` and writes OUT.pdf and OUT.json, for example
# "target/release/examples/searchable --models DIR". Prints a line for each file, and fails if any file fails. Files that
# CONVERT refuses are counted apart.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
params='{"formats":["pdf","json"]}'
if [ "${1-}" = --params ]; then
    params=$2
    shift 2
fi
if [ $# -lt 2 ]; then
    sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
read -ra convert <<<"$1"
shift
for program in qpdf pdftotext pdfinfo python3; do
    command -v "$program" >/dev/null || { echo "$program is missing: apt-get install qpdf poppler-utils python3" >&2; exit 2; }
done

# Pages that are made images take what an image of them takes.
size=()
[[ $params == *force* ]] && size=(--any-size)

out=$(mktemp -d)
trap 'rm -r "$out"' EXIT
passed=0 refused=0 failed=0
for file in "$@"; do
    rm -f "$out"/*
    said=$("${convert[@]}" --params "$params" "$file" "$out/made.pdf" 2>&1 | tail -1) || true
    if [ ! -s "$out/made.pdf" ]; then
        refused=$((refused + 1))
        printf 'refused\t%s\t%s\n' "$file" "$said"
        continue
    fi
    # An original that qpdf warns of stays what it is; its searchable PDF may be no worse.
    before=0 after=0
    [[ $file == *.pdf ]] && { qpdf --check "$file" >/dev/null 2>&1 || before=$?; }
    qpdf --check "$out/made.pdf" >"$out/qpdf" 2>&1 || after=$?
    if verdict=$(python3 "$here/words_in_place.py" "$file" "$out/made.pdf" "$out/made.json" "${size[@]}") &&
        { [ "$after" -eq 0 ] || [ "$before" -ne 0 ]; }; then
        passed=$((passed + 1))
        printf 'ok\t%s\tqpdf %s -> %s, %s\n' "$file" "$before" "$after" "$verdict"
    else
        failed=$((failed + 1))
        printf 'FAILED\t%s\tqpdf %s -> %s, %s\n' "$file" "$before" "$after" "$verdict"
        grep -a WARNING "$out/qpdf" | head -3 || true
    fi
done
echo "$passed passed, $refused refused, $failed failed"
[ "$failed" -eq 0 ]
