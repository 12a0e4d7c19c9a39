//! Step 5, with digests: what is not what it should be is not stored.

use anyhow::Result;
use d2d_api::{NewTask, ProblemCode, Task, UploadedFiles};
use d2d_tests::harness::{Answer, Ask, Client, Daemon, SOON, Upload, eventually, ocr};
use reqwest::header::HeaderMap;
use reqwest::multipart::{Form, Part};
use serde_json::json;
use sha2::{Digest, Sha256, Sha512};

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let number = group.iter().enumerate().fold(0_u32, |sum, (i, byte)| sum | u32::from(*byte) << (16 - 8 * i));
        for i in 0..4 {
            let letter = LETTERS[(number >> (18 - 6 * i) & 63) as usize];
            text.push(if i <= group.len() { letter as char } else { '=' });
        }
    }
    text
}

fn sha256(bytes: &[u8]) -> String {
    format!("sha-256=:{}:", base64(&Sha256::digest(bytes)))
}

fn sha512(bytes: &[u8]) -> String {
    format!("sha-512=:{}:", base64(&Sha512::digest(bytes)))
}

async fn raw(client: &Client, task: &Task, header: &str, digest: &str, bytes: &[u8]) -> Result<Answer> {
    let post = client.post(&format!("/uploads/tasks/{}/files", task.id)).header("content-type", "image/png");
    post.header(header, digest).body(bytes.to_vec()).ask().await
}

async fn form(client: &Client, task: &Task, parts: &[(&[u8], &str)]) -> Result<Answer> {
    let mut form = Form::new();
    for (bytes, digest) in parts {
        let headers = HeaderMap::from_iter([("content-digest".parse()?, digest.parse()?)]);
        form = form.part("file", Part::bytes(bytes.to_vec()).file_name("page.png").headers(headers));
    }
    client.post(&format!("/uploads/tasks/{}/files", task.id)).multipart(form).ask().await
}

/// Waits until nothing is left of what was refused.
async fn nothing_stored(daemon: &Daemon) -> Result<()> {
    let blobs = daemon.folder().join("data/blobs");
    eventually("nothing is stored", SOON, async || {
        let folders = std::fs::read_dir(&blobs)?.filter_map(Result::ok);
        let count: usize = folders.filter_map(|folder| Some(std::fs::read_dir(folder.path()).ok()?.count())).sum();
        Ok((count == 0).then_some(()))
    })
    .await
}

#[tokio::test]
async fn what_came_is_compared_with_its_digest() -> Result<()> {
    let daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&NewTask { files: None, ..ocr(1, json!({})) }).await?;
    let page = Upload::line("page.png", "A page like any other")?.bytes;
    let other = Upload::line("page.png", "Quite another page")?.bytes;
    let wrong = ProblemCode::UploadDigestMismatch;
    for header in ["repr-digest", "content-digest"] {
        for digest in [sha256(&other), sha512(&other), format!("{}, {}", sha256(&page), sha512(&other))] {
            let problem = raw(&anna, &task, header, &digest, &page).await?.problem(wrong)?;
            assert!(problem.detail.contains("sha-"), "{}", problem.detail);
        }
        for unreadable in ["sha-256=abc", "sha-256=:abc:"] {
            raw(&anna, &task, header, unreadable, &page).await?.problem(ProblemCode::RequestInvalid)?;
        }
    }
    form(&anna, &task, &[(&page, &sha256(&page)), (&other, &sha256(&page))]).await?.problem(wrong)?;
    assert!(anna.task(task.id).await?.files.is_empty());
    nothing_stored(&daemon).await?;

    for digest in [sha256(&page), sha512(&page), format!("md5=:AAAA:, {}", sha256(&page))] {
        raw(&anna, &task, "repr-digest", &digest, &page).await?.expect(201)?;
    }
    let parts = [(&page[..], &*sha256(&page)), (&other[..], &*sha512(&other))];
    let uploaded: UploadedFiles = form(&anna, &task, &parts).await?.expect(201)?.json()?;
    assert_eq!(uploaded.task.files.len(), 5);
    Ok(())
}

#[tokio::test]
async fn the_digest_of_a_form_is_that_of_all_of_it() -> Result<()> {
    let daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    let task = anna.register(&NewTask { files: None, ..ocr(1, json!({})) }).await?;
    let mut body = b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"page.png\"\r\n\r\n".to_vec();
    body.extend(Upload::line("page.png", "In a form")?.bytes);
    body.extend(b"\r\n--x--\r\nand what comes after it");
    let send = |digest: String| {
        let post = anna.post(&format!("/uploads/tasks/{}/files", task.id));
        post.header("content-type", "multipart/form-data; boundary=x")
            .header("content-digest", digest)
            .body(body.clone())
            .ask()
    };
    send(sha256(b"other")).await?.problem(ProblemCode::UploadDigestMismatch)?;
    nothing_stored(&daemon).await?;
    send(sha256(&body)).await?.expect(201)?;
    Ok(())
}
