//! The converter of OCR worker processes: files to pages, pages to what is read on them, and that to result files.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufWriter, ErrorKind};
use std::path::{Path, PathBuf};

use d2d_api::ProblemCode;
use d2d_worker::{ArtifactFile, AssembleJob, Converter, FilePages, InputFile, Inspection, PageJob, Refusal};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::engine::{Engine, EngineError, Engines, ReadOptions};
use crate::format::{self, FileInfo, Original, PageWriter};
use crate::input::{Document, Limits};
use crate::models;
use crate::params::{Format, OcrParams, Password, Quality};
use crate::pdf::loses_more_than_pages;
use crate::reader::{PageReader, Wishes};
use crate::reading::{EngineInfo, Reading, Request, TextSource};
use crate::settings::OcrSettings;

/// Of how many missing pages the warnings tell.
const MOST_MISSING_TOLD: usize = 100;

/// The converter of OCR worker processes. It keeps its models, and the last file opened.
pub struct OcrConverter {
    engine: Box<dyn Engine>,
    reader: PageReader,
    limits: Limits,
    last: Option<Opened>,
}

/// A file that is kept open.
#[derive(Debug)]
struct Opened {
    path: PathBuf,
    password: Option<Password>,
    document: Document,
}

impl OcrConverter {
    /// A converter with the models of the default quality loaded, if they are installed; others are loaded when a page
    /// needs them.
    ///
    /// # Errors
    /// That an installed model can't be used.
    pub fn new(settings: &OcrSettings) -> Result<Self, Refusal> {
        let mut engine = Engines::new(settings);
        let usual = OcrParams::default();
        let installed = |pack: &&str| models::require(&settings.models, pack).is_ok();
        if usual.model_packs().iter().all(installed) {
            engine.prepare(Quality::default()).map_err(|error| engine_failed(&error))?;
        }
        Ok(Self::with_engine(Box::new(engine), settings))
    }

    /// A converter with an engine of the caller's.
    #[must_use]
    pub fn with_engine(engine: Box<dyn Engine>, settings: &OcrSettings) -> Self {
        Self { engine, reader: PageReader::new(&settings.models), limits: settings.limits, last: None }
    }

    /// The file, opened; the same one is not opened again for each of its pages.
    fn document(&mut self, input: &InputFile, params: &OcrParams) -> Result<&mut Document, Refusal> {
        let is_it = |kept: &Opened| kept.path == input.path && kept.password == params.password;
        let opened = if let Some(kept) = self.last.take().filter(is_it) {
            kept
        } else {
            let password = params.password.as_ref().map(Password::reveal);
            let document = Document::open_with(&input.path, &input.name, &self.limits, password)?;
            Opened { path: input.path.clone(), password: params.password.clone(), document }
        };
        Ok(&mut self.last.insert(opened).document)
    }
}

impl Converter for OcrConverter {
    fn inspect(&mut self, input: &InputFile, params: &Value) -> Result<Inspection, Refusal> {
        let params = parse(params)?;
        let document = self.document(input, &params)?;
        let total = document.page_count();
        let pages = params.pages.as_ref().map_or_else(|| (1..=total).collect(), |ranges| ranges.select(total));
        if pages.is_empty() {
            let ranges = params.pages.map(|ranges| ranges.to_string()).unwrap_or_default();
            let has = if total == 1 { "1 page".into() } else { format!("{total} pages") };
            let detail = format!("`{}` has {has}, and none of them is in `{ranges}`; change `pages`", input.name);
            return Err(Refusal::new(ProblemCode::OcrPageRange, detail));
        }
        let mut warnings = document.warnings().to_vec();
        let lost = document.pdf().filter(|_| params.formats.contains(&Format::Pdf)).and_then(loses_more_than_pages);
        warnings.extend(lost.map(|reason| {
            format!("the searchable PDF keeps its pages, but not its outlines, links and forms, as {reason}")
        }));
        Ok(Inspection { pages, warnings })
    }

    fn convert(&mut self, job: &PageJob) -> Result<Value, Refusal> {
        let params = parse(&job.params)?;
        let document = self.document(&job.input, &params)?;
        let text = document.page_text(job.page, params.dpi, params.mode);
        let text = match text.inspect_err(|_| self.last = None)? {
            Some(text) if !text.wants_reading => return keep(Reading::embedded(text)),
            other => other,
        };
        let page = self.document(&job.input, &params)?.page(job.page, params.dpi);
        let page = page.inspect_err(|_| self.last = None)?;
        #[allow(clippy::cast_possible_truncation)] // From 0 to 1.
        let options = ReadOptions {
            engine: params.engine,
            quality: params.effective_quality(),
            threads: job.threads as usize,
            min_confidence: params.min_confidence as f32,
            languages: params.languages.clone(),
            dpi: page.dpi,
        };
        let read = self.reader.read(page.rgb, Wishes::of(&params), &mut *self.engine, &options);
        let (read, preparation) = read.map_err(|error| engine_failed(&error))?;
        let reading = Reading {
            dpi: page.dpi,
            source: TextSource::Recognised,
            engine: Some(self.engine.info(&options).map_err(|error| engine_failed(&error))?),
            preparation,
            page: read,
        };
        keep(reading.with_embedded(text.map_or_else(Vec::new, |text| text.lines)))
    }

