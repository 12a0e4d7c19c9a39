//! Blobs on a disk.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::on_runtime;
use crate::{BlobPlace, Blobs, StoreError};

fn hash(content: &[u8]) -> String {
    hex::encode(Sha256::digest(content))
}

/// Bytes that do not repeat soon.
fn noise(length: usize) -> Vec<u8> {
    (0_u32..).map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()[0]).take(length).collect()
}

fn files_in(dir: &Path) -> Result<usize> {
    Ok(std::fs::read_dir(dir)?.count())
}

#[test]
fn contents_of_any_size_come_back_by_their_hash() -> Result<()> {
    on_runtime(async {
        let dir = TempDir::new()?;
        let blobs = Blobs::at(dir.path()).await?;
        let mib = 1024 * 1024;
        for length in [0, 1, mib - 1, mib, mib + 1, 3 * mib + 17] {
            let content = noise(length);
            let mut writer = blobs.writer().await?;
            for chunk in content.chunks(100_003) {
                writer.write(chunk).await?;
            }
            assert_eq!(writer.bytes(), length as u64);
            let blob = writer.finish().await?;
            assert_eq!((blob.sha256.as_str(), blob.bytes), (hash(&content).as_str(), length as u64));
            assert_eq!(blobs.read(&blob.sha256).await?, content);
            assert_eq!(blobs.put(&content).await?.sha256, blob.sha256, "in one piece");

            let elsewhere = dir.path().join("elsewhere");
            std::fs::write(&elsewhere, &content)?;
            assert_eq!(blobs.import(&elsewhere).await?.sha256, blob.sha256, "from a file");
            assert!(elsewhere.exists(), "imported, not moved");
        }
        assert_eq!(files_in(&dir.path().join("tmp"))?, 0);
        Ok(())
    })
}

#[test]
fn equal_contents_are_stored_once() -> Result<()> {
    on_runtime(async {
        let dir = TempDir::new()?;
        let blobs = Blobs::at(dir.path()).await?;
        let (one, two) = tokio::join!(blobs.put(b"same"), blobs.put(b"same"));
        let sha256 = one?.sha256;
        assert_eq!(sha256, two?.sha256);
        assert_eq!(blobs.path(&sha256), dir.path().join(&sha256[..2]).join(&sha256[2..]));
        assert_eq!(files_in(&dir.path().join(&sha256[..2]))?, 1);
        Ok(())
    })
}

#[test]
fn what_is_not_finished_leaves_nothing() -> Result<()> {
    on_runtime(async {
        let dir = TempDir::new()?;
        let tmp = dir.path().join("tmp");
        let blobs = Blobs::at(dir.path()).await?;
        let mut writer = blobs.writer().await?;
        writer.write(&noise(3_000_000)).await?;
        assert_eq!(files_in(&tmp)?, 1);
        drop(writer);
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        while files_in(&tmp)? > 0 {
            assert!(std::time::Instant::now() < deadline, "still there");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }

        // As after a crash.
        std::fs::write(tmp.join("half"), b"half of it")?;
        let second = Blobs::at(dir.path()).await?;
        assert_eq!(files_in(&tmp)?, 1, "not while somebody may be writing it");
        drop((blobs, second));
        Blobs::at(dir.path()).await?;
        assert_eq!(files_in(&tmp)?, 0);
        Ok(())
    })
}

#[test]
fn what_is_not_there_is_not_found() -> Result<()> {
    on_runtime(async {
        let dir = TempDir::new()?;
        std::fs::write(dir.path().join("secret"), b"secret")?;
        let blobs = Blobs::at(&dir.path().join("blobs")).await?;
        let there = blobs.put(b"x").await?.sha256;
        let odd = ["", "..", "../secret", "/etc/passwd", "ab", "é", &there.to_uppercase(), &format!("{there}0")];
        for name in odd.into_iter().chain([hash(b"never stored").as_str()]) {
            assert!(matches!(blobs.read(name).await, Err(StoreError::NotFound)), "{name:?}");
            assert!(matches!(blobs.open(name).await, Err(StoreError::NotFound)), "{name:?}");
            blobs.remove(name).await?;
            assert!(blobs.path(name).starts_with(blobs.dir()));
        }
        assert!(dir.path().join("secret").exists());
        assert_eq!(blobs.read(&there).await?, b"x");
        Ok(())
    })
}

