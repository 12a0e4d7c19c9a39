//! How well and how fast pages are read: our engines and tesseract, side by side in one run.
//!
//! `cargo run --release -p d2d-tests --bin bench-ocr -- --manifest ../shared/corpus/manifest.tsv`
//!
//! Each competitor reads every page of the manifest that has a ground truth, one page at a time on one thread, in a
//! process of its own. The table has, for each source of pages, the character and word error rates, the order-free F1 of
//! words, the pages read per second of processor time, and the most memory that a process took. Texts are compared folded
//! (`scores`). Tesseract is run as its users run it: one process a page, with `OMP_THREAD_LIMIT=1`.

mod arguments;
mod competitor;
mod manifest;
mod measure;
mod scores;
mod table;

use std::process::ExitCode;

use anyhow::{Context, Result};

use arguments::Arguments;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    if std::env::args().nth(1).as_deref() == Some(measure::CHILD) {
        return measure::child();
    }
    let Some(arguments) = Arguments::parse(std::env::args().skip(1))? else { return Ok(()) };
    let pages = manifest::pages(&arguments)?;
    eprintln!("{} pages", pages.len());
    let mut results = Vec::new();
    for competitor in &arguments.competitors {
        if let Some(reason) = competitor.absent() {
            eprintln!("{competitor}: left out: {reason}");
            continue;
        }
        eprintln!("{competitor} ...");
        let measured = measure::measure(*competitor, &arguments, &pages);
        results.push((*competitor, measured.with_context(|| format!("{competitor} failed"))?));
    }
    if let Some(folder) = &arguments.out {
        table::write_texts(folder, &pages, &results)?;
    }
    if arguments.json {
        table::print_json(&pages, &results)?;
    } else {
        table::print(&pages, &results);
    }
    Ok(())
}
