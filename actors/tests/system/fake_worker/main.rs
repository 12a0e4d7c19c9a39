//! A worker process that does as the parameters of the task tell it: for tests of those who own worker processes.
//!
//! It speaks the frames of `d2d-worker` by itself, without its sandbox, so that it can leave marks of what it did and
//! misbehave in every way.

#[path = "../script.rs"]
mod script;

use std::error::Error;
use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use d2d_worker::{ArtifactFile, AssembleJob, Inspection, PageJob, Refusal, Reply, Request, read_frame, write_frame};
use serde_json::{Value, json};

use script::{Script, Settings};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "fake worker: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<()> {
    let (mut from, mut to) = (io::stdin(), io::stdout());
    while let Some(request) = read_frame::<Request>(&mut from)? {
        let reply = match request {
            Request::Start { settings, .. } => start(&serde_json::from_value(settings)?),
            Request::Inspect { params, .. } => inspect(&script(params)?),
            Request::Convert(job) => convert(job)?,
            Request::Assemble(job) => assemble(&job)?,
        };
        write_frame(&mut to, &reply)?;
    }
    Ok(())
}

fn script(params: Value) -> Result<Script> {
    Ok(serde_json::from_value(params)?)
}

fn start(settings: &Settings) -> Reply {
    match settings.broken {
        Some(code) => Reply::Broken(Refusal::new(code, "told to be broken")),
        None => Reply::Ready { sandbox_gaps: Vec::new() },
    }
}

fn inspect(script: &Script) -> Reply {
    match script.refuse_file {
        Some(code) => Reply::Refused(Refusal::new(code, "told to refuse the file")),
        None => Reply::Inspected(Inspection { pages: (1..=script.pages).collect(), warnings: Vec::new() }),
    }
}

fn convert(job: PageJob) -> Result<Reply> {
    let (script, page) = (script(job.params)?, job.page);
    let tries = mark(&script, &format!("{}-{page}", job.input.name))?;
    if script.crash_page == Some(page) && tries <= script.crash_times {
        std::process::abort();
    }
    if script.hang_all || script.hang_page == Some(page) {
        std::thread::sleep(Duration::from_hours(1));
    }
    if script.refuse_page == Some(page) {
        let code = d2d_api::ProblemCode::InputDamaged;
        return Ok(Reply::Refused(Refusal::new(code, "told to refuse the page")));
    }
    wait_for_gate(&script)?;
    std::thread::sleep(Duration::from_millis(script.page_ms));
    let content = std::fs::read_to_string(&job.input.path)?;
    Ok(Reply::Converted { result: json!({ "file": job.input.name, "page": page, "content": content }) })
}

fn assemble(job: &AssembleJob) -> Result<Reply> {
    let script = script(job.params.clone())?;
    if let Some(path) = script.artifact_path {
        return Ok(Reply::Assembled { artifacts: vec![artifact(&path)] });
    }
    let mut text = String::new();
    for (_, path) in job.files.iter().flat_map(|file| &file.pages) {
        let page: Value = serde_json::from_slice(&std::fs::read(path)?)?;
        writeln!(text, "{} {}: {}", page["file"], page["page"], page["content"])?;
    }
    let path = job.out_dir.join("result.txt");
    std::fs::write(&path, text)?;
    Ok(Reply::Assembled { artifacts: vec![artifact(&path)] })
}

fn artifact(path: &Path) -> ArtifactFile {
    ArtifactFile {
        path: path.to_owned(),
        name: "result.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        format: "txt".to_owned(),
    }
}

/// Notes a try of a page, and answers how many there were, with this one.
fn mark(script: &Script, name: &str) -> io::Result<u64> {
    let Some(marks) = &script.marks else { return Ok(1) };
    let mut file = OpenOptions::new().create(true).append(true).open(marks.join(name))?;
    file.write_all(b"x")?;
    Ok(file.metadata()?.len())
}

/// Returns when the gate is open, or fails after a minute.
fn wait_for_gate(script: &Script) -> io::Result<()> {
    let Some(gate) = &script.gate else { return Ok(()) };
    for _ in 0..6000 {
        if gate.try_exists()? {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Err(io::Error::other("nobody opened the gate"))
}
