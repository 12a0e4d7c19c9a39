//! What a task still takes.

use std::sync::Arc;

use d2d_api::{ProblemCode, clean_file_name};
use d2d_store::Store;

use crate::{ConversionService, Refused};

/// What a task still takes.
#[derive(Clone)]
pub struct UploadSlot {
    /// The conversion service of the task: its media types decide what is taken.
    pub service: Arc<dyn ConversionService>,
    /// The most bytes of one file.
    pub max_file_bytes: u64,
    /// How many more files the task takes.
    pub files_left: u32,
    /// How many more bytes the tasks of the account may keep, if that is bounded.
    pub bytes_left: Option<u64>,
    /// How many bytes of the disk stay free.
    pub(crate) min_free_disk: u64,
}

impl UploadSlot {
    /// Whether the service takes files of this type.
    #[must_use]
    pub fn takes(&self, media_type: &str) -> bool {
        self.service.info().media_types.iter().any(|taken| taken == media_type)
    }

    /// Refuses what does not fit any more, before it comes: `bytes` as they are announced, of several files if `several`.
    /// What announces nothing, or lies, is counted as it comes.
    ///
    /// # Errors
    /// `upload.too_large`, `quota.exceeded`, `storage.full`.
    pub async fn check_announced(&self, store: &Store, bytes: u64, several: Option<u64>) -> Result<(), Refused> {
        // What a form has beside its files does not count.
        let overhead = several.unwrap_or(0).saturating_mul(self.files_left.into());
        let files = if several.is_some() { u64::from(self.files_left) } else { 1 };
        if bytes > self.max_file_bytes.saturating_mul(files).saturating_add(overhead) {
            return Err(self.too_large(None));
        }
        let least = bytes.saturating_sub(overhead);
        self.check_quota(least)?;
        self.check_disk(store, least).await
    }

    /// Refuses a file of so many bytes or more if the account may not keep it.
    pub(crate) fn check_quota(&self, bytes: u64) -> Result<(), Refused> {
        match self.bytes_left {
            Some(left) if bytes > left => Err(Refused::new(
                ProblemCode::QuotaExceeded,
                format!("the tasks of the account may keep only {left} bytes more: remove some that are done with"),
            )),
            _ => Ok(()),
        }
    }

    /// Refuses so many more bytes if the disk has no room for them.
    pub(crate) async fn check_disk(&self, store: &Store, more: u64) -> Result<(), Refused> {
        let free = store.blobs().free_bytes().await?;
        if free >= self.min_free_disk.saturating_add(more) {
            return Ok(());
        }
        tracing::error!(free_bytes = free, "files are refused: the disk is nearly full");
        Err(Refused::new(ProblemCode::StorageFull, "the disk of the service is nearly full: try again later"))
    }

    /// The refusal of a file that is too large.
    #[must_use]
    pub fn too_large(&self, name: Option<&str>) -> Refused {
        let detail = format!("{} has more than the {} bytes that are taken", shown(name), self.max_file_bytes);
        Refused::new(ProblemCode::UploadTooLarge, detail)
    }
}

/// A file, as messages name it.
pub(super) fn shown(name: Option<&str>) -> String {
    name.map_or_else(|| "the file".to_owned(), |name| format!("`{}`", clean_file_name(name, "file")))
}

impl std::fmt::Debug for UploadSlot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UploadSlot")
            .field("service", &self.service.info().name)
            .field("max_file_bytes", &self.max_file_bytes)
            .field("files_left", &self.files_left)
            .field("bytes_left", &self.bytes_left)
            .finish_non_exhaustive()
    }
}
