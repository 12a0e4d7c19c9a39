//! Reads page images with the models of a directory, or with tesseract, and says how long it took: for measuring speed
//! and accuracy.
//!
//! `cargo run --release -p d2d-ocr --example read -- --models DIR [--engine auto|ppocr|ocrs|tesseract]
//! [--languages eng,rus] [--quality fast|balanced|accurate] [--dpi N] [--threads N] [--out DIR] [--root DIR]
//! [--repeat N] [--as-is] [--print] [--json] IMAGE...`
//!
//! With `--as-is` pages are not turned, levelled or cleared up first.
//! With `--out`, the text of each page is written there, named like its path below `--root` with `/` as `__`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail};
use d2d_ocr::engine::tesseract::discover;
use d2d_ocr::engine::{Engine, Engines, Quality, ReadOptions};
use d2d_ocr::input::Limits;
use d2d_ocr::params::EngineChoice;
use d2d_ocr::reader::{PageReader, Wishes};
use d2d_ocr::settings::OcrSettings;

struct Options {
    models: Option<PathBuf>,
    read: ReadOptions,
    wishes: Wishes,
    out: Option<PathBuf>,
    root: PathBuf,
    repeat: usize,
    print: bool,
    json: bool,
    images: Vec<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let options = options(std::env::args().skip(1))?;
    let models = options.models.clone().context("which models? --models DIR")?;
    let tesseract = discover("tesseract").inspect_err(|error| eprintln!("{error}")).ok();
    let mut reader = PageReader::new(&models);
    let mut engine = Engines::new(&OcrSettings { models, limits: Limits::default(), tesseract });
    eprintln!("{}", serde_json::to_string(&engine.info(&options.read)?)?);
    for path in &options.images {
        if let Err(error) = read(&mut reader, &mut engine, path, &options) {
            eprintln!("{}: {error:#}", path.display());
        }
    }
    Ok(())
}

fn read(reader: &mut PageReader, engine: &mut Engines, path: &Path, options: &Options) -> anyhow::Result<()> {
    let image = image::ImageReader::open(path)?.with_guessed_format()?.decode()?.to_rgb8();
    for _ in 0..options.repeat.max(1) {
        let started = Instant::now();
        let (page, prepared) = reader.read(image.clone(), options.wishes, engine, &options.read)?;
        eprintln!(
            "{}: {} x {}, {} lines, {:.0?}, {prepared:?}",
            path.display(),
            image.width(),
            image.height(),
            page.lines().count(),
            started.elapsed(),
        );
        if options.json {
            println!("{}", serde_json::to_string(&page)?);
        }
        if options.print {
            println!("{}", page.text());
        }
        if let Some(out) = &options.out {
            let name = path.strip_prefix(&options.root).unwrap_or(path).to_string_lossy().replace('/', "__");
            std::fs::create_dir_all(out)?;
            std::fs::write(out.join(format!("{name}.txt")), page.text())?;
        }
    }
    Ok(())
}

fn options(mut args: impl Iterator<Item = String>) -> anyhow::Result<Options> {
    let mut options = Options {
        models: None,
        read: ReadOptions::default(),
        wishes: Wishes { rotate: true, deskew: true, contrast: true },
        out: None,
        root: PathBuf::new(),
        repeat: 1,
        print: false,
        json: false,
        images: Vec::new(),
    };
    while let Some(arg) = args.next() {
        let mut value = || args.next().with_context(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--models" => options.models = Some(value()?.into()),
            "--engine" => options.read.engine = serde_json::from_value::<EngineChoice>(value()?.into())?,
            "--languages" => options.read.languages = value()?.split(',').map(str::to_owned).collect(),
            "--quality" => options.read.quality = serde_json::from_value::<Quality>(value()?.into())?,
            "--dpi" => options.read.dpi = Some(value()?.parse()?),
            "--threads" => options.read.threads = value()?.parse()?,
            "--out" => options.out = Some(value()?.into()),
            "--root" => options.root = value()?.into(),
            "--repeat" => options.repeat = value()?.parse()?,
            "--as-is" => options.wishes = Wishes::NONE,
            "--print" => options.print = true,
            "--json" => options.json = true,
            flag if flag.starts_with("--") => bail!("unknown flag {flag}"),
            image => options.images.push(image.into()),
        }
    }
    Ok(options)
}
