#!/bin/sh
# Has others' programs read the documentation of the API and use it: see README.md.
#
# tests/checks/api.sh [PATH OF d2d]          CASES=200 sets how many requests the fuzzer makes for each operation.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
checks=$root/tests/checks
d2d=$(realpath -- "${1:-$root/target/release/d2d}")
[ -x "$d2d" ] || { echo "no program at $d2d: build it, or name it as the first argument" >&2; exit 2; }
work=$(mktemp -d)
. "$checks/daemon.sh"
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$chromium" ]; then
    [ "$(id -u)" = 0 ] || { echo "Chromium is not installed (Debian: chromium)" >&2; exit 2; }
    apt-get install -y -qq chromium >/dev/null
    chromium=$(command -v chromium)
fi

# Whatever the fuzzer asks for, no model is looked for that is not there.
"$d2d" models pull >/dev/null
start_daemon --set models.auto_pull=false
add_accounts

echo "installing the programs" >&2
python3 -m venv "$work/venv"
PATH=$work/venv/bin:$PATH
pip install --quiet --disable-pip-version-check openapi-python-client openapi-spec-validator schemathesis
npm install --silent --prefix "$work/node" @redocly/cli @types/node@20 openapi-fetch openapi-typescript playwright-core \
    typescript@5 >/dev/null 2>&1
PATH=$work/node/node_modules/.bin:$PATH

failed=0
step() {
    title=$1
    shift
    if "$@" >"$work/step" 2>&1; then
        echo "ok      $title"
    else
        echo "FAILED  $title"
        tail -n 400 "$work/step"
        failed=$((failed + 1))
    fi
}

mkdir "$work/documents"
# The accounts last: the fuzzer may end its own session there.
services="uploads ocr tasks downloads ops auth"
for service in $services; do
    curl -sf "$server/api/v1/$service/openapi.json" -o "$work/documents/$service.json"
done
curl -sf "$server/api/v1/openapi.json" -o "$work/documents/all.json"
for document in "$work"/documents/*.json; do
    name=$(basename "$document")
    step "$name: openapi-spec-validator" openapi-spec-validator "$document"
    step "$name: redocly lint" redocly lint --config "$checks/api/redocly.yaml" --max-problems 1000 "$document"
done

token() {
    curl -sf "$server/api/v1/auth/token" -d "username=$1" --data-urlencode "password=$password" |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])'
}

# Clients and pages first: the fuzzer leaves tasks behind.
cp "$checks/api/client.ts" "$checks/api/pages.mjs" "$work/node/"
npm pkg set --prefix "$work/node" type=module >/dev/null
generate() {
    cd "$work/node" || return
    openapi-typescript "$work/documents/all.json" -o schema.d.ts &&
        tsc --strict --target es2022 --module nodenext --moduleResolution nodenext --skipLibCheck --outDir built client.ts
}
step "a TypeScript client is generated and type-checked" generate
step "it does the whole flow" node "$work/node/built/client.js" "$server" anna "$password" "$root/examples/page.png"
generate_python() {
    openapi-python-client generate --path "$work/documents/all.json" --output-path "$work/python" --meta setup &&
        pip install --quiet --disable-pip-version-check "$work/python"
}
step "a Python client is generated" generate_python
step "it does the whole flow" python "$checks/api/client.py" "$server" anna "$password" "$root/examples/page.png"
step "Swagger UI and ReDoc in Chromium" node "$work/node/pages.mjs" "$server" anna "$password" "$chromium"

# Once, before the fuzzer has failed to log in so often that nobody is let in from here.
bearer=$(token root)
SCHEMATHESIS_HOOKS=$checks/api/hooks.py
export SCHEMATHESIS_HOOKS
for service in $services; do
    step "$service: schemathesis" schemathesis --config-file "$checks/api/schemathesis.toml" run \
        "$work/documents/$service.json" --url "$server/api/v1" --header "Authorization: Bearer $bearer" \
        --checks all --max-examples "${CASES:-200}" --max-failures 100 --workers 1 --no-color --request-timeout 90 \
        --max-response-time 65
    grep -E "generated|Tested:" "$work/step" || true
done
[ "$(grep -c '"level":"ERROR"' "$work/log")" = 0 ] || { echo "FAILED  errors in the log:"; grep '"level":"ERROR"' "$work/log" | head; failed=$((failed + 1)); }

echo "$failed failed"
[ "$failed" = 0 ]
