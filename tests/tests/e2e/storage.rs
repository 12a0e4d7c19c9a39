//! Files that are not on the disk any more as they were stored: said, and not given away.

use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use anyhow::{Context, Result};
use d2d_api::{Artifact, ProblemCode};
use d2d_tests::harness::{API, Ask, Daemon, Upload};
use reqwest::Method;
use serde_json::json;

/// Where the daemon keeps a result.
fn blob(daemon: &Daemon, artifact: &Artifact) -> PathBuf {
    let (folder, name) = artifact.sha256.split_at(2);
    daemon.folder().join("data/blobs").join(folder).join(name)
}

#[tokio::test]
async fn a_damaged_result_is_not_given_away_and_a_new_conversion_mends_it() -> Result<()> {
    let daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    let convert = async || {
        let task = anna.convert(&[Upload::line("a.png", "Not to be altered")?], json!({"formats": ["txt"]})).await?;
        let artifact = anna.manifest(task.id).await?.items.into_iter().next().context("no result")?;
        anyhow::Ok((format!("/downloads/tasks/{}", task.id), artifact))
    };
    let (task, artifact) = convert().await?;
    let path = format!("{task}/files/{}", artifact.id);
    let whole = anna.get(&path).ask().await?.expect(200)?;

    // One bit, under the same length: only the content can tell.
    let file = std::fs::File::options().write(true).open(blob(&daemon, &artifact))?;
    file.write_all_at(&[whole.body[0] ^ 1], 0)?;
    let problem = anna.get(&path).ask().await?.problem(ProblemCode::StorageDamaged)?;
    assert!(problem.detail.contains("again"), "{}", problem.detail);
    anna.get(&path).header("range", "bytes=5-9").ask().await?.problem(ProblemCode::StorageDamaged)?;
    anna.get(&format!("{task}/archive")).ask().await?.problem(ProblemCode::StorageDamaged)?;
    assert_eq!(anna.request(Method::HEAD, &format!("{API}{path}")).ask().await?.status, 500);
    assert!(daemon.log().contains(&artifact.sha256), "the log does not name the blob");

    let (again, same) = convert().await?;
    assert_eq!(same.sha256, artifact.sha256, "the same content comes again");
    for path in [path, format!("{again}/files/{}", same.id)] {
        assert_eq!(anna.get(&path).ask().await?.expect(200)?.body, whole.body, "{path}");
    }

    std::fs::remove_file(blob(&daemon, &artifact))?;
    anna.get(&format!("{again}/files/{}", same.id)).ask().await?.problem(ProblemCode::StorageDamaged)?;
    Ok(())
}
