//! Results for people and for programs.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::competitor::Competitor;
use crate::manifest::Page;
use crate::measure::Measured;
use crate::scores::Scores;

type Results = [(Competitor, Measured)];

/// One line of the table.
#[derive(Debug, Default)]
struct Row {
    scores: Scores,
    cpu: f64,
    wall: f64,
    failed: usize,
}

/// The name of the line over the sources in Latin script.
const LATIN: &str = "all in Latin script";

/// Prints a line for each source and competitor.
pub(crate) fn print(pages: &[Page], results: &Results) {
    println!(
        "{:<20} {:<10} {:>5} {:>7} {:>7} {:>7} {:>10} {:>8} {:>7}",
        "source", "engine", "pages", "CER", "WER", "BoW-F1", "pages/cpus", "s/page", "failed"
    );
    let mut sources: BTreeMap<String, Vec<(Competitor, Row)>> = BTreeMap::new();
    for (competitor, measured) in results {
        for (source, row) in rows(pages, measured) {
            sources.entry(source).or_default().push((*competitor, row));
        }
    }
    for (source, rows) in sources {
        for (competitor, row) in rows {
            println!(
                "{source:<20} {competitor:<10} {:>5} {:>7.4} {:>7.4} {:>7.4} {:>10.2} {:>8.3} {:>7}",
                row.scores.pages,
                row.scores.cer(),
                row.scores.wer(),
                row.scores.f1(),
                row.speed(),
                row.seconds(),
                row.failed
            );
        }
    }
    for (competitor, measured) in results {
        println!("peak memory of {competitor:<10} {:>6} MB", measured.peak_bytes >> 20);
    }
}

/// Prints the same as JSON.
pub(crate) fn print_json(pages: &[Page], results: &Results) -> Result<()> {
    let row = |(source, row): (String, Row)| {
        json!({
            "source": source, "pages": row.scores.pages, "failed": row.failed, "cer": row.scores.cer(),
            "wer": row.scores.wer(), "bow_f1": row.scores.f1(), "pages_per_cpu_second": row.speed(),
            "seconds_per_page": row.seconds(),
        })
    };
    let engine = |(competitor, measured): &(Competitor, Measured)| {
        let sources: Vec<Value> = rows(pages, measured).into_iter().map(row).collect();
        json!({ "engine": competitor, "peak_bytes": measured.peak_bytes, "sources": sources })
    };
    println!("{}", serde_json::to_string_pretty(&results.iter().map(engine).collect::<Vec<_>>())?);
    Ok(())
}

/// Keeps what was read: a folder for each competitor, files named like the pages with `/` as `__`.
pub(crate) fn write_texts(folder: &Path, pages: &[Page], results: &Results) -> Result<()> {
    for (competitor, measured) in results {
        let folder = folder.join(competitor.name());
        std::fs::create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;
        for (page, read) in pages.iter().zip(&measured.pages) {
            let text = read.text.as_deref().unwrap_or_default();
            std::fs::write(folder.join(format!("{}.txt", page.name.replace('/', "__"))), text)?;
        }
    }
    Ok(())
}

/// By source, and over all sources in Latin script.
fn rows(pages: &[Page], measured: &Measured) -> BTreeMap<String, Row> {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for (page, read) in pages.iter().zip(&measured.pages) {
        let truth = std::fs::read_to_string(&page.truth).unwrap_or_default();
        let names = [Some(page.source.as_str()), (page.language != "rus").then_some(LATIN)];
        for name in names.into_iter().flatten() {
            let row = rows.entry(name.to_owned()).or_default();
            row.scores.add(&truth, read.text.as_deref().unwrap_or_default());
            row.failed += usize::from(read.text.is_err());
            (row.cpu, row.wall) = (row.cpu + read.cpu, row.wall + read.wall);
        }
        if let Err(error) = &read.text {
            eprintln!("{}: {error}", page.name);
        }
    }
    rows
}

#[allow(clippy::cast_precision_loss)] // Few pages.
impl Row {
    /// Pages per second of processor time.
    fn speed(&self) -> f64 {
        self.scores.pages as f64 / self.cpu.max(1e-9)
    }

    /// Seconds a page.
    fn seconds(&self) -> f64 {
        self.wall / self.scores.pages.max(1) as f64
    }
}
