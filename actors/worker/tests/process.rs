//! A worker as a process of its own: this test binary runs itself again as the worker, with the frames on standard input
//! and standard error (standard output belongs to the test harness).

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use d2d_api::ProblemCode;
use d2d_worker::{
    ArtifactFile, AssembleJob, Converter, FrameError, InputFile, Inspection, PageJob, Refusal, Reply, Request,
    end_group, read_frame, serve, write_frame,
};
use serde_json::{Value, json};

/// Set in the process that shall be the worker.
const IS_WORKER: &str = "D2D_TEST_IS_WORKER";
/// Set in the process that shall be run by a worker: what it shall do.
const IS_HELPER: &str = "D2D_TEST_IS_HELPER";
/// The file that it shall do it with.
const HELPER_FILE: &str = "D2D_TEST_HELPER_FILE";
/// Set in the process that shall start a worker, say its id, and be killed.
const IS_DAEMON: &str = "D2D_TEST_IS_DAEMON";

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Does what the page's parameters say, and tells what came of it.
struct Prober;

impl Converter for Prober {
    fn inspect(&mut self, input: &InputFile, _: &Value) -> Result<Inspection, Refusal> {
        let text = std::fs::read_to_string(&input.path).map_err(|error| refused(&error))?;
        Ok(Inspection { pages: vec![1], warnings: vec![text] })
    }

    fn convert(&mut self, job: &PageJob) -> Result<Value, Refusal> {
        let (path, what) = (&job.input.path, job.params.as_str().unwrap_or_default());
        match what {
            "allocate" => {
                let huge = vec![1_u8; 256 << 20];
                Ok(json!(huge.len()))
            }
            "panic" => {
                let nothing: [u8; 0] = [];
                let index = job.page as usize;
                Ok(json!(nothing[index]))
            }
            "refuse" => Err(Refusal::new(ProblemCode::InputDamaged, "torn")),
            _ => match what.strip_prefix("help to ") {
                Some(what) => run_helper(what, path).map(Value::String).map_err(|error| refused(&error)),
                None => Ok(outcome(what, path).map_or_else(|| job.params.clone(), Value::String)),
            },
        }
    }

    fn assemble(&mut self, _: &AssembleJob) -> Result<Vec<ArtifactFile>, Refusal> {
        Ok(Vec::new())
    }
}

/// Does something that a sandbox may forbid, and tells what came of it; `None` if it is nothing of that kind.
fn outcome(what: &str, path: &Path) -> Option<String> {
    let outcome = match what {
        "read" => std::fs::read(path).map(drop),
        "write" => std::fs::write(path, "x"),
        "udp" => std::net::UdpSocket::bind("127.0.0.1:0").map(drop),
        "tcp" => std::net::TcpStream::connect("127.0.0.1:1").map(drop),
        "run" => run_true(),
        "thread" => std::thread::Builder::new().spawn(|| 7).map(|thread| assert!(thread.join().is_ok_and(|n| n == 7))),
        "kill" => kill_parent(),
        "leave" => rustix::process::setsid().map(drop).map_err(Into::into),
        "sleep" => {
            std::thread::sleep(Duration::from_mins(1));
            Ok(())
        }
        "say your id and sleep" => say_id(path).map(|()| std::thread::sleep(Duration::from_mins(1))),
        _ => return None,
    };
    Some(outcome.map_or_else(|error| format!("{:?}", error.kind()), |()| "done".into()))
}

/// Runs a program that no worker of these tests may run. (With pipes, as a sandbox has no `/dev/null`.)
fn run_true() -> io::Result<()> {
    Command::new("/bin/true").stdin(Stdio::piped()).output().map(drop)
}

