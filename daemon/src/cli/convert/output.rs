//! Where results go: files in a folder that never replace others unasked, or standard output.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use d2d_api::{Artifact, TaskId, clean_file_name};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use crate::cli::client::Client;

/// Where results go.
pub(super) struct Output {
    folder: PathBuf,
    overwrite: bool,
    /// Held while a name is chosen and taken, so that two results never take the same.
    naming: Mutex<()>,
}

/// A result that is here.
pub(super) struct Saved {
    /// What the service says of it.
    pub(super) artifact: Artifact,
    /// Where it went.
    pub(super) to: Place,
}

/// Where a result went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Nowhere yet: standard output takes it in the end, so that results of several files don't mix.
    Stdout(Vec<u8>),
    /// Into a new file.
    New(PathBuf),
    /// Into a file that had another content, as it was asked for.
    Replaced(PathBuf),
    /// Into a file of another name, for the first had another content.
    Beside(PathBuf, PathBuf),
    /// Nowhere: the file had this content already.
    Same(PathBuf),
}

impl Output {
    /// Results go into `folder`, or to standard output if that is `-`.
    pub(super) fn new(folder: PathBuf, overwrite: bool) -> anyhow::Result<Self> {
        let output = Self { folder, overwrite, naming: Mutex::new(()) };
        if !output.is_stdout() {
            fs::create_dir_all(&output.folder)
                .with_context(|| format!("can't make the folder {}", output.folder.display()))?;
        }
        Ok(output)
    }

    pub(super) fn is_stdout(&self) -> bool {
        self.folder == Path::new("-")
    }

    /// Fetches one result. A file appears under its name only when it is complete.
    pub(super) async fn save(&self, client: &Client, task: TaskId, artifact: &Artifact) -> anyhow::Result<Saved> {
        let to = if self.is_stdout() {
            let mut bytes = Vec::new();
            client.download(task, artifact, &mut bytes).await?;
            Place::Stdout(bytes)
        } else {
            let temporary = NamedTempFile::with_prefix_in(".d2d-", &self.folder)?;
            let mut file = tokio::fs::File::from_std(temporary.reopen()?);
            client.download(task, artifact, &mut file).await?;
            self.place(temporary, &clean_file_name(&artifact.name, "result"), &artifact.sha256)?
        };
        Ok(Saved { artifact: artifact.clone(), to })
    }

    /// Gives a complete file its name.
    fn place(&self, file: NamedTempFile, name: &str, sha256: &str) -> anyhow::Result<Place> {
        let _held = self.naming.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = self.folder.join(name);
        let mut number = 0;
        loop {
            let path = if number == 0 { wanted.clone() } else { self.folder.join(numbered(name, number)) };
            if !path.exists() {
                persist(file, &path)?;
                return Ok(if number == 0 { Place::New(path) } else { Place::Beside(path, wanted) });
            }
            if has_content(&path, sha256) {
                return Ok(Place::Same(path));
            }
            if self.overwrite {
                persist(file, &path)?;
                return Ok(Place::Replaced(path));
            }
            number += 1;
        }
    }
}

/// Names the file, with the permissions of an ordinary one: temporary files are for their maker alone.
fn persist(file: NamedTempFile, path: &Path) -> anyhow::Result<()> {
    let probe =
        tempfile::Builder::new().permissions(ordinary()).tempfile_in(path.parent().unwrap_or(Path::new(".")))?;
    file.as_file().set_permissions(probe.as_file().metadata()?.permissions())?;
    file.persist(path)?;
    Ok(())
}

/// Read and write for all, of which the umask of the process takes its part.
fn ordinary() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o666)
}

/// `page.txt` as `page.1.txt`.
fn numbered(name: &str, number: u32) -> String {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => format!("{stem}.{number}.{extension}"),
        _ => format!("{name}.{number}"),
    }
}

fn has_content(path: &Path, sha256: &str) -> bool {
    fs::read(path).is_ok_and(|content| hex::encode(Sha256::digest(content)) == sha256)
}

impl Place {
    /// The file that holds the result.
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Self::Stdout(_) => None,
            Self::New(path) | Self::Replaced(path) | Self::Beside(path, _) | Self::Same(path) => Some(path),
        }
    }

    /// What a person should know beside the path.
    pub(super) fn note(&self) -> String {
        match self {
            Self::Stdout(_) | Self::New(_) => String::new(),
            Self::Replaced(_) => " (replaced)".to_owned(),
            Self::Same(_) => " (unchanged)".to_owned(),
            Self::Beside(_, wanted) => format!(" ({} is another: --overwrite would replace it)", wanted.display()),
        }
    }

    /// Writes what goes to standard output.
    pub(super) fn write_out(&self) -> std::io::Result<()> {
        match self {
            Self::Stdout(bytes) => std::io::stdout().write_all(bytes),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(output: &Output, content: &str) -> Place {
        let mut file = NamedTempFile::new_in(&output.folder).unwrap();
        file.write_all(content.as_bytes()).unwrap();
        output.place(file, "page.txt", &hex::encode(Sha256::digest(content))).unwrap()
    }

    #[test]
    fn nothing_is_replaced_unasked_and_nothing_is_written_twice() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name| folder.path().join(name);
        let output = Output::new(folder.path().to_owned(), false).unwrap();
        assert_eq!(place(&output, "one"), Place::New(at("page.txt")));
        assert_eq!(place(&output, "one"), Place::Same(at("page.txt")));
        assert_eq!(place(&output, "two"), Place::Beside(at("page.1.txt"), at("page.txt")));
        assert_eq!(place(&output, "two"), Place::Same(at("page.1.txt")));
        assert_eq!(place(&output, "three"), Place::Beside(at("page.2.txt"), at("page.txt")));
        assert_eq!(fs::read_to_string(at("page.txt")).unwrap(), "one");

        let output = Output::new(folder.path().to_owned(), true).unwrap();
        assert_eq!(place(&output, "three"), Place::Replaced(at("page.txt")));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "no temporary file is left");
    }

    #[test]
    fn numbers_go_before_the_extension() {
        assert_eq!(numbered("a.tar.gz", 1), "a.tar.1.gz");
        assert_eq!(numbered("README", 2), "README.2");
        assert_eq!(numbered(".hidden", 3), ".hidden.3");
    }
}
