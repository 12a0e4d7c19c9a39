//! Thread pools by size: a page may use one thread or many, as its request says.

use std::sync::Arc;

use rten::ThreadPool;

/// Keeps the pools that were asked for.
#[derive(Debug, Default)]
pub(in crate::engine) struct Pools(Vec<(usize, Arc<ThreadPool>)>);

impl Pools {
    /// The pool of this many threads, at least one.
    pub(in crate::engine) fn of(&mut self, threads: usize) -> Arc<ThreadPool> {
        let threads = threads.max(1);
        if let Some((_, pool)) = self.0.iter().find(|(size, _)| *size == threads) {
            return Arc::clone(pool);
        }
        let pool = Arc::new(ThreadPool::with_num_threads(threads));
        self.0.push((threads, Arc::clone(&pool)));
        pool
    }
}
