//! The files to convert, looked at before anything is started.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::bail;
use d2d_api::clean_file_name;

use crate::cli::exit::usage;

/// One file to convert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Input {
    /// Where it is.
    pub(super) path: PathBuf,
    /// The name that it is uploaded by.
    pub(super) name: String,
    /// Its size.
    pub(super) bytes: u64,
}

/// All files, or everything that is wrong with them.
pub(super) fn check(paths: &[PathBuf]) -> anyhow::Result<Vec<Input>> {
    if let Some(url) = paths.iter().find(|path| is_url(path)) {
        return Err(usage(format!("{}: addresses are not taken, only files: download it first", url.display())));
    }
    let (mut inputs, mut faults) = (Vec::new(), Vec::new());
    for path in paths {
        match look(path) {
            Ok(bytes) => inputs.push(Input { path: path.clone(), name: name(path), bytes }),
            Err(fault) => faults.push(format!("{}: {fault}", path.display())),
        }
    }
    if faults.is_empty() { Ok(inputs) } else { bail!("{}", faults.join("\n       ")) }
}

fn look(path: &Path) -> Result<u64, String> {
    let file = File::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        _ => format!("can't be read: {error}"),
    })?;
    let meta = file.metadata().map_err(|error| error.to_string())?;
    if meta.is_dir() {
        return Err(format!("is a folder: name its files, for example {}/*", path.display()));
    }
    if !meta.is_file() {
        return Err("is not a plain file: save it to one first".to_owned());
    }
    Ok(meta.len())
}

fn name(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    clean_file_name(&name, "file")
}

fn is_url(path: &Path) -> bool {
    path.to_str().is_some_and(|text| text.starts_with("http://") || text.starts_with("https://"))
}
