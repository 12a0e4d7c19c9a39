//! What the tree does when its actors die.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use d2d_api::{NewTask, TaskStatus};
use d2d_config::Config;
use d2d_store::Store;

use super::System;
use crate::{Access, Registry, SERVICES, Scope, WorkerCommand};

const DEADLINE: Duration = Duration::from_secs(30);
/// The database needs deep stacks in unoptimised builds.
const STACK: usize = 16 << 20;

fn run<F: Future<Output = ()>>(test: impl FnOnce(System) -> F + Send + 'static) {
    let main = std::thread::Builder::new().stack_size(STACK).spawn(|| {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).thread_stack_size(STACK).enable_all().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let mut config = Config::in_dir(dir.path());
            config.store.url = "mem://".into();
            let store = Store::open(&config.store, dir.path()).await.unwrap();
            let registry = Registry::of(SERVICES, &config);
            let worker = WorkerCommand { program: "/nonexistent".into(), args: Vec::new() };
            let system = System::start(Arc::new(config), store, registry, worker).await.unwrap();
            tokio::time::timeout(DEADLINE, test(system)).await.unwrap();
        });
    });
    if let Err(panic) = main.unwrap().join() {
        std::panic::resume_unwind(panic);
    }
}

async fn answers(system: &System) {
    while system.ping().await.is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[test]
fn actors_that_die_are_restarted_and_reached_as_before() {
    run(async |system| {
        answers(&system).await;
        let mut before = system.subscribe(Scope::All);
        let broadcaster = system.inner.children.broadcaster.actor().unwrap();
        let dispatcher = system.inner.children.dispatcher.actor().unwrap();
        let pool = system.inner.children.pools["ocr"].address().actor().unwrap();
        broadcaster.kill();
        dispatcher.kill();
        pool.kill();
        assert!(before.next().await.is_none(), "its readers start over");
        answers(&system).await;
        assert_ne!(system.inner.children.broadcaster.actor().unwrap().get_id(), broadcaster.get_id());
        assert_ne!(system.inner.children.dispatcher.actor().unwrap().get_id(), dispatcher.get_id());
        assert_ne!(system.inner.children.pools["ocr"].address().actor().unwrap().get_id(), pool.get_id());

        let mut after = system.subscribe(Scope::Owner("alice".to_owned()));
        let new = NewTask { service: "ocr".to_owned(), ..NewTask::default() };
        let task = system.register("alice", new).await.unwrap();
        assert_eq!(after.next().await.unwrap().task, task);
        let cancelled = system.cancel(&Access::Operator, task.id).await.unwrap();
        assert_eq!(cancelled.status, TaskStatus::Cancelled);
        assert_eq!(after.next().await.unwrap().task, cancelled);
    });
}

#[test]
fn an_actor_that_keeps_dying_takes_the_tree_down() {
    run(async |system| {
        let failed = tokio::spawn({
            let system = system.clone();
            async move { system.failed().await }
        });
        let mut last = None;
        while !failed.is_finished() {
            let now = system.inner.children.dispatcher.actor();
            if let Some(actor) = now.filter(|actor| Some(actor.get_id()) != last) {
                actor.kill();
                last = Some(actor.get_id());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let reason = failed.await.unwrap();
        assert!(reason.contains("Dispatcher died 6 times"), "{reason}");
        assert!(system.ping().await.is_err());
    });
}

#[test]
fn a_system_that_was_drained_has_not_failed() {
    run(async |system| {
        system.drain(Duration::from_secs(1)).await;
        assert!(tokio::time::timeout(Duration::from_millis(50), system.failed()).await.is_err());
    });
}
