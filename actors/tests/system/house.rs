//! A system in a folder of its own, and what tests do with it.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use d2d_actors::{Access, Registry, Scope, Subscription, System, WorkerCommand};
use d2d_api::{FileId, InputFile, NewTask, NewTaskFiles, PoolWorker, Task, TaskId, TaskStatus};
use d2d_config::Config;
use d2d_store::Store;
use tempfile::TempDir;

use crate::script::{Script, Settings};
use crate::service::TestService;

/// Nothing in these tests takes longer, unless something is broken.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);

const STACK: usize = 16 << 20;

pub(crate) struct House {
    pub(crate) system: System,
    pub(crate) config: Arc<Config>,
    pub(crate) store: Store,
    dir: TempDir,
}

/// Runs a test on threads with the stacks that the database needs in unoptimised builds.
pub(crate) fn run<F: Future<Output = ()>>(test: impl FnOnce() -> F + Send + 'static) {
    let main = std::thread::Builder::new().stack_size(STACK).spawn(|| {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(4).thread_stack_size(STACK).enable_all().build().unwrap();
        runtime.block_on(async { tokio::time::timeout(2 * DEADLINE, test()).await.unwrap() });
        runtime.shutdown_timeout(Duration::from_secs(5));
    });
    if let Err(panic) = main.unwrap().join() {
        std::panic::resume_unwind(panic);
    }
}

impl Script {
    /// How often a page was tried so far.
    pub(crate) fn tries(&self, name: &str) -> u64 {
        std::fs::metadata(self.marks.as_ref().unwrap().join(name)).map_or(0, |file| file.len())
    }
}

pub(crate) fn alice() -> Access {
    Access::Owner("alice".to_owned())
}

impl House {
    /// A system with a test service of so many workers.
    pub(crate) async fn with_workers(workers: usize) -> Self {
        Self::with_service(TestService::named("test", workers, &Settings::default())).await
    }

    pub(crate) async fn with_service(service: TestService) -> Self {
        Self::with_config(service, |_| {}).await
    }

    pub(crate) async fn with_config(service: TestService, change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::in_dir(dir.path());
        config.store.url = "mem://".into();
        config.ops.node = "test-node".into();
        config.uploads.min_free_disk = d2d_config::ByteSize(0);
        change(&mut config);
        let store = Store::open(&config.store, &config.data_dir).await.unwrap();
        let config = Arc::new(config);
        let system = start(&config, &store, service).await;
        Self { system, config, store, dir }
    }

    /// The next life of the system over the same store.
    pub(crate) async fn restart(&mut self, service: TestService) {
        self.system = start(&self.config, &self.store, service).await;
    }

    /// A script that leaves marks.
    pub(crate) fn script(&self, pages: u32) -> Script {
        let marks = self.dir.path().join("marks");
        std::fs::create_dir_all(&marks).unwrap();
        Script { pages, marks: Some(marks), ..Script::default() }
    }

    /// A place for a gate.
    pub(crate) fn gate(&self) -> PathBuf {
        self.dir.path().join("gate")
    }

    /// Registers a task.
    pub(crate) async fn register(&self, owner: &str, script: &Script, expected: Option<u32>) -> Task {
        self.system.register(owner, new_task(script, expected)).await.unwrap()
    }

    /// Registers a task that does with the pages that can be converted, and uploads its one file.
    pub(crate) async fn submit_partial(&self, owner: &str, script: &Script) -> TaskId {
        let new = NewTask { partial: true, ..new_task(script, Some(1)) };
        let id = self.system.register(owner, new).await.unwrap().id;
        self.upload(owner, id, "scan.txt").await;
        id
    }

    /// Uploads a file as the uploads service does.
    pub(crate) async fn upload(&self, owner: &str, id: TaskId, name: &str) -> Task {
        let blob = self.store.blobs().put(format!("content of {name}").as_bytes()).await.unwrap();
        let file = text_file(name, blob.bytes, &blob.sha256);
        let task = self.system.add_file(owner, id, file).await.unwrap();
        drop(blob);
        task
    }

    /// Registers a task and uploads its one file, which queues it.
    pub(crate) async fn submit(&self, owner: &str, script: &Script) -> TaskId {
        let id = self.register(owner, script, Some(1)).await.id;
        assert_eq!(self.upload(owner, id, "scan.txt").await.status, TaskStatus::Queued);
        id
    }

    /// Waits until the task is as it should be; fails if it ends without having been.
    pub(crate) async fn until(&self, id: TaskId, what: impl Fn(&Task) -> bool) -> Task {
        let mut changes = self.system.subscribe(Scope::Task(id));
        let waiting = async {
            let mut task = self.system.task(&Access::Operator, id).await.unwrap();
            while !what(&task) {
                assert!(!task.status.is_terminal(), "it ended before: {task:?}");
                task = next(&mut changes).await;
            }
            task
        };
        tokio::time::timeout(DEADLINE, waiting).await.unwrap()
    }

    /// Waits until the task has ended.
    pub(crate) async fn ended(&self, id: TaskId) -> Task {
        self.until(id, |task| task.status.is_terminal()).await
    }

    /// The workers of the test service.
    pub(crate) async fn workers(&self) -> Vec<PoolWorker> {
        self.system.overview().await.unwrap().pools.remove(0).workers
    }

    /// Waits until the workers are as they should be.
    pub(crate) async fn until_workers(&self, what: impl Fn(&[PoolWorker]) -> bool) -> Vec<PoolWorker> {
        eventually(async || Some(self.workers().await).filter(|workers| what(workers))).await
    }

    /// The text of the result.
    pub(crate) async fn result(&self, owner: &str, id: TaskId) -> String {
        let manifest = self.system.artifacts(&Access::Owner(owner.to_owned()), id).await.unwrap();
        assert_eq!(manifest.items.len(), 1, "{manifest:?}");
        String::from_utf8(self.store.blobs().read(&manifest.items[0].sha256).await.unwrap()).unwrap()
    }
}

fn new_task(script: &Script, expected: Option<u32>) -> NewTask {
    NewTask {
        service: "test".to_owned(),
        params: Some(serde_json::to_value(script).unwrap()),
        files: Some(NewTaskFiles { expected }),
        ..NewTask::default()
    }
}

async fn start(config: &Arc<Config>, store: &Store, service: TestService) -> System {
    let registry = Registry::default().with(Arc::new(service));
    let command = WorkerCommand { program: env!("CARGO_BIN_EXE_d2d-fake-worker").into(), args: Vec::new() };
    System::start(Arc::clone(config), store.clone(), registry, command).await.unwrap()
}

pub(crate) fn text_file(name: &str, bytes: u64, sha256: &str) -> InputFile {
    InputFile {
        id: FileId::generate(),
        name: name.to_owned(),
        media_type: "text/plain".to_owned(),
        bytes,
        sha256: sha256.to_owned(),
    }
}

/// The task after its next change.
pub(crate) async fn next(changes: &mut Subscription) -> Task {
    let change = tokio::time::timeout(DEADLINE, changes.next()).await.unwrap();
    change.expect("the subscription ended").task.clone()
}

/// What the question answers, as soon as it answers anything.
pub(crate) async fn eventually<T>(question: impl AsyncFn() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = question().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, asking).await.expect("it never came about")
}
