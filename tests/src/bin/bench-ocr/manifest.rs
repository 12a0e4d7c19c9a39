//! The pages to read: those images of a manifest that have a ground truth.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::arguments::Arguments;

/// One page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Page {
    /// The image.
    pub(crate) path: PathBuf,
    /// Its path in the manifest.
    pub(crate) name: String,
    /// Where it comes from: the folder below `img`.
    pub(crate) source: String,
    /// Its language as the manifest has it.
    pub(crate) language: String,
    /// What it says.
    pub(crate) truth: PathBuf,
}

/// The pages that were asked for.
pub(crate) fn pages(arguments: &Arguments) -> Result<Vec<Page>> {
    let file = &arguments.manifest;
    let text = std::fs::read_to_string(file).with_context(|| {
        format!("can't read {}: name a manifest with --manifest; the pages are no part of the project", file.display())
    })?;
    let root = file.parent().unwrap_or(Path::new("."));
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let row = |line: &str| -> HashMap<String, String> {
        columns.iter().map(ToString::to_string).zip(line.split('\t').map(str::to_owned)).collect()
    };
    let wanted = |page: &Page, row: &HashMap<String, String>| {
        arguments.sources.as_ref().is_none_or(|sources| sources.contains(&page.source))
            && arguments.split.as_ref().is_none_or(|split| row.get("split") == Some(split))
    };
    let pages: Vec<Page> =
        lines.map(row).filter_map(|row| page(root, &row).filter(|page| wanted(page, &row))).collect();
    ensure!(!pages.is_empty(), "no page in {} fits", file.display());
    Ok(pages)
}

fn page(root: &Path, row: &HashMap<String, String>) -> Option<Page> {
    let (name, truth) = (row.get("path")?, row.get("gt").filter(|truth| *truth != "-")?);
    (row.get("kind")? == "image").then(|| Page {
        path: root.join(name),
        name: name.clone(),
        source: name.split('/').nth(1).unwrap_or_default().to_owned(),
        language: row.get("lang").cloned().unwrap_or_default(),
        truth: root.join(truth),
    })
}

impl Page {
    /// The languages to ask us for.
    pub(crate) fn languages(&self) -> Vec<&str> {
        match self.language.as_str() {
            "rus" => vec!["rus", "eng"],
            "deu-frak" => vec!["deu"],
            "und" => vec!["eng"],
            code => vec![code],
        }
    }

    /// The language to ask tesseract for: old German print has data of its own.
    pub(crate) fn tesseract_language(&self) -> String {
        match self.language.as_str() {
            "deu-frak" => "Fraktur".to_owned(),
            _ => self.languages().join("+"),
        }
    }
}
