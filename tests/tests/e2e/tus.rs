//! Step 5, resumably: files that come in several requests, by the tus protocol.

mod flow;
mod headers;
mod limits;
mod recovery;
mod turns;

use anyhow::{Context, Result, ensure};
use d2d_api::{InputFile, NewTask, Task};
use d2d_tests::harness::{Answer, Ask, Client, Upload, ocr};
use reqwest::{Method, RequestBuilder};
use serde_json::json;
use sha2::{Digest, Sha256};

/// The media type of the bytes of an upload.
const CHUNK: &str = "application/offset+octet-stream";

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A page that can be read.
fn scan() -> Result<Vec<u8>> {
    Ok(Upload::line("page.png", "In several pieces")?.bytes)
}

/// Something that looks like a page, of any size.
pub(crate) fn noise(bytes: u32) -> Vec<u8> {
    let pixels = (0..bytes).map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()[0]);
    b"P5\n9999 9999\n255\n".iter().copied().chain(pixels).collect()
}

/// A task that awaits more files than come, so that it stays.
pub(crate) async fn open_task(client: &Client) -> Result<Task> {
    client.register(&NewTask { files: None, ..ocr(1, json!({})) }).await
}

/// A request of the protocol, to any address of the server.
fn tus(client: &Client, method: Method, path: &str) -> RequestBuilder {
    client.request(method, path).header("tus-resumable", "1.0.0")
}

fn begin(client: &Client, task: &Task) -> RequestBuilder {
    tus(client, Method::POST, &format!("/api/v1/uploads/tasks/{}/tus", task.id))
}

pub(crate) fn patch(client: &Client, upload: &str, offset: usize) -> RequestBuilder {
    tus(client, Method::PATCH, upload).header("content-type", CHUNK).header("upload-offset", offset)
}

fn head(client: &Client, upload: &str) -> RequestBuilder {
    tus(client, Method::HEAD, upload)
}

/// Begins an upload; answers where it goes on.
pub(crate) async fn begun(client: &Client, task: &Task, length: usize) -> Result<String> {
    location(&begin(client, task).header("upload-length", length).ask().await?.expect(201)?)
}

fn location(answer: &Answer) -> Result<String> {
    let location = answer.header("location");
    ensure!(location.starts_with("/api/v1/uploads/tus/"), "Location is `{location}`");
    Ok(location.to_owned())
}

/// How far the upload is.
pub(crate) async fn offset(client: &Client, upload: &str) -> Result<usize> {
    Ok(head(client, upload).ask().await?.expect(200)?.header("upload-offset").parse()?)
}

/// The file that the upload became.
async fn file(client: &Client, task: &Task, upload: &str) -> Result<InputFile> {
    let id = upload.rsplit('/').next().unwrap_or_default();
    let files = client.task(task.id).await?.files;
    files.into_iter().find(|file| file.id.to_string() == id).context("the task has no such file")
}
