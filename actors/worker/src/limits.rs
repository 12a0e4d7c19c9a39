//! What the kernel shall hold this process to, whatever it is fed: memory, core dumps, life span.

use rustix::io;
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, Signal, getrlimit, set_dumpable_behavior, set_parent_process_death_signal,
    setrlimit,
};

/// Address space on top of the memory limit, for what takes no memory: code, mapped models, the arenas that the
/// allocator reserves for each thread without touching them.
const RESERVED_ADDRESSES: u64 = 1 << 30;

/// How willing the kernel is to end this process when the machine runs out of memory (0 is neutral, 1000 always first):
/// a worker rather than the daemon, which only loses a page by it.
const OUT_OF_MEMORY_SCORE: &str = "500";

/// Limits this process for the rest of its life. What the kernel would not do is named in the answer.
///
/// - Private memory is bounded by `memory_bytes`: an allocation beyond it fails, which aborts the process.
/// - No core dump: users' documents must not land on the disk by way of a crash.
/// - It dies with the thread that started it (so the daemon must start workers from a thread that lives as long as it).
pub(crate) fn apply(memory_bytes: u64) -> Vec<String> {
    let mut gaps = Vec::new();
    let mut note = |what: &str, outcome: io::Result<()>| {
        if let Err(error) = outcome {
            gaps.push(format!("{what}: {error}"));
        }
    };
    note("limit on private memory", lower(Resource::Data, memory_bytes));
    note("limit on address space", lower(Resource::As, memory_bytes.saturating_add(RESERVED_ADDRESSES)));
    note("no core dumps by limit", lower(Resource::Core, 0));
    note("no core dumps by flag", set_dumpable_behavior(DumpableBehavior::NotDumpable));
    note("end with the daemon", set_parent_process_death_signal(Some(Signal::KILL)));
    if let Err(error) = std::fs::write("/proc/self/oom_score_adj", OUT_OF_MEMORY_SCORE) {
        gaps.push(format!("preferred victim when memory runs out: {error}"));
    }
    gaps
}

/// Lowers a limit for good; one that is lower already stays.
fn lower(resource: Resource, to: u64) -> io::Result<()> {
    let to = getrlimit(resource).maximum.map_or(to, |hard| hard.min(to));
    setrlimit(resource, Rlimit { current: Some(to), maximum: Some(to) })
}
