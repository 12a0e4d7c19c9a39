//! Runs files through the whole converter, as a worker process does, and writes the result of one format: for measuring
//! and for checks without a daemon.
//!
//! `cargo run --release -p d2d-ocr --example searchable -- --models DIR [--params JSON] FILE OUT [FILE OUT]...`
//!
//! The parameters are those of a task; their first format is written to `OUT`, further ones beside it, each with its own
//! extension. Prints a line for each file: seconds for reading and for writing, the sizes, and the memory needed so far.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use d2d_ocr::converter::OcrConverter;
use d2d_ocr::engine::tesseract::discover;
use d2d_ocr::input::Limits;
use d2d_ocr::settings::OcrSettings;
use d2d_worker::{AssembleJob, Converter, FilePages, InputFile, PageJob, Refusal};
use serde_json::{Value, json};

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let (mut models, mut params, mut files) = (None, json!({ "formats": ["pdf"] }), Vec::new());
    while let Some(arg) = args.next() {
        let mut value = || args.next().with_context(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--models" => models = Some(PathBuf::from(value()?)),
            "--params" => params = serde_json::from_str(&value()?)?,
            flag if flag.starts_with("--") => bail!("unknown flag {flag}"),
            file => files.push((PathBuf::from(file), PathBuf::from(value()?))),
        }
    }
    let models = models.context("which models? --models DIR")?;
    let settings = OcrSettings { models, limits: Limits::default(), tesseract: discover("tesseract").ok() };
    let mut converter = OcrConverter::new(&settings)?;
    for (file, out) in &files {
        match convert(&mut converter, file, out, &params) {
            Ok((reading, writing, pages)) => println!(
                "ok\t{pages} pages\t{:.2} s\t{:.2} s\t{} -> {} bytes\t{} MB\t{}",
                reading.as_secs_f32(),
                writing.as_secs_f32(),
                file.metadata()?.len(),
                out.metadata()?.len(),
                peak_megabytes(),
                file.display()
            ),
            Err(error) => println!("refused\t{error:#}\t{}", file.display()),
        }
    }
    Ok(())
}

fn convert(
    converter: &mut OcrConverter,
    file: &Path,
    out: &Path,
    params: &Value,
) -> anyhow::Result<(Duration, Duration, usize)> {
    let folder = tempfile::tempdir()?;
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let input = InputFile { path: file.to_owned(), name, media_type: String::new() };
    let started = Instant::now();
    let inspection = converter.inspect(&input, params).map_err(coded)?;
    let mut pages = Vec::new();
    for page in inspection.pages {
        let job = PageJob { input: input.clone(), page, params: params.clone(), threads: 2 };
        let kept = folder.path().join(format!("{page}.json"));
        std::fs::write(&kept, serde_json::to_vec(&converter.convert(&job).map_err(coded)?)?)?;
        pages.push((page, kept));
    }
    let (reading, count, started) = (started.elapsed(), pages.len(), Instant::now());
    let files = vec![FilePages { input, pages, failed: Vec::new(), warnings: inspection.warnings }];
    let job = AssembleJob { files, params: params.clone(), out_dir: folder.path().to_owned() };
    for (index, artifact) in converter.assemble(&job).map_err(coded)?.into_iter().enumerate() {
        let to = if index == 0 { out.to_owned() } else { out.with_extension(&artifact.format) };
        std::fs::copy(artifact.path, to)?;
    }
    Ok((reading, started.elapsed(), count))
}

fn coded(refusal: Refusal) -> anyhow::Error {
    let Refusal { code, detail } = refusal;
    anyhow::anyhow!("{code}: {detail}")
}

/// The most memory that this process has had resident.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or(0) / 1024
}