#[test]
fn what_is_held_is_not_removed() -> Result<()> {
    on_runtime(async {
        let dir = TempDir::new()?;
        let blobs = Blobs::at(dir.path()).await?;
        let blob = blobs.put(b"held").await?;
        blobs.remove(&blob.sha256).await?;
        assert_eq!(blobs.read(&blob.sha256).await?, b"held");
        let sha256 = blob.sha256.clone();
        drop(blob);
        blobs.remove(&sha256).await?;
        assert!(matches!(blobs.read(&sha256).await, Err(StoreError::NotFound)));
        Ok(())
    })
}

#[test]
fn a_cut_off_blob_is_replaced_by_a_whole_one() -> Result<()> {
    on_runtime(async {
        let dir = TempDir::new()?;
        let blobs = Blobs::at(dir.path()).await?;
        let sha256 = blobs.put(b"all of it").await?.sha256;
        std::fs::write(blobs.path(&sha256), b"all")?;
        blobs.put(b"all of it").await?;
        assert_eq!(blobs.read(&sha256).await?, b"all of it");
        Ok(())
    })
}

#[test]
fn free_room_is_told() -> Result<()> {
    on_runtime(async {
        let dir = TempDir::new()?;
        let free = Blobs::at(dir.path()).await?.free_bytes().await?;
        assert!(free > 1024 && free < 1 << 60, "{free}");
        Ok(())
    })
}

#[test]
fn what_was_altered_is_not_read_until_the_same_content_comes_again() -> Result<()> {
    on_runtime(async {
        let dir = TempDir::new()?;
        let blobs = Blobs::at(dir.path()).await?;
        let content = noise(300_000);
        let sha256 = blobs.put(&content).await?.sha256;
        for length in [content.len(), content.len() - 1, 0] {
            let mut altered = content[..length].to_vec();
            altered.first_mut().into_iter().for_each(|byte| *byte ^= 1);
            std::fs::write(blobs.path(&sha256), altered)?;
            assert!(matches!(blobs.read(&sha256).await, Err(StoreError::BlobDamaged { .. })), "{length} bytes");
            assert!(matches!(blobs.open(&sha256).await, Err(StoreError::BlobDamaged { .. })), "{length} bytes");
            assert_eq!(blobs.put(&content).await?.sha256, sha256);
            assert_eq!(blobs.read(&sha256).await?, content);
        }
        std::fs::remove_file(blobs.path(&sha256))?;
        assert!(matches!(blobs.verify(&sha256).await, Err(StoreError::NotFound)));
        Ok(())
    })
}

#[test]
fn blobs_are_looked_at_bit_by_bit() -> Result<()> {
    on_runtime(async {
        let dir = TempDir::new()?;
        let blobs = Blobs::at(dir.path()).await?;
        let mut all: Vec<String> = (0..7).map(|number| format!("5a{:062x}", number * 77)).collect();
        std::fs::create_dir(dir.path().join("5a"))?;
        for hash in &all {
            std::fs::write(blobs.path(hash), "")?;
        }
        let (mut found, mut place) = (Vec::new(), BlobPlace::start_of(0x5a));
        for expected in [3, 3, 1] {
            let (some, next) = blobs.older_than(&place, Duration::ZERO, 3).await?;
            assert_eq!((some.len(), next.is_start()), (expected, expected == 1));
            found.extend(some);
            place = next;
        }
        all.sort_unstable();
        assert_eq!((found, place), (all, BlobPlace::start_of(0x5b)));
        assert_eq!(blobs.older_than(&BlobPlace::start_of(0xff), Duration::ZERO, 3).await?.1, BlobPlace::start_of(0));
        Ok(())
    })
}