/// Has a helper do something: this test binary again, as the one program that a worker may run.
fn run_helper(what: &str, path: &Path) -> io::Result<String> {
    let output = Command::new(std::env::current_exe()?)
        .args(["helper", "--exact", "--nocapture", "--test-threads=1"])
        .env_remove(IS_WORKER)
        .env(IS_HELPER, what)
        .env(HELPER_FILE, path)
        .stdin(Stdio::piped())
        .output()?;
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Writes the id of this process into a file, all at once.
fn say_id(path: &Path) -> io::Result<()> {
    std::fs::write(path.with_extension("new"), std::process::id().to_string())?;
    std::fs::rename(path.with_extension("new"), path)
}

/// Sends the process that started this one a signal that does nothing.
fn kill_parent() -> io::Result<()> {
    let parent = rustix::process::getppid().ok_or_else(|| io::Error::other("no parent"))?;
    Ok(rustix::process::kill_process(parent, rustix::process::Signal::CONT)?)
}

fn refused(error: &io::Error) -> Refusal {
    Refusal::new(ProblemCode::InputDamaged, error.to_string())
}

/// The worker process; nothing when the tests are run.
#[test]
fn worker() -> Outcome {
    if std::env::var_os(IS_WORKER).is_some() {
        // The frames go where panics are told.
        std::panic::set_hook(Box::new(|_| {}));
        let build = |settings: Value| {
            let missing = || Refusal::new(ProblemCode::OcrModelMissing, "no model");
            settings.is_object().then(|| Box::new(Prober) as Box<dyn Converter>).ok_or_else(missing)
        };
        serve(build, io::stdin().lock(), io::stderr())?;
    }
    Ok(())
}

/// The program that a worker runs; nothing when the tests are run.
#[test]
fn helper() {
    if let Ok(what) = std::env::var(IS_HELPER) {
        let path = std::env::var_os(HELPER_FILE).map(PathBuf::from).unwrap_or_default();
        eprint!("{}", outcome(&what, &path).unwrap_or(what));
    }
}

/// The process that stands for the daemon; nothing when the tests are run.
#[test]
fn daemon() -> Outcome {
    if let Some(folder) = std::env::var_os(IS_DAEMON) {
        let folder = PathBuf::from(folder);
        let mut worker = Worker::start(&folder, 1 << 30)?;
        worker.send(&Request::Convert(job("sleep", &folder)))?;
        std::fs::write(folder.join("pid.new"), worker.child.id().to_string())?;
        std::fs::rename(folder.join("pid.new"), folder.join("pid"))?;
        std::thread::sleep(Duration::from_mins(1));
    }
    Ok(())
}

/// A test of this file run again, as a process.
fn again(test: &str, role: &str, value: &Path) -> Result<Child, Box<dyn std::error::Error>> {
    Ok(Command::new(std::env::current_exe()?)
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env_remove(IS_DAEMON)
        .env(role, value)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()?)
}

struct Worker {
    child: Child,
    requests: ChildStdin,
    replies: ChildStderr,
    sandbox_gaps: Vec<String>,
}

impl Worker {
    /// A worker that may read `folder/in` and write `folder/out`.
    fn start(folder: &Path, memory_bytes: u64) -> Result<Self, Box<dyn std::error::Error>> {
        Self::start_with(folder, memory_bytes, Vec::new())
    }

    /// The same, that may also run these programs.
    fn start_with(
        folder: &Path,
        memory_bytes: u64,
        programs: Vec<PathBuf>,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let mut worker = Self::launch()?;
        let (readable, writable) = (vec![folder.join("in")], vec![folder.join("out")]);
        let start = Request::Start { settings: json!({}), readable, writable, programs, memory_bytes };
        match worker.ask(&start)? {
            Reply::Ready { sandbox_gaps } => {
                worker.sandbox_gaps = sandbox_gaps;
                Ok(worker)
            }
            other => Err(format!("not ready: {other:?}").into()),
        }
    }

    fn launch() -> Result<Self, Box<dyn std::error::Error>> {
        let mut child = again("worker", IS_WORKER, Path::new("yes"))?;
        let requests = child.stdin.take().ok_or("no stdin")?;
        let replies = child.stderr.take().ok_or("no stderr")?;
        Ok(Self { child, requests, replies, sandbox_gaps: Vec::new() })
    }

    fn send(&mut self, request: &Request) -> Result<(), FrameError> {
        write_frame(&mut self.requests, request)
    }

    fn ask(&mut self, request: &Request) -> Result<Reply, Box<dyn std::error::Error>> {
        self.send(request)?;
        Ok(read_frame(&mut self.replies)?.ok_or("the worker ended")?)
    }

    /// What came of doing that.
    fn try_to(&mut self, what: &str, path: &Path) -> Result<String, Box<dyn std::error::Error>> {
        match self.ask(&Request::Convert(job(what, path)))? {
            Reply::Converted { result: Value::String(outcome) } => Ok(outcome),
            other => Err(format!("{what}: {other:?}").into()),
        }
    }

    fn end(mut self) -> io::Result<ExitStatus> {
        drop(self.requests);
        self.child.wait()
    }
}

fn input(path: &Path) -> InputFile {
    InputFile { path: path.into(), name: "page.png".into(), media_type: "image/png".into() }
}

fn job(what: &str, path: &Path) -> PageJob {
    PageJob { input: input(path), page: 1, params: what.into(), threads: 1 }
}

/// A folder with `in/page`, `out/` and `secret`.
fn folder() -> io::Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    std::fs::create_dir(folder.path().join("in"))?;
    std::fs::create_dir(folder.path().join("out"))?;
    std::fs::write(folder.path().join("in/page"), "text")?;
    std::fs::write(folder.path().join("secret"), "secret")?;
    Ok(folder)
}

