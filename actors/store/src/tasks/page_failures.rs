//! Pages that could not be converted, and what the log says of pages.

use d2d_api::{PageError, TaskId};

use super::change::Change;
use super::execution::{ADVANCE, advance};
use super::{FailedPage, Lease, Progress, TaskRow};
use crate::database::bind;
use crate::records::{FailedPageRecord, PageErrorRecord};
use crate::{Store, StoreError};

/// The most entries about pages in the log of a task: thousands of bad pages must not make thousands of entries.
const MOST_NOTES: u32 = 200;

/// Writes `$note` into the log of the task, as long as there are not too many; the last one says so.
const NOTE: &str = "IF $row.notes <= $most_notes {
        CREATE type::record('log', [$key, $row.seq]) CONTENT {
            seq: $row.seq, time: time::now(), status: $row.status, attempt: $row.attempt,
            message: IF $row.notes < $most_notes { $note } ELSE { $note + '; what happens to further pages is not logged' }
        } RETURN NONE
    };";

/// Forgets the pages that could not be converted: assignments, and a statement.
pub(super) const FORGET: &str = "failed_pages = NONE, page_errors = NONE";
pub(super) const FORGET_ROWS: &str = "DELETE failed_page:[$key]..[$key, []] RETURN NONE;";

impl Store {
    /// Tells progress, as [`Store::progress`], and writes a note about a page into the log.
    ///
    /// # Errors
    /// As [`Store::renew`].
    pub async fn note_page(&self, lease: &Lease, note: &str, progress: &Progress) -> Result<TaskRow, StoreError> {
        self.advance(noting(advance("note a page", lease, progress), ADVANCE, note)).await
    }

    /// Keeps that a page can't be converted, so that it is not tried again by this attempt and those that go on with it.
    /// `shown` is what the task shows of its failed pages from now on, if that changes.
    ///
    /// # Errors
    /// As [`Store::renew`].
    pub async fn fail_page(
        &self,
        lease: &Lease,
        failed: &FailedPage,
        shown: Option<&[PageError]>,
        note: &str,
        progress: &Progress,
    ) -> Result<TaskRow, StoreError> {
        let set = format!("{ADVANCE}, failed_pages = $failed_pages, page_errors = $page_errors ?? page_errors");
        let change = noting(advance("keep that a page failed", lease, progress), &set, note)
            .also(
                "UPSERT type::record('failed_page', [$key, $file, $page]) CONTENT {
                    file: $file, page: $page, code: $code, detail: $detail, tries: $tries
                } RETURN NONE;",
            )
            .bind(bind! {
                failed_pages: progress.pages.failed,
                page_errors: shown.map(|shown| shown.iter().map(PageErrorRecord::from).collect::<Vec<_>>()),
                file: failed.file.0,
                page: failed.page,
                code: failed.code.as_str(),
                detail: failed.detail.as_str(),
                tries: failed.tries,
            });
        self.advance(change).await
    }

    /// The pages that could not be converted since the task was last tried again by its owner's wish.
    pub async fn failed_pages(&self, id: TaskId) -> Result<Vec<FailedPage>, StoreError> {
        let query = "SELECT * FROM failed_page:[$key]..[$key, []]";
        let records: Vec<FailedPageRecord> =
            self.database().run("read the failed pages", query, bind! { key: id.0 }).await?;
        records.into_iter().map(FailedPage::try_from).collect()
    }
}

fn noting<'a>(change: Change<'a>, set: &str, note: &str) -> Change<'a> {
    change
        .set(&format!("{set}, notes = (notes ?? 0) + 1"))
        .also(NOTE)
        .bind(bind! { note: note, most_notes: MOST_NOTES })
}
