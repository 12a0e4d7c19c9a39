//! A competitor reads all pages in a process of its own, which tells what that took.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use d2d_ocr::converter::OcrConverter;
use d2d_ocr::engine::tesseract::discover;
use d2d_ocr::input::Limits;
use d2d_ocr::reading::Reading;
use d2d_ocr::settings::OcrSettings;
use d2d_worker::{Converter, InputFile, PageJob};
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde::{Deserialize, Serialize};

use crate::arguments::Arguments;
use crate::competitor::Competitor;
use crate::manifest::Page;

/// The first argument of a process that reads.
pub(crate) const CHILD: &str = "--read";

/// What a process is to read.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    competitor: Competitor,
    models: PathBuf,
    threads: u32,
    pages: Vec<Page>,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// By page.
    pub(crate) pages: Vec<PageMeasured>,
    /// The most memory that a process had resident.
    pub(crate) peak_bytes: u64,
}

/// One page, read.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PageMeasured {
    /// What was read, or why nothing was.
    pub(crate) text: Result<String, String>,
    /// Seconds of processor time.
    pub(crate) cpu: f64,
    /// Seconds.
    pub(crate) wall: f64,
}

/// Has a competitor read the pages.
pub(crate) fn measure(competitor: Competitor, arguments: &Arguments, pages: &[Page]) -> Result<Measured> {
    let order =
        Order { competitor, models: arguments.models.clone(), threads: arguments.threads, pages: pages.to_vec() };
    let mut child = Command::new(std::env::current_exe()?)
        .arg(CHILD)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("can't start a process")?;
    child.stdin.take().context("no pipe")?.write_all(&serde_json::to_vec(&order)?)?;
    let mut answer = Vec::new();
    child.stdout.take().context("no pipe")?.read_to_end(&mut answer)?;
    ensure!(child.wait()?.success(), "its process ended before it was done");
    Ok(serde_json::from_slice(&answer)?)
}

/// Reads what standard input orders.
pub(crate) fn child() -> Result<()> {
    let order: Order = serde_json::from_reader(std::io::stdin())?;
    let mut reader = Reader::of(&order)?;
    let mut measured = Measured { pages: Vec::new(), peak_bytes: 0 };
    // The first page is read once more, so that loading models and filling caches is in no page's time.
    for page in order.pages.first().into_iter().chain(&order.pages) {
        let (cpu, started) = (cpu_seconds()?, Instant::now());
        let text = reader.read(page).map_err(|error| format!("{error:#}"));
        measured.pages.push(PageMeasured { text, cpu: cpu_seconds()? - cpu, wall: started.elapsed().as_secs_f64() });
    }
    measured.pages.remove(0);
    measured.peak_bytes = usages()?.iter().map(|usage| usage.max_rss().unsigned_abs() << 10).max().unwrap_or(0);
    serde_json::to_writer(std::io::stdout().lock(), &measured)?;
    Ok(())
}

enum Reader {
    Ours { converter: Box<OcrConverter>, competitor: Competitor, threads: u32 },
    Tesseract,
}

impl Reader {
    fn of(order: &Order) -> Result<Self> {
        if order.competitor == Competitor::Tesseract {
            return Ok(Self::Tesseract);
        }
        let tesseract = discover("tesseract").ok();
        let settings = OcrSettings { models: order.models.clone(), limits: Limits::default(), tesseract };
        let converter = Box::new(OcrConverter::new(&settings)?);
        Ok(Self::Ours { converter, competitor: order.competitor, threads: order.threads })
    }

    fn read(&mut self, page: &Page) -> Result<String> {
        match self {
            Self::Ours { converter, competitor, threads } => {
                let input = InputFile {
                    path: page.path.clone(),
                    name: page.name.clone(),
                    media_type: "application/octet-stream".to_owned(),
                };
                let params = competitor.params(&page.languages());
                let job = PageJob { input, page: 1, params, threads: *threads };
                let reading: Reading = serde_json::from_value(converter.convert(&job)?)?;
                Ok(reading.page.text())
            }
            Self::Tesseract => {
                let run = Command::new("tesseract")
                    .arg(&page.path)
                    .args(["stdout", "-l", &page.tesseract_language()])
                    .env("OMP_THREAD_LIMIT", "1")
                    .output()?;
                if !run.status.success() {
                    bail!("tesseract: {}", String::from_utf8_lossy(&run.stderr).trim());
                }
                Ok(String::from_utf8(run.stdout)?)
            }
        }
    }
}

/// Of this process, and of those that it started and that have ended.
fn usages() -> Result<[Usage; 2]> {
    Ok([getrusage(UsageWho::RUSAGE_SELF)?, getrusage(UsageWho::RUSAGE_CHILDREN)?])
}

#[allow(clippy::cast_precision_loss)] // Years of microseconds fit.
fn cpu_seconds() -> Result<f64> {
    let times = usages()?.map(|usage| usage.user_time().num_microseconds() + usage.system_time().num_microseconds());
    Ok(times.iter().sum::<i64>() as f64 / 1e6)
}