    fn assemble(&mut self, job: &AssembleJob) -> Result<Vec<ArtifactFile>, Refusal> {
        // All of its pages are read: nobody needs the file again.
        self.last = None;
        let params = parse(&job.params)?;
        let stems = format::result_stems(job.files.iter().map(|file| file.input.name.as_str()));
        let mut artifacts = Vec::new();
        for (index, (file, stem)) in job.files.iter().zip(stems).enumerate() {
            let artifact = |&format: &Format| {
                let (extension, media_type) = format::file_type(format, planned(file));
                ArtifactFile {
                    path: job.out_dir.join(format!("{index}.{extension}")),
                    name: format!("{stem}.{extension}"),
                    media_type: media_type.into(),
                    format: format.name().into(),
                }
            };
            let of_file: Vec<ArtifactFile> = params.formats.iter().map(artifact).collect();
            write(file, &params, &self.limits, &of_file)?;
            artifacts.extend(of_file);
        }
        Ok(artifacts)
    }
}

impl std::fmt::Debug for OcrConverter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OcrConverter").field("limits", &self.limits).field("last", &self.last).finish_non_exhaustive()
    }
}

/// Writes the results of one file, all formats in one go over its pages.
fn write(file: &FilePages, params: &OcrParams, limits: &Limits, to: &[ArtifactFile]) -> Result<(), Refusal> {
    let engines_first = params.formats.iter().copied().any(format::names_engines_first);
    let engines = if engines_first { engines(file)? } else { Vec::new() };
    let warnings = warnings(file);
    let info = FileInfo {
        name: &file.input.name,
        page_count: file.pages.len(),
        planned: planned(file),
        engines: &engines,
        warnings: &warnings,
        request: Request::of(params),
        original: Original { path: &file.input.path, params, limits },
    };
    let disk = |error: std::io::Error| unwritten(&error);
    let mut writers: Vec<Box<dyn PageWriter>> = Vec::new();
    for (format, artifact) in params.formats.iter().zip(to) {
        let out = BufWriter::new(File::create_new(&artifact.path).map_err(disk)?);
        writers.push(format::writer(*format, &info, out).map_err(disk)?);
    }
    let pages: BTreeMap<u32, &PathBuf> = file.pages.iter().map(|(number, path)| (*number, path)).collect();
    let failed = file.failed.iter().map(|(number, _)| number);
    for number in pages.keys().chain(failed).collect::<BTreeSet<_>>() {
        let reading: Option<Reading> = pages.get(number).map(|path| kept(path)).transpose()?;
        for writer in &mut writers {
            let written = match &reading {
                Some(reading) => writer.page(*number, reading),
                None => writer.missing(),
            };
            written.map_err(disk)?;
        }
    }
    writers.into_iter().try_for_each(|writer| writer.finish().map_err(disk))
}

/// How many pages of a file were to be read.
fn planned(file: &FilePages) -> usize {
    file.pages.len() + file.failed.len()
}

/// What its owner should know of a file, the pages that could not be read among it: the first of them, and how many.
fn warnings(file: &FilePages) -> Vec<String> {
    let missing = file.failed.iter().take(MOST_MISSING_TOLD);
    let missing = missing.map(|(page, why)| format!("page {page} is missing, as it could not be read: {why}"));
    let more = file.failed.len().saturating_sub(MOST_MISSING_TOLD);
    let more = (more > 0).then(|| format!("{more} more pages are missing"));
    file.warnings.iter().cloned().chain(missing).chain(more).collect()
}

/// The engines that read the pages of a file, each once, in the order of the pages.
fn engines(file: &FilePages) -> Result<Vec<EngineInfo>, Refusal> {
    #[derive(Deserialize)]
    struct ReadBy {
        engine: Option<EngineInfo>,
    }
    let mut engines = Vec::new();
    for (_, path) in &file.pages {
        let ReadBy { engine } = kept(path)?;
        engines.extend(engine.filter(|engine| !engines.contains(engine)));
    }
    Ok(engines)
}

/// A page, or a part of it, as [`OcrConverter::convert`] gave it.
fn kept<T: DeserializeOwned>(path: &Path) -> Result<T, Refusal> {
    let json = std::fs::read(path).map_err(|error| fault("read a kept page", &error))?;
    serde_json::from_slice(&json).map_err(|error| fault("read a kept page", &error))
}

/// A page, to be kept until the results are written.
fn keep(reading: Reading) -> Result<Value, Refusal> {
    serde_json::to_value(reading).map_err(|error| fault("keep what was read", &error))
}

fn parse(params: &Value) -> Result<OcrParams, Refusal> {
    OcrParams::parse(Some(params)).map_err(|error| Refusal::new(error.code, error.to_string()))
}

fn engine_failed(error: &EngineError) -> Refusal {
    Refusal::new(error.code(), error.to_string())
}

/// A result can't be written.
fn unwritten(error: &std::io::Error) -> Refusal {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            Refusal::new(ProblemCode::StorageFull, "the disk of the service is full: try again later")
        }
        _ => fault("write a result", error),
    }
}

/// What is neither the user's nor the document's fault.
fn fault(what: &str, error: &dyn std::error::Error) -> Refusal {
    Refusal::new(ProblemCode::Internal, format!("can't {what}: {error}"))
}
