"""Uploads 200 MB with tus-js-client and tuspy through a proxy that cuts connections, and to a daemon that is killed.

Called by tus.sh: tus.py D2D FOLDER, where FOLDER has `tus.mjs` and its `node_modules`.
"""

import hashlib
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.request

from tusclient.client import TusClient

D2D, WORK = sys.argv[1], pathlib.Path(sys.argv[2])
MIB = 1 << 20
WIDTH, HEIGHT = 16384, 12800  # 200 MiB, a pixel to a byte
PASSWORD = "correct horse battery staple"
# Of a cut, what was on its way is sent again; of a killed daemon, also what was not durable yet.
LOST_BY_CUT, LOST_BY_KILL = 4 * MIB, 24 * MIB


class Daemon:
    """A daemon with one account, over several lives."""

    def __init__(self):
        self.data, self.ready = WORK / "data", WORK / "ready.json"
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("D2D_")}
        self.environment["D2D_CONFIG"] = str(WORK / "data2data.toml")
        (WORK / "data2data.toml").write_text(f"data_dir = '{self.data}'\n[http]\nlisten = '127.0.0.1:0'\n")
        self.start()
        add = [D2D, "user", "add", "anna", "--password-stdin"]
        subprocess.run(add, input=PASSWORD.encode(), env=self.environment, check=True, stdout=subprocess.DEVNULL)
        self.token = None
        self.token = self.ask("POST", "/auth/token", {"username": "anna", "password": PASSWORD})["access_token"]

    def start(self):
        self.ready.unlink(missing_ok=True)
        with open(WORK / "daemon.log", "ab") as log:
            command = [D2D, "serve", "--until-stdin-closes", "--ready-file", str(self.ready)]
            self.process = subprocess.Popen(
                command, env=self.environment, stdin=subprocess.PIPE, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 60
        while not self.ready.exists():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise SystemExit("the daemon does not get ready:\n" + (WORK / "daemon.log").read_text())
            time.sleep(0.05)
        self.url = json.loads(self.ready.read_text())["url"].rstrip("/")
        self.port = int(self.url.rsplit(":", 1)[1])

    def kill(self):
        self.process.kill()
        self.process.wait()

    def ask(self, method, path, body=None):
        request = urllib.request.Request(f"{self.url}/api/v1{path}", method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("content-type", "application/json")
        if self.token:
            request.add_header("authorization", f"Bearer {self.token}")
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
        return json.loads(text) if text else None


class Proxy:
    """Forwards to the daemon, and does something to the connection that brings so many bytes in all."""

    def __init__(self, daemon, cuts):
        self.daemon, self.cuts, self.bytes, self.done = daemon, list(cuts), 0, 0
        self.lock, self.left_open = threading.Lock(), []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            try:
                server = socket.create_connection(("127.0.0.1", self.daemon.port))
            except OSError:
                client.close()
                continue
            threading.Thread(target=self.forward, args=(client, server), daemon=True).start()
            threading.Thread(target=self.back, args=(client, server), daemon=True).start()

    def forward(self, client, server):
        try:
            while chunk := client.recv(65536):
                server.sendall(chunk)
                with self.lock:
                    self.bytes += len(chunk)
                    cut = self.cuts and self.bytes >= self.cuts[0][0] and self.cuts.pop(0)[1]
                    self.done += bool(cut)
                if cut:
                    return cut(self, client, server)
            server.shutdown(socket.SHUT_WR)
        except OSError:
            close(client, server)

    def back(self, client, server):
        try:
            while chunk := server.recv(65536):
                client.sendall(chunk)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def close(*connections):
    for connection in connections:
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        connection.close()


def cut(_proxy, client, server):
    """Both ends see that the connection has ended."""
    close(client, server)


def reset(_proxy, client, server):
    """Both ends see an error."""
    for connection in (client, server):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    close(client, server)


def hang(proxy, client, server):
    """The daemon does not get to know that the client is gone."""
    proxy.left_open.append(server)
    reset_client = struct.pack("ii", 1, 0)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset_client)
    close(client)


def kill(proxy, client, server):
    """The daemon is killed, and started again."""
    proxy.daemon.kill()
    close(client, server)
    proxy.daemon.start()


def with_tus_js_client(endpoint, token, file):
    command = ["node", WORK / "tus.mjs", endpoint, token, file]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=600)


def with_tuspy(endpoint, token, file, **options):
    client = TusClient(endpoint, headers={"Authorization": f"Bearer {token}"})
    metadata = {"filename": pathlib.Path(file).name}
    client.uploader(file, metadata=metadata, retries=20, retry_delay=1, **options).upload()


def check(name, daemon, file, sha256, upload, cuts, lost):
    """One upload: the task has the file, once, and little was sent twice."""
    task = daemon.ask("POST", "/uploads/tasks", {"service": "ocr"})["id"]
    proxy = Proxy(daemon, cuts)
    began = time.monotonic()
    upload(f"http://127.0.0.1:{proxy.port}/api/v1/uploads/tasks/{task}/tus", daemon.token, str(file))
    seconds = time.monotonic() - began
    files = daemon.ask("GET", f"/tasks/{task}")["files"]
    size, again = file.stat().st_size, proxy.bytes - file.stat().st_size
    told = [(stored["name"], stored["bytes"], stored["sha256"]) for stored in files]
    faults = []
    if told != [(file.name, size, sha256)]:
        faults.append(f"the task has {told}, expected {(file.name, size, sha256)}")
    if proxy.done != len(cuts):
        faults.append(f"{proxy.done} of {len(cuts)} cuts happened")
    if again > lost:
        faults.append(f"{again} bytes were sent again, more than {lost}")
    left = os.listdir(daemon.data / "blobs" / "partial")
    if left:
        faults.append(f"partial files are left: {left}")
    daemon.ask("DELETE", f"/tasks/{task}")
    verdict = "ok" if not faults else "FAILED: " + "; ".join(faults)
    print(f"{name}: {len(cuts)} cuts, {again / MIB:.1f} MiB sent again, {seconds:.1f} s: {verdict}", flush=True)
    return not faults


def main():
    file = WORK / "large.pgm"
    content = f"P5\n{WIDTH} {HEIGHT}\n255\n".encode() + os.urandom(WIDTH * HEIGHT)
    file.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    del content
    daemon = Daemon()
    three = [(50 * MIB, cut), (100 * MIB, hang), (150 * MIB, reset)]
    killed = [(101 * MIB, kill)]

    def checked(*args):
        with_tuspy(*args, chunk_size=8 * MIB, upload_checksum=True)

    try:
        passed = [
            check("tus-js-client", daemon, file, sha256, with_tus_js_client, three, 3 * LOST_BY_CUT),
            check("tuspy", daemon, file, sha256, with_tuspy, three, 3 * LOST_BY_CUT),
            # A piece with a checksum counts whole or not at all.
            check("tuspy with checksums", daemon, file, sha256, checked, three, 3 * (8 * MIB + LOST_BY_CUT)),
            check("tus-js-client, daemon killed", daemon, file, sha256, with_tus_js_client, killed, LOST_BY_KILL),
            check("tuspy, daemon killed", daemon, file, sha256, with_tuspy, killed, LOST_BY_KILL),
        ]
    finally:
        daemon.kill()
    print(f"{passed.count(False)} failures")
    sys.exit(0 if all(passed) else 1)


main()
