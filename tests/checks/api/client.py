"""The whole flow with a client generated from the OpenAPI document: client.py SERVER NAME PASSWORD IMAGE"""

import sys
import uuid
from io import BytesIO
from pathlib import Path

import httpx

import data2data_client as generated
from data2data_client import models
from data2data_client.api.results import get_result, list_results
from data2data_client.api.files import add_files
from data2data_client.api.tasks import get_task, register_task

from data2data_client.types import File

ENDED = {"success", "failure", "cancelled", "expired"}


def main(server: str, name: str, password: str, image: str) -> None:
    base = f"{server}/api/v1"
    grant = {"username": name, "password": password}
    token = httpx.post(f"{base}/auth/token", json=grant).raise_for_status().json()
    client = generated.AuthenticatedClient(base_url=base, token=token["access_token"], timeout=90)
    new = models.NewTask.from_dict({"service": "ocr", "params": {"formats": ["txt"]}, "files": {"expected": 1}})
    task = register_task.sync(client=client, body=new)
    scan = File(payload=BytesIO(Path(image).read_bytes()), file_name="page.png", mime_type="image/png")
    uploaded = add_files.sync(id=task.id, client=client, body=models.AddFilesFilesBody(file=[scan]))
    assert uploaded.task.status == "queued", uploaded
    while task.status not in ENDED:
        task = get_task.sync(id=task.id, client=client, wait=30)
    assert task.status == "success", task
    (text,) = list_results.sync(id=task.id, client=client).items
    answer = get_result.sync_detailed(id=task.id, file=text.id, client=client)
    assert answer.status_code == 200 and len(answer.content) > 100, answer
    refused = get_task.sync(id=uuid.uuid4(), client=client)
    assert refused.code == "task.not_found", refused


main(*sys.argv[1:])