#[test]
fn requests_are_answered_until_the_pipe_ends() -> Outcome {
    let folder = folder()?;
    let mut worker = Worker::start(folder.path(), 1 << 30)?;
    let inspect = Request::Inspect { input: input(&folder.path().join("in/page")), params: Value::Null };
    let expected = Inspection { pages: vec![1], warnings: vec!["text".into()] };
    assert_eq!(worker.ask(&inspect)?, Reply::Inspected(expected));
    assert_eq!(worker.try_to("an echo", folder.path())?, "an echo");
    let refusal = Refusal::new(ProblemCode::InputDamaged, "torn");
    assert_eq!(worker.ask(&Request::Convert(job("refuse", folder.path())))?, Reply::Refused(refusal));
    let assemble = AssembleJob { files: Vec::new(), params: Value::Null, out_dir: folder.path().join("out") };
    assert_eq!(worker.ask(&Request::Assemble(assemble))?, Reply::Assembled { artifacts: Vec::new() });
    assert!(worker.end()?.success());
    Ok(())
}

#[test]
fn a_panic_costs_the_page_not_the_process() -> Outcome {
    let folder = folder()?;
    let mut worker = Worker::start(folder.path(), 1 << 30)?;
    let reply = worker.ask(&Request::Convert(job("panic", folder.path())))?;
    assert!(matches!(reply, Reply::Broken(Refusal { code: ProblemCode::Internal, .. })), "{reply:?}");
    assert_eq!(worker.try_to("still here", folder.path())?, "still here");
    Ok(())
}

#[test]
fn a_converter_that_cannot_be_built_ends_the_worker() -> Outcome {
    let mut worker = Worker::launch()?;
    let start = Request::Start {
        settings: Value::Null,
        readable: vec![],
        writable: vec![],
        programs: vec![],
        memory_bytes: 1 << 30,
    };
    let reply = worker.ask(&start)?;
    assert!(matches!(reply, Reply::Broken(Refusal { code: ProblemCode::OcrModelMissing, .. })), "{reply:?}");
    assert!(!worker.end()?.success());
    Ok(())
}

#[test]
fn the_network_other_programs_and_processes_are_out_of_reach() -> Outcome {
    let folder = folder()?;
    let mut worker = Worker::start(folder.path(), 1 << 30)?;
    for what in ["udp", "tcp", "run", "kill"] {
        assert_eq!(worker.try_to(what, folder.path())?, "PermissionDenied", "{what}");
    }
    assert_eq!(worker.try_to("thread", folder.path())?, "done");
    Ok(())
}

#[test]
fn a_helper_can_be_run_and_is_held_to_the_same_sandbox() -> Outcome {
    let folder = folder()?;
    let mut worker = Worker::start_with(folder.path(), 1 << 30, vec![std::env::current_exe()?])?;
    let (inside, outside) = (folder.path().join("in/page"), folder.path().join("secret"));
    assert_eq!(worker.try_to("help to read", &inside)?, "done");
    assert_eq!(worker.try_to("help to thread", &inside)?, "done");
    for what in ["udp", "tcp", "kill", "leave"] {
        assert_eq!(worker.try_to(what, &inside)?, "PermissionDenied", "{what}");
        assert_eq!(worker.try_to(&format!("help to {what}"), &inside)?, "PermissionDenied", "help to {what}");
    }
    if worker.sandbox_gaps.iter().any(|gap| gap.contains("landlock")) {
        eprintln!("not shown that other programs are out of reach: {:?}", worker.sandbox_gaps);
        return Ok(());
    }
    assert_eq!(worker.try_to("run", &inside)?, "PermissionDenied");
    assert_eq!(worker.try_to("help to run", &inside)?, "PermissionDenied");
    assert_eq!(worker.try_to("help to read", &outside)?, "PermissionDenied");
    assert_eq!(worker.try_to("help to write", &inside)?, "PermissionDenied");
    Ok(())
}

