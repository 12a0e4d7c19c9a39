//! An archive of results, written while it is sent: neither in memory nor on the disk is ever the whole of it.
//!
//! A thread reads the blobs one by one and writes the archive into a channel of a few chunks, which the answer is read
//! from. If the client leaves, or takes nothing for a while, the thread ends. If a blob is not what it should be, the answer
//! ends in the middle with an error. poem 3.1 polls a failed HTTP/1.1 connection once more, which ends its body in good order
//! all the same: so what was sent has no directory, and no program takes it for an archive.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Datelike, Timelike, Utc};
use d2d_api::{Artifact, clean_file_name};
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// How much is read and sent at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// How many chunks wait for the client.
const CHUNKS_WAITING: usize = 4;
/// A client that takes nothing for so long is gone.
const TAKES_WITHIN: Duration = Duration::from_secs(60);
/// A file that is larger may become too large for 32 bits.
const LARGEST_OF_ZIP32: u64 = 0xF000_0000;

/// A file of an archive.
pub(super) struct Entry {
    /// Its name in the archive.
    name: String,
    /// Where its content is.
    path: PathBuf,
    artifact: Artifact,
}

/// The files of an archive, each with a name of its own, also to systems that don't tell capitals from small letters.
pub(super) fn entries(artifacts: Vec<Artifact>, path: impl Fn(&str) -> PathBuf) -> Vec<Entry> {
    let mut taken = HashSet::new();
    let entry = |artifact: Artifact| {
        let name = clean_file_name(&artifact.name, "result");
        let (stem, extension) = match name.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => (stem.to_owned(), format!(".{extension}")),
            _ => (name.clone(), String::new()),
        };
        let numbered = (2_u32..).map(|number| format!("{stem} ({number}){extension}"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        let name = names.find(|name| taken.insert(name.to_lowercase())).unwrap_or(name);
        Entry { name, path: path(&artifact.sha256), artifact }
    };
    artifacts.into_iter().map(entry).collect()
}

/// Writes the archive in a thread of its own, as long as somebody reads the chunks; `held` is dropped with it.
pub(super) fn write(
    entries: Vec<Entry>,
    time: DateTime<Utc>,
    held: impl Send + 'static,
) -> Receiver<io::Result<Bytes>> {
    let (sender, receiver) = channel(CHUNKS_WAITING);
    let runtime = Handle::current();
    tokio::task::spawn_blocking(move || {
        let cut = Arc::new(AtomicBool::new(false));
        let outlet = Outlet { sender: sender.clone(), runtime: runtime.clone(), cut: Arc::clone(&cut) };
        if let Err(error) = write_all(&entries, time, outlet, &cut) {
            tracing::info!(%error, "an archive was cut off");
            // So that what was sent can't be taken for the whole.
            let _ = runtime.block_on(timeout(TAKES_WITHIN, sender.send(Err(error))));
        }
        drop(held);
    });
    receiver
}

fn write_all(entries: &[Entry], time: DateTime<Utc>, outlet: Outlet, cut: &AtomicBool) -> io::Result<()> {
    let mut zip = ZipWriter::new_stream(BufWriter::with_capacity(CHUNK_BYTES, outlet));
    let written = entries.iter().try_for_each(|entry| {
        let options = SimpleFileOptions::default()
            .compression_method(compression(&entry.artifact.media_type))
            .last_modified_time(dos_time(time))
            .unix_permissions(0o644)
            .large_file(entry.artifact.bytes > LARGEST_OF_ZIP32);
        zip.start_file(&entry.name, options)?;
        copy(entry, &mut zip)
    });
    if written.is_err() {
        // A writer that is dropped writes the directory of what it has. That must not come to the client.
        cut.store(true, Ordering::Release);
        return written;
    }
    zip.finish()?.into_inner().flush()
}

/// Copies a file, if it is what it was when it was stored.
fn copy(entry: &Entry, zip: &mut impl Write) -> io::Result<()> {
    let mut file = File::open(&entry.path)?;
    let (mut hasher, mut chunk) = (Sha256::new(), vec![0; CHUNK_BYTES]);
    loop {
        let count = file.read(&mut chunk)?;
        if count == 0 {
            break;
        }
        hasher.update(&chunk[..count]);
        zip.write_all(&chunk[..count])?;
    }
    if hex::encode(hasher.finalize()) == entry.artifact.sha256 {
        return Ok(());
    }
    tracing::error!(artifact.id = %entry.artifact.id, blob = entry.artifact.sha256, "a result is damaged on the disk");
    Err(io::Error::new(io::ErrorKind::InvalidData, "a result is damaged on the disk"))
}

/// What is compressed already is stored as it is.
fn compression(media_type: &str) -> CompressionMethod {
    match media_type {
        "application/pdf" | "application/zip" | "application/gzip" | "image/png" | "image/jpeg" | "image/webp"
        | "image/gif" | "image/jp2" => CompressionMethod::Stored,
        _ => CompressionMethod::Deflated,
    }
}

/// The time, in UTC, as archives have it: from 1980 on, to two seconds.
fn dos_time(time: DateTime<Utc>) -> zip::DateTime {
    let part = |value: u32| u8::try_from(value).unwrap_or_default();
    let year = u16::try_from(time.year()).unwrap_or_default();
    zip::DateTime::from_date_and_time(
        year,
        part(time.month()),
        part(time.day()),
        part(time.hour()),
        part(time.minute()),
        part(time.second()),
    )
    .unwrap_or_default()
}

/// Where the archive goes: to the client, or after `cut` nowhere.
struct Outlet {
    sender: Sender<io::Result<Bytes>>,
    runtime: Handle,
    cut: Arc<AtomicBool>,
}

impl Write for Outlet {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        if self.cut.load(Ordering::Acquire) {
            return Ok(chunk.len());
        }
        let sent = self.sender.send(Ok(Bytes::copy_from_slice(chunk)));
        match self.runtime.block_on(timeout(TAKES_WITHIN, sent)) {
            Ok(Ok(())) => Ok(chunk.len()),
            Ok(Err(_)) => Err(io::Error::new(io::ErrorKind::BrokenPipe, "the client left")),
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the client took nothing")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use d2d_api::ArtifactId;
    use tempfile::TempDir;
    use zip::ZipArchive;

    use super::*;

    fn artifact(name: &str, media_type: &str, content: &[u8]) -> Artifact {
        Artifact {
            id: ArtifactId::generate(),
            name: name.to_owned(),
            media_type: media_type.to_owned(),
            bytes: content.len() as u64,
            sha256: hex::encode(Sha256::digest(content)),
            format: "txt".to_owned(),
            expires_at: None,
        }
    }

    /// Results on a disk.
    fn stored(files: &[(&str, &str, &[u8])]) -> (TempDir, Vec<Entry>) {
        let dir = tempfile::tempdir().unwrap();
        let artifacts = files.iter().map(|(name, media_type, content)| {
            let artifact = artifact(name, media_type, content);
            std::fs::write(dir.path().join(&artifact.sha256), content).unwrap();
            artifact
        });
        let entries = entries(artifacts.collect(), |sha256| dir.path().join(sha256));
        (dir, entries)
    }

    async fn read(mut chunks: Receiver<io::Result<Bytes>>) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while let Some(chunk) = chunks.recv().await {
            bytes.extend_from_slice(&chunk?);
        }
        Ok(bytes)
    }

    fn moment() -> DateTime<Utc> {
        "2024-02-29T12:34:56Z".parse().unwrap()
    }

    #[tokio::test]
    async fn an_archive_has_every_file_as_it_was() {
        let text = "строка\n".repeat(100_000);
        let files: [(&str, &str, &[u8]); 4] = [
            ("отчёт № 1.txt", "text/plain", text.as_bytes()),
            ("a.pdf", "application/pdf", b"%PDF-1.7"),
            ("A.PDF", "application/pdf", b"%PDF-2.0"),
            ("empty", "text/plain", b""),
        ];
        let (dir, entries) = stored(&files);
        let bytes = read(write(entries, moment(), ())).await.unwrap();
        assert!(bytes.len() < text.len() / 10, "text is compressed");
        let mut archive = ZipArchive::new(io::Cursor::new(&bytes)).unwrap();
        let names = ["отчёт № 1.txt", "a.pdf", "A (2).PDF", "empty"];
        for (index, ((_, media_type, content), name)) in files.iter().zip(names).enumerate() {
            let mut file = archive.by_index(index).unwrap();
            assert_eq!((&*file.name().unwrap(), file.compression()), (name, compression(media_type)));
            assert_eq!(file.last_modified().map(|time| time.to_string()).as_deref(), Some("2024-02-29 12:34:56"));
            let mut read = Vec::new();
            file.read_to_end(&mut read).unwrap();
            assert_eq!(read, *content, "{name}");
        }
        // The general purpose flag 11 says that names are UTF-8 (APPNOTE 4.4.4).
        assert_eq!(u16::from_le_bytes([bytes[6], bytes[7]]) & (1 << 11), 1 << 11);
        let again = crate::http::downloads::zip::entries(
            files.iter().map(|(name, kind, content)| artifact(name, kind, content)).collect(),
            |sha256| dir.path().join(sha256),
        );
        assert_eq!(read(write(again, moment(), ())).await.unwrap(), bytes, "the same results make the same archive");
    }

    #[tokio::test]
    async fn what_is_damaged_makes_no_archive() {
        let (dir, entries) = stored(&[("good.txt", "text/plain", b"good"), ("bad.txt", "text/plain", b"once")]);
        std::fs::write(&entries[1].path, b"else").unwrap();
        let mut chunks = write(entries, moment(), ());
        let (mut sent, mut cut) = (Vec::new(), false);
        while let Some(chunk) = chunks.recv().await {
            match chunk {
                Ok(chunk) => sent.extend_from_slice(&chunk),
                Err(_) => cut = true,
            }
        }
        assert!(cut, "the answer is cut off");
        assert!(ZipArchive::new(io::Cursor::new(sent)).is_err(), "what was sent is no archive");
        drop(dir);
    }

    #[tokio::test]
    async fn who_leaves_ends_the_work() {
        let noise: Vec<u8> = (0..2_000_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let (_dir, entries) = stored(&[("noise.pdf", "application/pdf", &noise)]);
        let (held, released) = tokio::sync::oneshot::channel::<()>();
        let mut chunks = write(entries, moment(), held);
        chunks.recv().await.unwrap().unwrap();
        drop(chunks);
        // Resolves when what the thread holds is dropped.
        timeout(Duration::from_secs(20), released).await.unwrap().unwrap_err();
    }

    #[tokio::test]
    async fn what_may_be_too_large_for_32_bits_is_told_in_64() {
        let (_dir, mut entries) =
            stored(&[("a.txt", "text/plain", b"not so large"), ("b.pdf", "application/pdf", b"b")]);
        for entry in &mut entries {
            entry.artifact.bytes = 5 << 30;
        }
        let bytes = read(write(entries, moment(), ())).await.unwrap();
        // Version 4.5 is needed to read it (APPNOTE 4.4.3.2).
        assert_eq!(u16::from_le_bytes([bytes[4], bytes[5]]), 45);
        let mut archive = ZipArchive::new(io::Cursor::new(bytes)).unwrap();
        let contents: Vec<_> =
            (0..2).map(|index| io::read_to_string(archive.by_index(index).unwrap()).unwrap()).collect();
        assert_eq!(contents, ["not so large", "b"]);
    }

    #[test]
    fn names_stay_inside_the_archive() {
        let artifacts = ["../../etc/passwd", "/x.txt", "c:\\y.txt", "..", "Y.TXT"].map(|name| artifact(name, "", b""));
        let names: Vec<_> =
            entries(artifacts.into(), |sha256| sha256.into()).into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["passwd", "x.txt", "y.txt", "result", "Y (2).TXT"]);
    }
}
