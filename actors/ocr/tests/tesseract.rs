//! The installed tesseract in the sandbox of a worker: this test binary runs itself again as the worker, with the frames on
//! standard input and standard error (standard output belongs to the test harness). Where there is no tesseract, nothing
//! is shown, and that is said.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use d2d_ocr::converter::OcrConverter;
use d2d_ocr::engine::tesseract::{Installation, discover};
use d2d_ocr::input::Limits;
use d2d_ocr::reading::Reading;
use d2d_ocr::settings::OcrSettings;
use d2d_worker::{Converter, InputFile, PageJob, Reply, Request, read_frame, serve, write_frame};
use serde_json::{Value, json};

/// Set in the process that shall be the worker.
const IS_WORKER: &str = "D2D_TEST_IS_WORKER";

/// The limits of a worker by default.
const MEMORY: u64 = 2 << 30;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// The worker process; nothing when the tests are run.
#[test]
fn worker() -> Outcome {
    if std::env::var_os(IS_WORKER).is_some() {
        let build = |settings: Value| {
            let settings: OcrSettings = serde_json::from_value(settings).unwrap_or_else(|_| OcrSettings {
                models: "/nowhere".into(),
                limits: Limits::default(),
                tesseract: None,
            });
            OcrConverter::new(&settings).map(|converter| Box::new(converter) as Box<dyn Converter>)
        };
        serve(build, io::stdin().lock(), io::stderr())?;
    }
    Ok(())
}

/// What a worker answers that is to read this page with tesseract.
fn read(tesseract: &Installation, page: &Path, programs: bool) -> Result<Reply, Box<dyn std::error::Error>> {
    let mut worker = Command::new(std::env::current_exe()?)
        .args(["worker", "--exact", "--nocapture", "--test-threads=1"])
        .env(IS_WORKER, "yes")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let (mut requests, mut replies) =
        (worker.stdin.take().ok_or("no stdin")?, worker.stderr.take().ok_or("no stderr")?);
    let settings = OcrSettings {
        models: page.with_file_name("models"),
        limits: Limits::default(),
        tesseract: Some(tesseract.clone()),
    };
    let start = Request::Start {
        readable: vec![page.into(), settings.models.clone(), tesseract.data.clone()],
        settings: serde_json::to_value(settings)?,
        writable: Vec::new(),
        programs: if programs { vec![tesseract.program.clone()] } else { Vec::new() },
        memory_bytes: MEMORY,
    };
    let input = InputFile { path: page.into(), name: "page.png".into(), media_type: "image/png".into() };
    let params = json!({ "engine": "tesseract", "rotate": false, "deskew": false });
    let convert = Request::Convert(PageJob { input, page: 1, params, threads: 1 });
    let mut reply = None;
    for request in [start, convert] {
        write_frame(&mut requests, &request)?;
        reply = read_frame(&mut replies)?;
    }
    drop(requests);
    worker.wait()?;
    Ok(reply.ok_or("the worker ended")?)
}

#[test]
fn it_reads_a_page_from_within_the_sandbox() -> Outcome {
    let tesseract = match discover("tesseract") {
        Ok(found) if found.languages().contains("eng") => found,
        other => {
            eprintln!("NOT SHOWN that tesseract works in the sandbox: not installed with data for English ({other:?})");
            return Ok(());
        }
    };
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/page.png");
    let folder = tempfile::tempdir()?;
    let page = folder.path().join("page.png");
    std::fs::copy(example, &page)?;
    let Reply::Converted { result } = read(&tesseract, &page, true)? else { return Err("nothing was read".into()) };
    let reading: Reading = serde_json::from_value(result)?;
    assert!(reading.page.words().count() > 10, "{}", reading.page.text());
    let engine = reading.engine.ok_or("no engine named")?;
    assert_eq!((engine.name.as_str(), engine.version.as_deref()), ("tesseract", Some(tesseract.version.as_str())));
    assert_eq!((engine.models[0].name.as_str(), engine.models[0].sha256.len()), ("eng", 64));

    // A sandbox that was not told of it keeps it from running, and that is told.
    let reply = read(&tesseract, &page, false)?;
    assert!(matches!(&reply, Reply::Broken(refusal) if refusal.detail.contains("can't be run")), "{reply:?}");
    Ok(())
}