#[test]
fn a_helper_dies_with_the_group_of_its_worker() -> Outcome {
    let folder = folder()?;
    let mut worker = Worker::start_with(folder.path(), 1 << 30, vec![std::env::current_exe()?])?;
    let pid = folder.path().join("out/pid");
    worker.send(&Request::Convert(job("help to say your id and sleep", &pid)))?;
    let helper = said_in(&pid)?;
    assert!(is_running(&helper));
    end_group(worker.child.id())?;
    worker.child.wait()?;
    wait_until_ended(&helper);
    Ok(())
}

#[test]
fn only_its_folders_can_be_opened() -> Outcome {
    let folder = folder()?;
    let (inside, outside) = (folder.path().join("in/page"), folder.path().join("secret"));
    let mut worker = Worker::start(folder.path(), 1 << 30)?;
    assert_eq!(worker.try_to("read", &inside)?, "done");
    assert_eq!(worker.try_to("write", &folder.path().join("out/result"))?, "done");
    assert_eq!(worker.try_to("read", &folder.path().join("out/result"))?, "done");
    if worker.sandbox_gaps.iter().any(|gap| gap.contains("landlock")) {
        eprintln!("not shown that other files are out of reach: {:?}", worker.sandbox_gaps);
        return Ok(());
    }
    assert_eq!(worker.try_to("read", &outside)?, "PermissionDenied");
    assert_eq!(worker.try_to("write", &inside)?, "PermissionDenied");
    assert_eq!(worker.try_to("write", &folder.path().join("in/new"))?, "PermissionDenied");
    assert_eq!(worker.try_to("read", Path::new("/etc/passwd"))?, "PermissionDenied");
    Ok(())
}

#[test]
fn memory_over_the_limit_ends_the_process() -> Outcome {
    let folder = folder()?;
    let mut roomy = Worker::start(folder.path(), 1 << 30)?;
    let reply = roomy.ask(&Request::Convert(job("allocate", folder.path())))?;
    assert_eq!(reply, Reply::Converted { result: json!(256 << 20) });

    let mut tight = Worker::start(folder.path(), 128 << 20)?;
    tight.send(&Request::Convert(job("allocate", folder.path())))?;
    let mut said = String::new();
    tight.replies.read_to_string(&mut said)?;
    assert!(said.contains("memory allocation"), "{said}");
    assert!(!tight.end()?.success());
    Ok(())
}

#[test]
fn a_worker_dies_with_its_daemon() -> Outcome {
    let folder = folder()?;
    let mut daemon = again("daemon", IS_DAEMON, folder.path())?;
    let worker = said_in(&folder.path().join("pid"))?;
    assert!(is_running(&worker));
    daemon.kill()?;
    daemon.wait()?;
    wait_until_ended(&worker);
    Ok(())
}

#[test]
fn a_folder_that_comes_later_can_be_read() -> Outcome {
    let folder = folder()?;
    std::fs::remove_dir_all(folder.path().join("in"))?;
    let mut worker = Worker::start(folder.path(), 1 << 30)?;
    std::fs::write(folder.path().join("in/page"), "late")?;
    assert_eq!(worker.try_to("read", &folder.path().join("in/page"))?, "done");
    Ok(())
}

/// What a file says as soon as it is there.
fn said_in(path: &Path) -> io::Result<String> {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !path.exists() {
        assert!(Instant::now() < deadline, "the process was not started");
        std::thread::sleep(Duration::from_millis(10));
    }
    std::fs::read_to_string(path)
}

fn wait_until_ended(pid: &str) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while is_running(pid) {
        assert!(Instant::now() < deadline, "the process lives on");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a process is there and not just waiting to be reaped.
fn is_running(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = status.rsplit(')').next().and_then(|rest| rest.split_whitespace().next());
    !matches!(state, None | Some("Z" | "X"))
}
