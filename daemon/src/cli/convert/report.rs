//! What became of the files, in the end.

use std::io::Write as _;

use serde_json::json;

use super::failure::code_of;
use super::job::Outcome;
use super::output::Output;
use crate::cli::exit::{explain, say_error, say_warning};

/// How many missing pages of a file are told one by one.
const MOST_MISSING_TOLD: usize = 20;

/// Prints the results on standard output, and what failed on standard error.
pub(super) fn print(outcomes: &[Outcome], output: &Output, as_json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    for outcome in outcomes {
        match &outcome.results {
            Ok(saved) if output.is_stdout() => saved.iter().try_for_each(|saved| saved.to.write_out())?,
            Ok(saved) if !as_json => {
                for saved in saved {
                    let path = saved.to.path().unwrap_or(&outcome.path);
                    writeln!(out, "{}{}", path.display(), saved.to.note())?;
                }
            }
            Ok(_) => {}
            Err(error) => say_error(&format!("{}: {}", outcome.path.display(), explain(error))),
        }
    }
    outcomes.iter().for_each(say_missing);
    if as_json {
        let outcomes: Vec<_> = outcomes.iter().map(to_json).collect();
        writeln!(out, "{:#}", serde_json::Value::Array(outcomes))?;
    }
    out.flush()?;
    Ok(())
}

/// Says on standard error which pages the results do without.
fn say_missing(outcome: &Outcome) {
    let (path, missing) = (outcome.path.display(), &outcome.missing);
    for error in missing.errors.iter().take(MOST_MISSING_TOLD) {
        say_warning(&format!("{path}: page {} is missing: {}", error.page, error.detail));
    }
    let told = missing.errors.len().min(MOST_MISSING_TOLD);
    let more = (missing.count as usize).saturating_sub(told);
    if more > 0 {
        say_warning(&format!("{path}: {more} more pages are missing"));
    }
}

fn to_json(outcome: &Outcome) -> serde_json::Value {
    let (error, code, results) = match &outcome.results {
        Ok(saved) => (None, None, saved.as_slice()),
        Err(error) => (Some(explain(error)), code_of(error), [].as_slice()),
    };
    let results: Vec<_> = results
        .iter()
        .map(|saved| {
            let artifact = &saved.artifact;
            json!({
                "path": saved.to.path(), "format": artifact.format, "media_type": artifact.media_type,
                "bytes": artifact.bytes, "sha256": artifact.sha256,
            })
        })
        .collect();
    json!({
        "file": outcome.path, "task": outcome.task, "error": error, "code": code, "results": results,
        "missing_pages": outcome.missing.count, "page_errors": outcome.missing.errors,
    })
}
