//! The operators' side of a daemon, as far as the console sees it: enough HTTP/1.1 and websocket on a local socket and
//! on a TCP port to answer what the console asks, with everything in the test's hand.

#![allow(dead_code, reason = "each test file uses its part")]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use d2d_api::{FRAME_VERSION, OpsFrame, OpsTask, Overview, Problem, ProblemCode, TaskId};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Message, Role};

/// A daemon that knows three tasks, the third of them ended.
pub(crate) struct FakeDaemon {
    pub(crate) socket: PathBuf,
    pub(crate) address: SocketAddr,
    pub(crate) shared: Arc<Shared>,
    servers: [JoinHandle<()>; 2],
}

/// What the connections share.
pub(crate) struct Shared {
    feed: broadcast::Sender<Feed>,
    cancelled: Mutex<Vec<TaskId>>,
    token: Mutex<u32>,
}

/// What is sent to every open websocket.
#[derive(Clone)]
enum Feed {
    Text(String),
    HangUp,
}

impl FakeDaemon {
    /// Listens on a socket in `dir` and on a free port.
    pub(crate) async fn start(dir: &Path) -> Self {
        let socket = dir.join("d2d.sock");
        let (unix, tcp) = (UnixListener::bind(&socket).unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap());
        let address = tcp.local_addr().unwrap();
        let shared =
            Arc::new(Shared { feed: broadcast::channel(16).0, cancelled: Mutex::default(), token: Mutex::default() });
        let (local, remote) = (shared.clone(), shared.clone());
        let servers = [
            tokio::spawn(async move {
                while let Ok((stream, _)) = unix.accept().await {
                    tokio::spawn(serve(stream, local.clone(), true));
                }
            }),
            tokio::spawn(async move {
                while let Ok((stream, _)) = tcp.accept().await {
                    tokio::spawn(serve(stream, remote.clone(), false));
                }
            }),
        ];
        Self { socket, address, shared, servers }
    }

    /// Sends changed tasks to all that watch.
    pub(crate) fn change(&self, tasks: &[OpsTask]) {
        self.send(&frame("changes", &json!({ "tasks": tasks })));
    }

    /// Sends any frame to all that watch.
    pub(crate) fn send(&self, frame: &Value) {
        let _ = self.shared.feed.send(Feed::Text(frame.to_string()));
    }

    /// Drops all connections, without a word.
    pub(crate) fn hang_up(&self) {
        let _ = self.shared.feed.send(Feed::HangUp);
    }

    /// Makes the tokens given so far worthless.
    pub(crate) fn revoke_tokens(&self) {
        *lock(&self.shared.token) += 1;
    }

    /// The tasks that were cancelled.
    pub(crate) fn cancelled(&self) -> Vec<TaskId> {
        lock(&self.shared.cancelled).clone()
    }
}

impl Drop for FakeDaemon {
    fn drop(&mut self) {
        self.hang_up();
        self.servers.iter().for_each(JoinHandle::abort);
        let _ = std::fs::remove_file(&self.socket);
    }
}

