//! The command line.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::competitor::Competitor;

const HELP: &str = "\
Reads the pages of a manifest with several engines, and compares accuracy, speed and memory.

Usage: bench-ocr [OPTIONS]

  --manifest FILE     tab-separated, with the columns path, kind, gt, lang
                      [default: ../shared/corpus/manifest.tsv]
  --sources A,B       only pages below img/A, img/B
  --split NAME        only pages of this split
  --engines A,B       fast, balanced, accurate, ocrs, tesseract [default: fast,balanced,accurate,tesseract]
  --models DIR        where the model packs are [default: that of d2d]
  --threads N         threads for one page [default: 1]
  --out DIR           keep the texts, one folder for each engine
  --json              print JSON";

/// What was asked for.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) manifest: PathBuf,
    pub(crate) sources: Option<Vec<String>>,
    pub(crate) split: Option<String>,
    pub(crate) competitors: Vec<Competitor>,
    pub(crate) models: PathBuf,
    pub(crate) threads: u32,
    pub(crate) out: Option<PathBuf>,
    pub(crate) json: bool,
}

impl Arguments {
    /// Reads the command line; `None` if only help was asked for, which is printed.
    pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<Self>> {
        let mut parsed = Self {
            manifest: "../shared/corpus/manifest.tsv".into(),
            sources: None,
            split: None,
            competitors: Competitor::USUAL.to_vec(),
            models: d2d_config::Config::default().models.dir,
            threads: 1,
            out: None,
            json: false,
        };
        while let Some(arg) = args.next() {
            let mut value = || args.next().with_context(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--manifest" => parsed.manifest = value()?.into(),
                "--sources" => parsed.sources = Some(value()?.split(',').map(str::to_owned).collect()),
                "--split" => parsed.split = Some(value()?),
                "--engines" => {
                    parsed.competitors = value()?.split(',').map(Competitor::named).collect::<Result<_>>()?;
                }
                "--models" => parsed.models = value()?.into(),
                "--threads" => parsed.threads = value()?.parse().context("--threads wants a number")?,
                "--out" => parsed.out = Some(value()?.into()),
                "--json" => parsed.json = true,
                "--help" | "-h" => {
                    println!("{HELP}");
                    return Ok(None);
                }
                _ => bail!("unknown argument {arg}; --help lists them"),
            }
        }
        Ok(Some(parsed))
    }
}
