//! The files and addresses to convert, looked at before anything is started.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::bail;
use d2d_api::clean_file_name;

/// One file to convert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Input {
    /// Where it is: a path, or an address.
    pub(super) path: PathBuf,
    /// The name that it is uploaded by, or shown by.
    pub(super) name: String,
    /// How it gets to the daemon.
    pub(super) way: Way,
}

/// How a file gets to the daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// It is uploaded; so many bytes.
    Upload(u64),
    /// The daemon fetches it from this address.
    Fetch(String),
}

/// All files, or everything that is wrong with them. Addresses are judged by the daemon.
pub(super) fn check(paths: &[PathBuf]) -> anyhow::Result<Vec<Input>> {
    let (mut inputs, mut faults) = (Vec::new(), Vec::new());
    for path in paths {
        if let Some(url) = path.to_str().filter(|text| is_url(text)) {
            inputs.push(Input { path: path.clone(), name: name_in(url), way: Way::Fetch(url.to_owned()) });
            continue;
        }
        match look(path) {
            Ok(bytes) => inputs.push(Input { path: path.clone(), name: name(path), way: Way::Upload(bytes) }),
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

fn is_url(text: &str) -> bool {
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
    scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
}

/// What an address is shown by: how its path ends, else its host. What comes after the path may be a secret.
fn name_in(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let last = path.split('/').rfind(|part| !part.is_empty()).unwrap_or_default();
    clean_file_name(last, "file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_files() {
        let inputs = check(&["HTTPS://example.org/a/scan.pdf?key=secret".into(), "http://example.org".into()]).unwrap();
        let names: Vec<_> = inputs.iter().map(|input| input.name.as_str()).collect();
        assert_eq!(names, ["scan.pdf", "example.org"]);
        assert!(inputs.iter().all(|input| matches!(input.way, Way::Fetch(_))));
        assert!(check(&["ftp://example.org/a".into()]).is_err(), "there is no such file");
    }
}
