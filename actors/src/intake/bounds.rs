//! What is taken in of whom: by the conversion service, the settings, what the account keeps already, and the disk.

use std::sync::Arc;

use d2d_api::ProblemCode;
use d2d_config::Config;
use d2d_store::Store;

use super::UploadSlot;
use crate::{ConversionService, Refused, Registry};

/// What decides what is taken in. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Bounds {
    pub(crate) config: Arc<Config>,
    pub(crate) store: Store,
    pub(crate) registry: Registry,
}

impl Bounds {
    /// The conversion service of that name.
    pub(crate) fn service(&self, name: &str) -> Result<&Arc<dyn ConversionService>, Refused> {
        self.registry.get(name).ok_or_else(|| {
            let known: Vec<_> = self.registry.iter().map(|service| service.info().name.as_str()).collect();
            let detail = format!("there is no conversion service of that name; one of: {}", known.join(", "));
            Refused::new(ProblemCode::ServiceNotFound, detail)
        })
    }

    /// The most files of a task for a service.
    pub(crate) fn max_files(&self, service: &dyn ConversionService) -> u32 {
        service.info().limits.files.min(self.config.uploads.max_files)
    }

    /// What is taken of one more file, of `files_left`.
    ///
    /// # Errors
    /// `quota.exceeded`, `storage.full`, `service.not_found`.
    pub(crate) async fn slot(&self, owner: &str, service: &str, files_left: u32) -> Result<UploadSlot, Refused> {
        let service = Arc::clone(self.service(service)?);
        let uploads = &self.config.uploads;
        let bytes_left = match uploads.bytes_per_user() {
            Some(most) => Some(most.saturating_sub(self.store.stored_bytes(owner).await?)),
            None => None,
        };
        let slot = UploadSlot {
            max_file_bytes: service.info().limits.file_bytes.min(uploads.max_file.bytes()),
            service,
            files_left,
            bytes_left,
            min_free_disk: uploads.min_free_disk.bytes(),
        };
        // One byte at least is to come.
        slot.check_quota(1)?;
        slot.check_disk(&self.store, 1).await?;
        Ok(slot)
    }
}
