//! What is asked of the conversion service.

use clap::ValueEnum;
use d2d_api::NewTask;
use serde_json::{Map, Value, json};

use super::output::Output;

/// What is asked of the conversion service.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "What to do")]
pub(super) struct RequestArgs {
    /// The formats of the results, for example `txt,json`; what the service
    /// writes by default if not given, on standard output `txt`
    #[arg(long, value_name = "FORMAT,...", value_delimiter = ',')]
    formats: Vec<String>,
    /// The languages of the text, by their ISO 639-3 codes, for example `eng,deu`
    #[arg(long, value_name = "LANGUAGE,...", value_delimiter = ',')]
    languages: Vec<String>,
    /// The pages to convert of each file, for example `1-3,7`; all if not given
    #[arg(long, value_name = "PAGES")]
    pages: Option<String>,
    /// How much time to spend on a page
    #[arg(long)]
    quality: Option<Quality>,
    /// Do with the pages that can be converted, if some can't; which are missing is told
    #[arg(long)]
    partial: bool,
    /// Any other parameter of the service, for example `dpi=300`; may be given again
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = param)]
    params: Vec<(String, Value)>,
    /// The conversion service
    #[arg(long, value_name = "NAME", default_value = "ocr")]
    pub(super) service: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Quality {
    Fast,
    Balanced,
    Accurate,
}

impl RequestArgs {
    /// The parameters that were given; the service fills in the others. On standard output one format is enough.
    pub(super) fn params(&self, output: &Output) -> anyhow::Result<Value> {
        let mut params = Map::new();
        let readable = vec!["txt".to_owned()];
        let formats = if output.is_stdout() && self.formats.is_empty() { &readable } else { &self.formats };
        for (name, values) in [("formats", formats), ("languages", &self.languages)] {
            if !values.is_empty() {
                params.insert(name.to_owned(), json!(values));
            }
        }
        if let Some(pages) = &self.pages {
            params.insert("pages".to_owned(), json!(pages));
        }
        if let Some(quality) = self.quality.and_then(|quality| quality.to_possible_value()) {
            params.insert("quality".to_owned(), json!(quality.get_name()));
        }
        for (name, value) in &self.params {
            if params.insert(name.clone(), value.clone()).is_some() {
                return Err(crate::cli::usage(format!("`{name}` is given twice")));
            }
        }
        Ok(Value::Object(params))
    }

    /// The task to register for each file, but for the file.
    pub(super) fn task(&self, params: Value) -> NewTask {
        NewTask { service: self.service.clone(), params: Some(params), partial: self.partial, ..NewTask::default() }
    }
}

/// A parameter whose value is JSON if it reads as that, else a text.
fn param(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE, for example dpi=300")?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
    Ok((name.to_owned(), value))
}
