//! The converter of OCR worker processes: files to pages, pages to what is read on them, and that to result files.

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

use d2d_api::ProblemCode;
use d2d_worker::{ArtifactFile, AssembleJob, Converter, FilePages, InputFile, Inspection, PageJob, Refusal};
use serde_json::Value;

use crate::engine::{Engine, EngineError, Engines, ReadOptions};
use crate::format::{self, FileInfo, PageWriter};
use crate::input::{Document, Limits};
use crate::models;
use crate::params::{OcrParams, Quality};
use crate::reading::{Preparation, Reading, Request, TextSource};
use crate::settings::OcrSettings;

/// The converter of OCR worker processes. It keeps its models, and the last file opened.
pub struct OcrConverter {
    engine: Box<dyn Engine>,
    limits: Limits,
    last: Option<(PathBuf, Document)>,
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
        if usual.model_packs().iter().all(|pack| models::require(&settings.models, pack).is_ok()) {
            engine.prepare(Quality::default()).map_err(|error| engine_failed(&error))?;
        }
        Ok(Self::with_engine(Box::new(engine), settings.limits))
    }

    /// A converter with an engine of the caller's.
    #[must_use]
    pub fn with_engine(engine: Box<dyn Engine>, limits: Limits) -> Self {
        Self { engine, limits, last: None }
    }

    /// The file, opened; the same one is not opened again for each of its pages.
    fn document(&mut self, input: &InputFile) -> Result<&mut Document, Refusal> {
        let kept = self.last.take().filter(|(path, _)| *path == input.path);
        let opened = match kept {
            Some(kept) => kept,
            None => (input.path.clone(), Document::open(&input.path, &input.name, &self.limits)?),
        };
        Ok(&mut self.last.insert(opened).1)
    }
}

impl Converter for OcrConverter {
    fn inspect(&mut self, input: &InputFile, params: &Value) -> Result<Inspection, Refusal> {
        let params = parse(params)?;
        let document = self.document(input)?;
        let total = document.page_count();
        let pages = params.pages.as_ref().map_or_else(|| (1..=total).collect(), |ranges| ranges.select(total));
        if pages.is_empty() {
            let ranges = params.pages.map(|ranges| ranges.to_string()).unwrap_or_default();
            let has = if total == 1 { "1 page".into() } else { format!("{total} pages") };
            let detail = format!("`{}` has {has}, and none of them is in `{ranges}`; change `pages`", input.name);
            return Err(Refusal::new(ProblemCode::OcrPageRange, detail));
        }
        Ok(Inspection { pages, warnings: document.warnings().to_vec() })
    }

    fn convert(&mut self, job: &PageJob) -> Result<Value, Refusal> {
        let params = parse(&job.params)?;
        let page = self.document(&job.input)?.page(job.page, params.dpi);
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
        let read = self.engine.recognise(&page.rgb, &options).map_err(|error| engine_failed(&error))?;
        let reading = Reading {
            dpi: page.dpi,
            source: TextSource::Recognised,
            engine: Some(self.engine.info(&options).map_err(|error| engine_failed(&error))?),
            preparation: Preparation::default(),
            page: read,
        };
        serde_json::to_value(reading).map_err(|error| fault("keep what was read", &error))
    }

    fn assemble(&mut self, job: &AssembleJob) -> Result<Vec<ArtifactFile>, Refusal> {
        // All of its pages are read: nobody needs the file again.
        self.last = None;
        let params = parse(&job.params)?;
        let stems = format::result_stems(job.files.iter().map(|file| file.input.name.as_str()));
        let mut artifacts = Vec::new();
        for (index, (file, stem)) in job.files.iter().zip(stems).enumerate() {
            let artifact = |&format: &crate::params::Format| ArtifactFile {
                path: job.out_dir.join(format!("{index}.{}", format.extension())),
                name: format!("{stem}.{}", format.extension()),
                media_type: format.media_type().into(),
                format: format.name().into(),
            };
            let of_file: Vec<ArtifactFile> = params.formats.iter().map(artifact).collect();
            write(file, &params, &of_file)?;
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
fn write(file: &FilePages, params: &OcrParams, to: &[ArtifactFile]) -> Result<(), Refusal> {
    let info = FileInfo { name: &file.input.name, warnings: &file.warnings, request: Request::of(params) };
    let disk = |error: std::io::Error| fault("write a result", &error);
    let mut writers: Vec<Box<dyn PageWriter>> = Vec::new();
    for (format, artifact) in params.formats.iter().zip(to) {
        let out = BufWriter::new(File::create_new(&artifact.path).map_err(disk)?);
        writers.push(format::writer(*format, &info, out).map_err(disk)?);
    }
    for (number, path) in &file.pages {
        let reading = kept_reading(path)?;
        for writer in &mut writers {
            writer.page(*number, &reading).map_err(disk)?;
        }
    }
    writers.into_iter().try_for_each(|writer| writer.finish().map_err(disk))
}

/// A page as [`OcrConverter::convert`] gave it.
fn kept_reading(path: &Path) -> Result<Reading, Refusal> {
    let file = File::open(path).map_err(|error| fault("read a kept page", &error))?;
    serde_json::from_reader(BufReader::new(file)).map_err(|error| fault("read a kept page", &error))
}

fn parse(params: &Value) -> Result<OcrParams, Refusal> {
    OcrParams::parse(Some(params)).map_err(|error| Refusal::new(error.code, error.to_string()))
}

fn engine_failed(error: &EngineError) -> Refusal {
    Refusal::new(error.code(), error.to_string())
}

/// What is neither the user's nor the document's fault.
fn fault(what: &str, error: &dyn std::error::Error) -> Refusal {
    Refusal::new(ProblemCode::Internal, format!("can't {what}: {error}"))
}
