//! Connections that break and daemons that are killed: the upload goes on where it was.

use std::io::Error;
use std::path::Path;

use anyhow::Result;
use d2d_tests::harness::{API, Ask, Daemon, SOON, eventually};
use futures_util::{StreamExt, stream};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::{CHUNK, begun, file, head, noise, offset, open_task, patch, sha256};

const MIB: usize = 1 << 20;

/// The bytes in the only partial file.
fn partial_bytes(daemon: &Daemon) -> Result<u64> {
    let files = std::fs::read_dir(daemon.folder().join("data/blobs/partial"))?;
    Ok(files.map(|file| Ok(file?.metadata()?.len())).collect::<std::io::Result<Vec<_>>>()?.into_iter().sum())
}

#[tokio::test]
async fn what_had_come_before_the_connection_broke_counts() -> Result<()> {
    let daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    let task = open_task(&anna).await?;
    let bytes = noise(1_000_000);
    let upload = begun(&anna, &task, bytes.len()).await?;
    let mut stands = 0;
    for end in [200_001, 600_000] {
        let mut connection = TcpStream::connect(daemon.address()).await?;
        let head = format!(
            "PATCH {upload} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ntus-resumable: 1.0.0\r\n\
             content-type: {CHUNK}\r\nupload-offset: {stands}\r\ncontent-length: {}\r\n\r\n",
            daemon.address(),
            anna.token(),
            bytes.len() - stands
        );
        connection.write_all(head.as_bytes()).await?;
        connection.write_all(&bytes[stands..end]).await?;
        connection.shutdown().await?;
        drop(connection);
        stands = eventually("all that was sent counts", SOON, async || {
            let stands = offset(&anna, &upload).await?;
            Ok((stands == end).then_some(stands))
        })
        .await?;
    }
    patch(&anna, &upload, stands).body(bytes[stands..].to_vec()).ask().await?.expect(204)?;
    assert_eq!(file(&anna, &task, &upload).await?.sha256, sha256(&bytes));
    Ok(())
}

#[tokio::test]
async fn after_a_kill_it_goes_on_at_what_was_durable() -> Result<()> {
    let mut daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    let task = open_task(&anna).await?;
    let bytes = noise(24 << 20);
    let upload = begun(&anna, &task, bytes.len()).await?;
    patch(&anna, &upload, 0).body(bytes[..MIB].to_vec()).ask().await?.expect(204)?;
    let chunks: Vec<_> = bytes[MIB..20 * MIB].chunks(100_000).map(|chunk| Ok::<_, Error>(chunk.to_vec())).collect();
    let body = reqwest::Body::wrap_stream(stream::iter(chunks).chain(stream::pending()));
    let cut_off = tokio::spawn(patch(&anna, &upload, MIB).body(body).send());
    eventually("most of it has come", SOON, async || Ok((partial_bytes(&daemon)? >= 19 * MIB as u64).then_some(())))
        .await?;
    daemon.kill().await?;
    cut_off.await?.unwrap_err();

    daemon.start_again().await?;
    let anna = daemon.client()?.with_token(anna.token());
    let stands = offset(&anna, &upload).await?;
    assert!((17 * MIB..=20 * MIB).contains(&stands), "{stands}");
    patch(&anna, &upload, stands).body(bytes[stands..].to_vec()).ask().await?.expect(204)?;
    let stored = file(&anna, &task, &upload).await?;
    assert_eq!((stored.bytes, stored.sha256), (bytes.len() as u64, sha256(&bytes)));

    // Done is done, too.
    daemon.kill().await?;
    daemon.start_again().await?;
    let anna = daemon.client()?.with_token(anna.token());
    assert_eq!(offset(&anna, &upload).await?, bytes.len());
    assert_eq!(anna.task(task.id).await?.files.len(), 1);
    Ok(())
}

#[tokio::test]
async fn bytes_that_the_disk_has_lost_have_to_come_again() -> Result<()> {
    let daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    let task = open_task(&anna).await?;
    let bytes = noise(50_000);
    let upload = begun(&anna, &task, bytes.len()).await?;
    patch(&anna, &upload, 0).body(bytes[..40_000].to_vec()).ask().await?.expect(204)?;
    let id = upload.trim_start_matches(&format!("{API}/uploads/tus/"));
    let partial = daemon.folder().join("data/blobs/partial").join(Path::new(id));
    std::fs::OpenOptions::new().write(true).open(partial)?.set_len(1000)?;
    let known = head(&anna, &upload).ask().await?.expect(200)?;
    assert_eq!(known.header("upload-offset"), "1000");
    patch(&anna, &upload, 1000).body(bytes[1000..].to_vec()).ask().await?.expect(204)?;
    assert_eq!(file(&anna, &task, &upload).await?.sha256, sha256(&bytes));
    Ok(())
}
