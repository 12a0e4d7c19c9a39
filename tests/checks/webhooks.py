"""Receives webhooks of d2d and has the PyPI package `standardwebhooks` judge them. See README.md.

webhooks.py URL TOKEN

The receiver answers the first request for each task as its label says: `taken` by 200, `again` by 500 (and takes the next
one), `late` by no answer at all (and takes the next one).
"""

import http.server
import json
import queue
import sys
import threading
import time
import urllib.request

from standardwebhooks import Webhook, WebhookVerificationError

PATIENCE = 90
OTHER_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

received = queue.Queue()
seen = {}
lock = threading.Lock()


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        label = json.loads(body)["data"].get("label")
        with lock:
            number = seen[label] = seen.get(label, 0) + 1
        received.put((label, dict(self.headers.items()), body))
        if label == "late" and number == 1:
            time.sleep(30)
        self.send_response(500 if label == "again" and number == 1 else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def main():
    url, token = sys.argv[1:]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hook = f"http://127.0.0.1:{server.server_address[1]}/hooks"

    def api(method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        request = urllib.request.Request(f"{url}/api/v1{path}", data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or "null")

    tasks = {}
    for label in ("taken", "again", "late"):
        task = api("POST", "/uploads/tasks", {"service": "ocr", "label": label, "webhook": {"url": hook}})
        tasks[label] = task
        api("POST", f"/tasks/{task['id']}/cancel")

    messages = []
    while len(messages) < 5:
        messages.append(received.get(timeout=PATIENCE))

    failures = 0

    def check(holds, what):
        nonlocal failures
        failures += not holds
        print(f"{'ok  ' if holds else 'FAIL'} {what}")

    for label, expected in (("taken", 1), ("again", 2), ("late", 2)):
        mine = [(headers, body) for name, headers, body in messages if name == label]
        check(len(mine) == expected, f"{label}: sent {expected} times")
        check(len({headers["webhook-id"] for headers, _ in mine}) == 1, f"{label}: each time under the same id")
        secret = tasks[label]["webhook"]["secret"]
        for number, (headers, body) in enumerate(mine, 1):
            try:
                event = Webhook(secret).verify(body, headers)
            except WebhookVerificationError as error:
                check(False, f"{label}, {number}: {error}")
                continue
            check(event["type"] == "task.cancelled", f"{label}, {number}: verified, {event['type']}")
            check(event["data"]["id"] == tasks[label]["id"], f"{label}, {number}: of the right task")
            for what, wrong_secret, wrong_body in (
                ("another secret", OTHER_SECRET, body),
                ("another body", secret, body.replace(b"cancelled", b"succeeded")),
            ):
                try:
                    Webhook(wrong_secret).verify(wrong_body, headers)
                    check(False, f"{label}, {number}: verified with {what}")
                except WebhookVerificationError:
                    pass
    for label, task in tasks.items():
        deadline = time.monotonic() + PATIENCE
        while (state := api("GET", f"/tasks/{task['id']}")["webhook"])["status"] == "pending":
            if time.monotonic() > deadline:
                break
            time.sleep(0.2)
        check(state["status"] == "delivered" and "secret" not in state, f"{label}: {state}")
    print(f"{failures} failures")
    sys.exit(failures > 0)


main()
