//! The connection to a daemon: it comes up, tells what the daemon tells, and comes back.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod fake_daemon;

use std::time::{Duration, Instant};

use d2d_api::{LiveFrame, OpsFrame, OpsFrameType, Problem, ProblemCode};
use d2d_tui::client::{Client, Credentials, Target, Transport};
use d2d_tui::event::ClientEvent;
use serde_json::json;
use tempfile::TempDir;
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

use fake_daemon::{FakeDaemon, frame, overview, task};

const DEADLINE: Duration = Duration::from_secs(20);

fn connect(target: Target, credentials: Credentials) -> (Client, Receiver<ClientEvent>) {
    Client::start(Transport::new(target, credentials).unwrap())
}

fn local(daemon: &FakeDaemon) -> (Client, Receiver<ClientEvent>) {
    connect(Target::Socket(daemon.socket.clone()), Credentials::None)
}

/// The first news that `wanted` makes something of.
async fn news<T>(news: &mut Receiver<ClientEvent>, wanted: impl Fn(ClientEvent) -> Option<T>) -> T {
    let search = async {
        loop {
            if let Some(found) = wanted(news.recv().await.expect("the connection is kept")) {
                return found;
            }
        }
    };
    timeout(DEADLINE, search).await.expect("the news in time")
}

async fn next_frame(receiver: &mut Receiver<ClientEvent>) -> OpsFrame {
    let frame = |event| if let ClientEvent::Frame(frame) = event { Some(*frame) } else { None };
    news(receiver, frame).await
}

async fn failure(receiver: &mut Receiver<ClientEvent>) -> (String, Duration) {
    let failure = |event| {
        if let ClientEvent::Disconnected { reason, retry_in } = event { Some((reason, retry_in)) } else { None }
    };
    news(receiver, failure).await
}

async fn answer(receiver: &mut Receiver<ClientEvent>) -> (usize, Vec<String>) {
    let answer = |event| {
        let ClientEvent::Cancelled { accepted, refused } = event else { return None };
        Some((accepted, refused.into_iter().map(|(id, reason)| format!("{id}: {reason}")).collect()))
    };
    news(receiver, answer).await
}

#[tokio::test]
async fn what_the_daemon_tells_arrives_in_order() {
    let dir = TempDir::new().unwrap();
    let daemon = FakeDaemon::start(dir.path()).await;
    let (_client, mut receiver) = local(&daemon);
    assert!(matches!(receiver.recv().await, Some(ClientEvent::Connecting)));
    assert!(matches!(receiver.recv().await, Some(ClientEvent::Connected)));
    assert_eq!(next_frame(&mut receiver).await.overview, Some(overview()));
    assert_eq!(next_frame(&mut receiver).await.tasks.map(|tasks| tasks.len()), Some(3));
    daemon.change(&[task(9, "execution")]);
    let change = next_frame(&mut receiver).await;
    assert_eq!((change.kind, change.tasks), (OpsFrameType::Changes, Some(vec![task(9, "execution")])));
}

#[tokio::test]
async fn a_dropped_connection_comes_back() {
    let dir = TempDir::new().unwrap();
    let daemon = FakeDaemon::start(dir.path()).await;
    let (_client, mut receiver) = local(&daemon);
    next_frame(&mut receiver).await;
    next_frame(&mut receiver).await;
    daemon.hang_up();
    let (reason, retry_in) = failure(&mut receiver).await;
    assert!(reason.contains("connection"), "{reason}");
    assert!(retry_in <= Duration::from_secs(1), "the first wait is short");
    assert!(matches!(receiver.recv().await, Some(ClientEvent::Connecting)));
    assert_eq!(next_frame(&mut receiver).await.kind, OpsFrameType::Overview);
}

#[tokio::test]
async fn a_daemon_that_starts_later_is_found_and_a_wait_can_be_cut_short() {
    let dir = TempDir::new().unwrap();
    let (client, mut receiver) = connect(Target::Socket(dir.path().join("d2d.sock")), Credentials::None);
    let (reason, mut wait) = failure(&mut receiver).await;
    assert!(reason.contains("d2d serve"), "{reason}");
    while wait < Duration::from_millis(1_500) {
        wait = failure(&mut receiver).await.1;
    }
    let _daemon = FakeDaemon::start(dir.path()).await;
    let asked = Instant::now();
    client.reconnect();
    next_frame(&mut receiver).await;
    assert!(asked.elapsed() < wait, "at once, not after {wait:?}");
}

#[tokio::test]
async fn tasks_are_cancelled_and_refusals_told() {
    let dir = TempDir::new().unwrap();
    let daemon = FakeDaemon::start(dir.path()).await;
    let (client, mut receiver) = local(&daemon);
    let [first, second, ended] = [task(1, "queued").id, task(2, "queued").id, task(3, "success").id];
    client.cancel(vec![first, ended, second]);
    let (accepted, refused) = answer(&mut receiver).await;
    assert_eq!((accepted, refused), (2, vec![format!("{ended}: The task is in another state")]));
    let mut cancelled = daemon.cancelled();
    cancelled.sort();
    assert_eq!(cancelled, [first, second]);
}

#[tokio::test]
async fn over_the_network_a_token_is_had_and_had_again() {
    let dir = TempDir::new().unwrap();
    let daemon = FakeDaemon::start(dir.path()).await;
    let target = || Target::Server(format!("http://{}/", daemon.address).parse().unwrap());
    let account = |password: &str| Credentials::Password { user: "olga".into(), password: password.into() };

    let (_client, mut receiver) = connect(target(), account("wrong"));
    assert!(failure(&mut receiver).await.0.contains("Wrong name or password"));

    let (client, mut receiver) = connect(target(), account("right"));
    assert_eq!(next_frame(&mut receiver).await.kind, OpsFrameType::Overview);
    daemon.revoke_tokens();
    client.cancel(vec![task(1, "queued").id]);
    assert_eq!(answer(&mut receiver).await, (1, vec![]));

    let (_client, mut receiver) = connect(target(), Credentials::Token("made up".into()));
    let reason = failure(&mut receiver).await.0;
    assert!(reason.contains("The token is not valid") && reason.contains("D2D_TOKEN"), "{reason}");
}

#[tokio::test]
async fn a_socket_that_can_not_go_on_says_why() {
    let dir = TempDir::new().unwrap();
    let daemon = FakeDaemon::start(dir.path()).await;
    let told = async |frame: serde_json::Value| {
        let (_client, mut receiver) = local(&daemon);
        next_frame(&mut receiver).await;
        next_frame(&mut receiver).await;
        daemon.send(&json!(OpsFrame::ping()));
        daemon.send(&frame);
        failure(&mut receiver).await.0
    };
    let problem = Problem::new(ProblemCode::AuthExpiredToken, "the token ended at noon");
    assert_eq!(told(json!(OpsFrame::error(problem))).await, "the token ended at noon");

    let mut newer = frame("overview", &json!({}));
    newer["v"] = json!(2);
    let reason = told(newer).await;
    assert!(reason.contains("version 2"), "{reason}");
}
