//! Before the results of a task are made of those of its pages: whether these are whole, and making again which are not.

use d2d_api::ProblemCode;

use super::{Run, Step};
use crate::task::actor::{Flow, TaskMsg};
use crate::task::failure::{Stop, whole_task};
use crate::task::integrity;
use crate::task::ledger::{Ledger, Unit};

/// How often in an attempt damaged pages are made again: where that does not help, the disk fails.
const MOST_MENDED: u32 = 3;

impl Run {
    /// Has the results of the pages looked at.
    pub(super) fn check(&mut self) -> Flow {
        let Step::Reading(reading) = &self.step else { return Flow::On };
        let (me, store, results) = (self.me.clone(), self.context.store.clone(), reading.results.clone());
        self.hands.spawn(async move {
            let damaged = integrity::damaged(results, &store).await;
            let _ = me.cast(TaskMsg::Checked(damaged));
        });
        Flow::On
    }

    /// Goes on to the results, or back to the pages that are damaged. Their rows stay until they are replaced: whoever takes
    /// the task over looks at them, too.
    pub(in crate::task) async fn checked(&mut self, damaged: Result<Vec<Unit>, Stop>) -> Result<Flow, Stop> {
        let damaged = damaged?;
        if damaged.is_empty() {
            return self.assemble().await;
        }
        let Step::Reading(reading) = &mut self.step else { return Ok(Flow::On) };
        self.mended += 1;
        if self.mended > MOST_MENDED {
            let detail = "the results of pages are damaged as soon as they are stored: the disk of the service fails; \
                try again later, or give the id of the task to its operator";
            return Err(whole_task(ProblemCode::StorageDamaged, detail).into());
        }
        for unit in &damaged {
            reading.results.remove(unit);
        }
        self.ledger = Ledger::of(damaged);
        if self.draining {
            return self.release().await;
        }
        self.feed();
        Ok(Flow::On)
    }
}
