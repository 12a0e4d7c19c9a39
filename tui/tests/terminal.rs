//! The console in a real terminal: what it shows, what keys do, and that it gives the terminal back.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod fake_daemon;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::sys::termios::{LocalFlags, tcgetattr};
use nix::unistd::Pid;
use tempfile::TempDir;

use fake_daemon::{FakeDaemon, task};

const DEADLINE: Duration = Duration::from_secs(20);
const ENTER_SCREEN: &str = "\u{1b}[?1049h";
const LEAVE_SCREEN: &str = "\u{1b}[?1049l";

/// A console in a terminal of its own.
struct Console {
    child: Child,
    terminal: OwnedFd,
    keyboard: File,
    screen: Arc<Mutex<Vec<u8>>>,
}

impl Console {
    fn start(socket: &Path) -> Self {
        let size = Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 };
        let pty = openpty(Some(&size), None).unwrap();
        let half = || Stdio::from(pty.slave.try_clone().unwrap());
        let child = Command::new(env!("CARGO_BIN_EXE_d2d-tui"))
            .args(["--socket".as_ref(), socket.as_os_str()])
            .env("TERM", "xterm-256color")
            .env("NO_COLOR", "1")
            .stdin(half())
            .stdout(half())
            .stderr(half())
            .spawn()
            .unwrap();
        let keyboard = File::from(pty.master);
        let screen = Arc::new(Mutex::new(Vec::new()));
        let (mut output, written) = (keyboard.try_clone().unwrap(), screen.clone());
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = output.read(&mut buffer) {
                written.lock().unwrap().extend(&buffer[..read]);
            }
        });
        Self { child, terminal: pty.slave, keyboard, screen }
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    fn written(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned()
    }

    fn wait_for(&self, text: &str) {
        self.wait_until(|| self.written().contains(text), text);
    }

    fn wait_until(&self, condition: impl Fn() -> bool, what: &str) {
        let since = Instant::now();
        while !condition() {
            assert!(since.elapsed() < DEADLINE, "no `{what}` in {}", self.written());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn end(&mut self) -> ExitStatus {
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(since.elapsed() < DEADLINE, "the console does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether the terminal waits for whole lines and shows what is typed, as shells need it.
    fn is_cooked(&self) -> bool {
        tcgetattr(&self.terminal).unwrap().local_flags.contains(LocalFlags::ICANON | LocalFlags::ECHO)
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_cancelled_with_keys() {
    let dir = TempDir::new().unwrap();
    let daemon = FakeDaemon::start(dir.path()).await;
    let mut console = Console::start(&daemon.socket);
    console.wait_for("scanhost");
    console.press("2");
    console.wait_for("by activity");
    console.press("c");
    console.wait_for("Cancel this task?");
    assert!(daemon.cancelled().is_empty(), "not before the yes");
    console.press("y");
    console.wait_for("1 task cancelled");
    assert_eq!(daemon.cancelled(), [task(2, "queued").id]);
    console.press("q");
    assert!(console.end().success());
}

#[test]
fn the_terminal_is_given_back_on_a_signal() {
    let dir = TempDir::new().unwrap();
    let mut console = Console::start(&dir.path().join("no-daemon.sock"));
    console.wait_for("no daemon listens");
    assert!(console.written().contains(ENTER_SCREEN) && !console.is_cooked());
    kill(Pid::from_raw(console.child.id().try_into().unwrap()), Signal::SIGTERM).unwrap();
    assert!(console.end().success());
    console.wait_for(LEAVE_SCREEN);
    assert!(console.is_cooked());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_overview_without_a_terminal() {
    let dir = TempDir::new().unwrap();
    let daemon = FakeDaemon::start(dir.path()).await;
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_d2d-tui"));
        command.arg("--socket").arg(&daemon.socket).args(arguments).output().unwrap()
    };
    let text = run(&["--once"]);
    assert!(text.status.success() && String::from_utf8_lossy(&text.stdout).contains("scanhost"));
    let json: d2d_api::Overview = serde_json::from_slice(&run(&["--once", "--json"]).stdout).unwrap();
    assert_eq!(json, fake_daemon::overview());
    let console = run(&[]);
    assert!(!console.status.success() && String::from_utf8_lossy(&console.stderr).contains("--once"));
}
