//! Listing and verifying packs.

use std::io::Write as _;

use d2d_config::ModelsConfig;
use d2d_ocr::models::{self, FileState, PACKS, Pack};
use indicatif::HumanBytes;

use crate::cli::exit::Told;

/// Prints all packs.
pub(super) fn list(config: &ModelsConfig, json: bool) -> anyhow::Result<()> {
    let packs = models::list(&config.dir);
    let mut out = std::io::stdout();
    if json {
        return Ok(writeln!(out, "{}", serde_json::to_string_pretty(&packs)?)?);
    }
    for pack in packs {
        let state = if pack.installed { "installed" } else { "-" };
        let size = HumanBytes(pack.bytes).to_string();
        writeln!(out, "{:<16} {state:<10} {size:>10}  {} ({})", pack.name, pack.title, pack.licence)?;
    }
    writeln!(out, "\nin {}", config.dir.display())?;
    Ok(())
}

/// Prints how the files of packs are: of those given, else of all that are installed.
pub(super) fn verify(config: &ModelsConfig, packs: Option<Vec<&'static Pack>>, json: bool) -> anyhow::Result<()> {
    let packs = packs.unwrap_or_else(|| PACKS.iter().filter(|pack| pack.folder(&config.dir).is_dir()).collect());
    let files: Vec<_> = packs.iter().flat_map(|pack| models::verify(&config.dir, pack)).collect();
    let mut out = std::io::stdout();
    if json {
        writeln!(out, "{}", serde_json::to_string_pretty(&files)?)?;
    } else if files.is_empty() {
        writeln!(out, "no pack is installed in {}: `d2d models pull` installs them", config.dir.display())?;
    } else {
        for file in &files {
            let state = match &file.state {
                FileState::Ok => "ok".to_owned(),
                FileState::Missing => format!("missing: run `d2d models pull {}`", file.pack),
                FileState::Altered { found, .. } => {
                    format!("altered (SHA-256 {found}): remove it and run `d2d models pull {}`", file.pack)
                }
                FileState::Unreadable { reason } => format!("can't be read: {reason}"),
            };
            writeln!(out, "{}: {state}", file.path.display())?;
        }
    }
    if files.iter().all(|file| file.state == FileState::Ok) { Ok(()) } else { Err(Told.into()) }
}
