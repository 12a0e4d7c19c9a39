//! What every worker of a pool does now: written by the workers, read by operators.

use std::sync::{Mutex, PoisonError};

use d2d_api::{Pool, PoolWorker, Reading, WorkerState};

/// The workers of a pool, by number. It outlives workers that are restarted.
#[derive(Debug)]
pub(super) struct Board {
    workers: Mutex<Vec<Entry>>,
}

/// One worker.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry {
    pub(super) state: WorkerState,
    pub(super) pid: Option<u32>,
    pub(super) reading: Option<Reading>,
    pub(super) pages: u64,
    pub(super) restarts: u64,
}

impl Board {
    pub(super) fn new(workers: usize) -> Self {
        Self { workers: Mutex::new(vec![Entry::default(); workers]) }
    }

    /// Changes what is known of a worker.
    pub(super) fn update(&self, worker: usize, change: impl FnOnce(&mut Entry)) {
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = workers.get_mut(worker) {
            change(entry);
        }
    }

    /// The pages converted since the system was started.
    pub(super) fn pages(&self) -> u64 {
        self.entries().iter().map(|entry| entry.pages).sum()
    }

    /// How the pool stands, with `outstanding` jobs waiting or being worked on.
    pub(super) async fn view(&self, service: &str, outstanding: usize) -> Pool {
        let mut workers = Vec::new();
        for (index, entry) in (0_u32..).zip(self.entries()) {
            let rss_bytes = match entry.pid {
                Some(pid) => rss_bytes(pid).await,
                None => 0,
            };
            let Entry { state, pid, reading, pages, restarts } = entry;
            workers.push(PoolWorker { index, state, pid, rss_bytes, reading, pages, restarts });
        }
        let busy = workers.iter().filter(|worker| worker.reading.is_some()).count();
        Pool { service: service.to_owned(), waiting: outstanding.saturating_sub(busy) as u64, workers }
    }

    fn entries(&self) -> Vec<Entry> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The memory that a process holds, in bytes, by proc(5); 0 if it has ended.
pub(crate) async fn rss_bytes(pid: u32) -> u64 {
    let status = tokio::fs::read_to_string(format!("/proc/{pid}/status")).await.unwrap_or_default();
    rss_of(&status)
}

fn rss_of(status: &str) -> u64 {
    let kib =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix("kB")?.trim().parse().ok());
    kib.map_or(0, |kib: u64| kib.saturating_mul(1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read_from_proc() {
        assert_eq!(rss_of("Name:\td2d\nVmRSS:\t    2048 kB\nThreads:\t4\n"), 2 << 20);
        assert_eq!(rss_of("Name:\tzombie\n"), 0);
        assert_eq!(rss_of("VmRSS:\tmuch kB"), 0);
    }

    #[tokio::test]
    async fn this_process_holds_memory() {
        assert!(rss_bytes(std::process::id()).await > 1 << 20);
    }
}