impl Shared {
    fn valid_token(&self) -> String {
        format!("token-{}", lock(&self.token))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn task(number: u8, status: &str) -> OpsTask {
    serde_json::from_value(json!({
        "id": format!("01a1b2c3-d4e5-7000-8000-0000000000{number:02x}"),
        "owner": "alice", "service": "ocr", "priority": 0, "status": status, "message": "waiting", "progress": 0.0,
        "pages": { "done": 0, "total": 0 }, "attempt": 0, "files": [format!("letter-{number}.png")], "bytes": 1000,
        "created_at": "2027-01-15T07:50:00Z", "seq": u64::from(number),
    }))
    .unwrap()
}

pub(crate) fn overview() -> Overview {
    serde_json::from_value(json!({
        "node": {
            "name": "scanhost", "version": "0.1.0", "pid": 1, "started_at": "2027-01-15T07:00:00Z",
            "rss_bytes": 88_000_000, "draining": false,
        },
        "queue": {
            "awaiting_files": 0, "queued": 2, "execution": 0, "succeeded": 1, "failed": 0, "cancelled": 0, "pages": 42,
        },
        "pools": [{
            "service": "ocr", "waiting": 0,
            "workers": [{ "index": 0, "state": "idle", "pid": 2, "rss_bytes": 170_000_000, "pages": 42, "restarts": 0 }],
        }],
    }))
    .unwrap()
}

/// A frame of that type with the time of now and what `content` adds.
pub(crate) fn frame(kind: &str, content: &Value) -> Value {
    let mut frame = json!({ "v": FRAME_VERSION, "type": kind, "time": chrono::Utc::now() });
    frame.as_object_mut().unwrap().extend(content.as_object().unwrap().clone());
    serde_json::from_value::<OpsFrame>(frame.clone()).expect("a frame that the console can read");
    frame
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, shared: Arc<Shared>, local: bool) {
    let Some((line, headers, body)) = request(&mut stream).await else { return };
    let header = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let authorized = local || header("authorization") == Some(format!("Bearer {}", shared.valid_token()));
    match line.as_str() {
        "POST /api/v1/auth/token" if body["password"] == "right" => {
            let token = json!({
                "access_token": shared.valid_token(), "token_type": "Bearer", "expires_in": 60,
                "refresh_token": "again", "refresh_expires_in": 600,
            });
            answer(&mut stream, 200, &token).await;
        }
        "POST /api/v1/auth/token" => refuse(&mut stream, ProblemCode::AuthBadCredentials).await,
        _ if !authorized => refuse(&mut stream, ProblemCode::AuthBadToken).await,
        "GET /api/v1/ops/overview" => answer(&mut stream, 200, &json!(overview())).await,
        "GET /api/v1/ops/ws" => {
            let accept = derive_accept_key(header("sec-websocket-key").unwrap_or_default().as_bytes());
            let head = format!(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
            );
            let feed = shared.feed.subscribe();
            if stream.write_all(head.as_bytes()).await.is_ok() {
                watch(WebSocketStream::from_raw_socket(stream, Role::Server, None).await, feed).await;
            }
        }
        _ => cancel(&mut stream, &shared, &line).await,
    }
}

async fn cancel<S: AsyncWrite + Unpin>(stream: &mut S, shared: &Shared, line: &str) {
    let id = line.strip_prefix("POST /api/v1/ops/tasks/").and_then(|rest| rest.strip_suffix("/cancel"));
    match id.and_then(|id| id.parse().ok()) {
        Some(id) if id == task(3, "success").id => refuse(stream, ProblemCode::TaskWrongState).await,
        Some(id) => {
            lock(&shared.cancelled).push(id);
            answer(stream, 202, &json!({})).await;
        }
        None => refuse(stream, ProblemCode::RequestNotFound).await,
    }
}

/// Tells what there is, then whatever the test wants told.
async fn watch<S: AsyncRead + AsyncWrite + Unpin>(mut socket: WebSocketStream<S>, mut feed: broadcast::Receiver<Feed>) {
    let tasks = [task(1, "queued"), task(2, "queued"), task(3, "success")];
    for first in [frame("overview", &json!({ "overview": overview() })), frame("tasks", &json!({ "tasks": tasks }))] {
        let _ = socket.send(Message::text(first.to_string())).await;
    }
    loop {
        tokio::select! {
            told = feed.recv() => match told {
                Ok(Feed::Text(text)) if socket.send(Message::text(text.as_str())).await.is_ok() => {}
                _ => return,
            },
            heard = socket.next() => if !matches!(heard, Some(Ok(_))) { return },
        }
    }
}

type Headers = Vec<(String, String)>;

/// Method and path, headers with names in lower case, and the body as JSON.
async fn request<S: AsyncRead + Unpin>(stream: &mut S) -> Option<(String, Headers, Value)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let text = String::from_utf8(head).ok()?;
    let (line, rest) = text.split_once("\r\n")?;
    let headers: Headers = rest
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or("0", |(_, value)| value);
    let mut body = vec![0; length.parse().ok()?];
    stream.read_exact(&mut body).await.ok()?;
    let line = line.rsplit_once(' ')?.0.to_owned();
    Some((line, headers, serde_json::from_slice(&body).unwrap_or_default()))
}

async fn refuse<S: AsyncWrite + Unpin>(stream: &mut S, code: ProblemCode) {
    answer(stream, code.status(), &json!(Problem::new(code, code.title()))).await;
}

async fn answer<S: AsyncWrite + Unpin>(stream: &mut S, status: u16, body: &Value) {
    let body = body.to_string();
    let head = format!("HTTP/1.1 {status} -\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = stream.write_all((head + &body).as_bytes()).await;
    let _ = stream.shutdown().await;
}
