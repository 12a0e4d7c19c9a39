//! What became of the files, in the end.

use std::io::Write as _;

use serde_json::json;

use super::failure::code_of;
use super::job::Outcome;
use super::output::Output;
use crate::cli::exit::{explain, say_error};

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
    if as_json {
        let outcomes: Vec<_> = outcomes.iter().map(to_json).collect();
        writeln!(out, "{:#}", serde_json::Value::Array(outcomes))?;
    }
    out.flush()?;
    Ok(())
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
    json!({"file": outcome.path, "task": outcome.task, "error": error, "code": code, "results": results})
}
