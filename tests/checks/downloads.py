"""Converts two files as a client does, watching by server-sent events; leaves an archive, a result and a link to it."""

import hashlib
import json
import pathlib
import sys
import zipfile

import requests
import sseclient

ready, page, work = (pathlib.Path(argument) for argument in sys.argv[1:])
base = json.loads(ready.read_text())["url"].rstrip("/")
api = base + "/api/v1"
grant = {"grant_type": "password", "username": "anna", "password": "correct horse battery staple"}
token = requests.post(f"{api}/auth/token", data=grant).json()["access_token"]
anna = requests.Session()
anna.headers["Authorization"] = f"Bearer {token}"


def answered(response, status):
    assert response.status_code == status, (response.url, response.status_code, response.text)
    return response


new = {"service": "ocr", "params": {"formats": ["txt", "json", "pdf"]}, "files": {"expected": 2}, "label": "Коробка 7"}
task = answered(anna.post(f"{api}/uploads/tasks", json=new), 201).json()["id"]
stream = anna.get(f"{api}/tasks/{task}/events", stream=True, headers={"Accept": "text/event-stream"})
events = sseclient.SSEClient(answered(stream, 200)).events()
first = next(events)
assert (first.event, first.id) == ("snapshot", "1"), first
files = [("file", ("отчёт № 1.png", page.read_bytes())), ("file", ("Отчёт № 1.PNG", page.read_bytes()))]
answered(anna.post(f"{api}/uploads/tasks/{task}/files", files=files), 201)
seen = [event for event in events if event.event != "ping"]
last = json.loads(seen[-1].data)
assert seen[-1].event == "done" and last["task"]["status"] == "success", last
assert all(event.event == "update" for event in seen[:-1]) and int(seen[-1].id) == last["seq"]
answered(anna.get(f"{api}/tasks/{task}/events", headers={"Last-Event-ID": seen[-1].id}), 204)

manifest = answered(anna.get(f"{api}/downloads/tasks/{task}"), 200).json()
archive = answered(anna.get(f"{api}/downloads/tasks/{task}/archive"), 200)
assert "filename*=UTF-8''%D0%9A%D0%BE%D1%80%D0%BE%D0%B1%D0%BA%D0%B0%207.zip" in archive.headers["Content-Disposition"]
(work / "archive.zip").write_bytes(archive.content)
with zipfile.ZipFile(work / "archive.zip") as opened:
    names = opened.namelist()
    assert names == [item["name"] for item in manifest["items"]], names
    assert len({name.casefold() for name in names}) == 6, names
    for item in manifest["items"]:
        assert hashlib.sha256(opened.read(item["name"])).hexdigest() == item["sha256"], item

text = next(item for item in manifest["items"] if item["format"] == "txt")
address = f"{api}/downloads/tasks/{task}/files/{text['id']}"
(work / "result.txt").write_bytes(answered(anna.get(address), 200).content)
link = answered(anna.post(f"{address}/link", json={"expires_in": 600}), 201).json()
(work / "link").write_text(base + link["url"])
answered(requests.get(address), 401)
answered(requests.get(base + link["url"] + "x"), 403)
