# Starts a daemon of its own for a check; source it. Needs $d2d and $work. Sets $server, and makes the accounts `anna` and
# `root` (an operator) with the password in $password. It is ended, and $work removed, when the check ends.

password='correct horse battery staple'

start_daemon() {
    "$d2d" serve --data-dir "$work/data" --listen 127.0.0.1:0 --ready-file "$work/ready" "$@" >"$work/out" 2>>"$work/log" &
    daemon=$!
    trap 'kill "$daemon" 2>/dev/null; wait "$daemon" 2>/dev/null; rm -rf -- "$work"' EXIT
    trap 'exit 130' INT TERM
    tries=0
    until [ -s "$work/ready" ]; do
        kill -0 "$daemon" 2>/dev/null && [ "$tries" -lt 200 ] || { cat "$work/log" >&2; exit 1; }
        tries=$((tries + 1))
        sleep 0.1
    done
    server=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["url"])' "$work/ready")
}

add_accounts() {
    echo "$password" | "$d2d" user add anna --password-stdin --data-dir "$work/data" >/dev/null
    echo "$password" | "$d2d" user add root --operator --password-stdin --data-dir "$work/data" >/dev/null
}
