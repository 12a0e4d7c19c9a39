//! The supervision tree of data2data: one actor per running task, the worker pools, the status broadcaster; and
//! [`System`], through which everything outside talks to it.
//!
//! ```text
//! Root                    restarts its children, escalates when one keeps failing
//! ├── Broadcaster         status fan-out: the latest state per task and subscriber
//! ├── Pool (per service)  ractor factory; one PoolWorker actor for each worker process
//! ├── Dispatcher          claims what may run next, fair between users
//! │   └── TaskActor (n)   one per running task: plans its pages, feeds the pool, checkpoints, commits
//! ├── Fetcher             files given by URL
//! ├── Webhooks            messages to those who want to know of ended tasks
//! └── Janitor             what has passed its time
//! ```
//!
//! Data flows one way: the store has the durable row, the dispatcher claims it under a lease, a task actor works on it
//! through the pool and commits it to the store, and every row that a change leaves behind is published to the
//! broadcaster. No actor is asked for what the store knows.

mod access;
mod address;
mod backoff;
mod broadcaster;
mod command;
mod dispatcher;
mod eta;
mod fair;
mod fetcher;
mod intake;
mod janitor;
mod lease_watch;
mod outbound;
mod pace;
mod pool;
mod publisher;
mod refused;
mod registry;
mod retention;
mod retries;
mod root;
mod service;
mod services;
mod system;
mod task;
mod waker;
mod webhooks;

pub use access::Access;
pub use broadcaster::{Change, QueuePlaces, Scope, Subscription};
pub use command::{WorkerCommand, run_worker};
pub use intake::{
    FileSource, LONGEST_HEAD, Received, Receiver, USUAL_HEAD, UploadSlot, extension, media_type, name_in_disposition,
};
pub use refused::Refused;
pub use registry::{Registration, Registry, SERVICES};
pub use service::{ConversionService, PoolSettings};
pub use system::{Answered, OneOff, PingError, StartError, System, TaskPage, TusAccess, TusWriter};
