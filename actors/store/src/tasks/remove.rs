//! Removing a task with all that belongs to it.

use d2d_api::TaskId;

use crate::database::bind;
use crate::records::task_record;
use crate::{Store, StoreError};

impl Store {
    /// Removes a task with all that belongs to it, whatever its state, and the blobs that nothing else refers to.
    /// Answers the SHA-256 of each blob removed.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn remove_task(&self, id: TaskId) -> Result<Vec<String>, StoreError> {
        let query = "{
            IF (DELETE $task RETURN BEFORE)[0] = NONE { RETURN NONE };
            DELETE log:[$key]..[$key, []] RETURN NONE;
            DELETE type::record('plan', $key) RETURN NONE;
            DELETE page:[$key]..[$key, []] RETURN NONE;
            DELETE failed_page:[$key]..[$key, []] RETURN NONE;
            DELETE artifact:[$key]..[$key, []] RETURN NONE;
            DELETE type::record('webhook_secret', $key) RETURN NONE;
            DELETE webhook_message:[$key]..[$key, []] RETURN NONE;
            DELETE tus WHERE task = $key RETURN NONE;
            LET $uses = SELECT VALUE id FROM blob_use WHERE task = $key;
            DELETE $uses RETURN NONE;
            RETURN $uses.map(|$use| record::id($use)[0]);
        }";
        let bindings = bind! { task: task_record(id), key: id.0 };
        let blobs: Option<Vec<String>> = self.database().run("remove a task", query, bindings).await?;
        self.remove_unused_blobs(blobs.ok_or(StoreError::NotFound)?).await
    }

    /// Removes those of the blobs that no task refers to; answers which. No record may come to refer to one between the
    /// question and the removal: whoever writes such a record holds the blob (see [`crate::BlobRef`]), and what is held
    /// is not removed.
    pub async fn remove_unused_blobs(&self, blobs: Vec<String>) -> Result<Vec<String>, StoreError> {
        let mut removed = Vec::new();
        for sha256 in blobs {
            if self.blobs().remove_if(&sha256, self.is_unused(&sha256)).await? {
                removed.push(sha256);
            }
        }
        Ok(removed)
    }

    async fn is_unused(&self, sha256: &str) -> Result<bool, StoreError> {
        let query = "array::is_empty(SELECT VALUE id FROM blob_use:[$sha256]..[$sha256, []] LIMIT 1)";
        self.database().run("look who uses a blob", query, bind! { sha256: sha256 }).await
    }
}
