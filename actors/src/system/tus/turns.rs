//! One writer at a time for each upload, and how one that is left behind gives way.
//!
//! A client whose connection was cut comes back at once, often before this side has noticed. So a writer that has waited
//! for bytes for a moment is asked to give way to whoever comes next; one that gets them is not.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use d2d_api::UploadId;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// A writer that waits for bytes for so long gives way.
const SILENT: Duration = Duration::from_millis(500);

/// Who writes to which upload. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turns {
    writers: Arc<Mutex<HashMap<UploadId, Arc<Signals>>>>,
}

/// What a writer and those who wait for it tell each other.
#[derive(Debug)]
struct Signals {
    /// Since when the writer waits for bytes; `None` while it works on some.
    waits_since: Mutex<Option<Instant>>,
    give_way: CancellationToken,
    ended: CancellationToken,
}

/// The right to write to an upload, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Turns,
    id: UploadId,
    signals: Arc<Signals>,
}

/// How a newcomer treats the writer that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// It gives way if it is silent.
    Polite,
    /// It gives way.
    Firm,
}

impl Turns {
    /// The right to write to an upload; `None` if who has it does not give it up within `patience`.
    pub(super) async fn take(&self, id: UploadId, manner: Manner, patience: Duration) -> Option<Turn> {
        let deadline = Instant::now() + patience;
        loop {
            let writer = match self.enter(id) {
                Ok(turn) => return Some(turn),
                Err(writer) => writer,
            };
            let silent = writer.silent();
            let asked = manner == Manner::Firm || silent >= SILENT;
            if asked {
                writer.give_way.cancel();
            }
            let left = deadline.checked_duration_since(Instant::now())?;
            let wait = if asked { left } else { left.min(SILENT.saturating_sub(silent)) };
            // That it did not end in time is seen in the next round.
            let _ = timeout(wait, writer.ended.cancelled()).await;
        }
    }

    /// The uploads that are being written to.
    pub(super) fn busy(&self) -> Vec<UploadId> {
        self.writers().keys().copied().collect()
    }

    fn enter(&self, id: UploadId) -> Result<Turn, Arc<Signals>> {
        match self.writers().entry(id) {
            Entry::Occupied(writer) => Err(Arc::clone(writer.get())),
            Entry::Vacant(place) => {
                let signals = Signals {
                    waits_since: Mutex::new(None),
                    give_way: CancellationToken::new(),
                    ended: CancellationToken::new(),
                };
                let signals = Arc::clone(place.insert(Arc::new(signals)));
                Ok(Turn { turns: self.clone(), id, signals })
            }
        }
    }

    fn writers(&self) -> MutexGuard<'_, HashMap<UploadId, Arc<Signals>>> {
        self.writers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Signals {
    fn waits_since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.waits_since.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn silent(&self) -> Duration {
        self.waits_since().map_or(Duration::ZERO, |since| since.elapsed())
    }
}

impl Turn {
    /// From now on the writer waits for bytes.
    pub(super) fn waits(&self) {
        *self.signals.waits_since() = Some(Instant::now());
    }

    /// From now on it works on what has come.
    pub(super) fn works(&self) {
        *self.signals.waits_since() = None;
    }

    /// Resolves when this writer is to give way.
    pub(super) fn over(&self) -> impl Future<Output = ()> + Send + use<> {
        self.signals.give_way.clone().cancelled_owned()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.writers().remove(&self.id);
        self.signals.ended.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    async fn take(turns: &Turns, id: UploadId) -> Turn {
        turns.take(id, Manner::Polite, PATIENCE).await.unwrap()
    }

    #[tokio::test]
    async fn a_silent_writer_gives_way() {
        let (turns, id) = (Turns::default(), UploadId::generate());
        let first = take(&turns, id).await;
        first.waits();
        let _other = take(&turns, UploadId::generate()).await;
        let (second, ()) = tokio::join!(take(&turns, id), async {
            first.over().await;
            drop(first);
        });
        assert!(turns.busy().contains(&id));
        drop(second);
        assert!(!turns.busy().contains(&id));
    }

    #[tokio::test]
    async fn a_writer_that_goes_on_is_not_disturbed() {
        let (turns, id) = (Turns::default(), UploadId::generate());
        let first = take(&turns, id).await;
        let moving = async {
            loop {
                first.waits();
                tokio::time::sleep(SILENT / 20).await;
            }
        };
        tokio::select! {
            second = turns.take(id, Manner::Polite, SILENT * 2) => assert!(second.is_none()),
            () = first.over() => unreachable!("it was asked to give way"),
            () = moving => {}
        }
        assert!(turns.take(id, Manner::Firm, Duration::ZERO).await.is_none());
        first.over().await;
    }

    #[tokio::test]
    async fn a_writer_that_is_at_work_is_not_silent() {
        let (turns, id) = (Turns::default(), UploadId::generate());
        let first = take(&turns, id).await;
        first.waits();
        first.works();
        tokio::select! {
            second = turns.take(id, Manner::Polite, SILENT * 2) => assert!(second.is_none()),
            () = first.over() => unreachable!("it was asked to give way"),
        }
    }

    #[tokio::test]
    async fn who_waits_gets_its_turn_as_soon_as_there_is_one() {
        let (turns, id) = (Turns::default(), UploadId::generate());
        let first = take(&turns, id).await;
        let mut waiting = Box::pin(take(&turns, id));
        assert!(timeout(Duration::from_millis(20), &mut waiting).await.is_err());
        drop(first);
        assert!(timeout(SILENT / 2, waiting).await.is_ok());
    }
}
