//! Two requests that write to the same upload.

use std::io::Error;
use std::time::Duration;

use anyhow::Result;
use d2d_api::ProblemCode;
use d2d_tests::harness::{Ask, Daemon, SOON, eventually};
use futures_util::{StreamExt, stream};
use reqwest::{Body, Method};

use super::{begun, file, noise, offset, open_task, patch, sha256, tus};

/// How long a busy client pauses between its bytes.
const PAUSE: Duration = Duration::from_millis(50);

/// A body of these chunks, with a pause after each, that then has no end.
fn unfinished(chunks: Vec<Vec<u8>>) -> Body {
    let chunks = stream::iter(chunks).then(async |chunk| {
        tokio::time::sleep(PAUSE).await;
        Ok::<_, Error>(chunk)
    });
    Body::wrap_stream(chunks.chain(stream::pending()))
}

/// Waits until somebody writes to the only upload there is.
async fn writing(daemon: &Daemon) -> Result<()> {
    let partial = daemon.folder().join("data/blobs/partial");
    let begun = async || Ok((std::fs::read_dir(&partial)?.count() == 1).then_some(()));
    eventually("somebody writes", SOON, begun).await
}

#[tokio::test]
async fn who_goes_on_sending_is_not_disturbed() -> Result<()> {
    let daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    let task = open_task(&anna).await?;
    let bytes = noise(100_000);
    let upload = begun(&anna, &task, bytes.len()).await?;
    // Longer than anybody waits.
    let chunks = bytes[..40_000].chunks(100).map(<[u8]>::to_vec).collect();
    let busy = tokio::spawn(patch(&anna, &upload, 0).body(unfinished(chunks)).send());
    writing(&daemon).await?;
    patch(&anna, &upload, 0).body(bytes.clone()).ask().await?.problem(ProblemCode::UploadLocked)?;
    assert!(!busy.is_finished());
    // Ending it is another matter.
    tus(&anna, Method::DELETE, &upload).ask().await?.expect(204)?;
    assert_eq!(busy.await??.status(), 423);
    tus(&anna, Method::HEAD, &upload).ask().await?.expect(404)?;
    Ok(())
}

#[tokio::test]
async fn who_is_silent_gives_way_to_who_comes_back() -> Result<()> {
    let daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    let task = open_task(&anna).await?;
    let bytes = noise(100_000);
    let upload = begun(&anna, &task, bytes.len()).await?;
    // The connection hangs: nothing says that the client is gone.
    let hanging = tokio::spawn(patch(&anna, &upload, 0).body(unfinished(vec![bytes[..30_000].to_vec()])).send());
    writing(&daemon).await?;
    let stands = offset(&anna, &upload).await?;
    assert_eq!(stands, 30_000, "what had come counts");
    assert_eq!(hanging.await??.status(), 423);

    let hanging = tokio::spawn(patch(&anna, &upload, stands).body(unfinished(vec![])).send());
    writing(&daemon).await?;
    patch(&anna, &upload, stands).body(bytes[stands..].to_vec()).ask().await?.expect(204)?;
    hanging.await??;
    assert_eq!(file(&anna, &task, &upload).await?.sha256, sha256(&bytes));
    Ok(())
}
