//! Whether tesseract is installed, which version, and where its data is. Asked once, by the daemon.

use std::env;
use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::data;
use super::reader::Installation;

/// How long the program may think about its version.
const LIMIT: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The most that it may say; it would wait for a reader of more than this.
const LONGEST_ANSWER: u64 = 64 << 10;

/// The variable that names the data folder.
const DATA_VARIABLE: &str = "TESSDATA_PREFIX";

/// Where the data is on many systems, for versions before 5, which do not tell.
const USUAL_FOLDERS: [&str; 5] = [
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
];

/// Why tesseract can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// There is no such program.
    #[error("there is no program `{0}`; to read more languages install tesseract, or name it in `ocr.tesseract`")]
    NotInstalled(String),
    /// It can't be run, or does not act like tesseract.
    #[error("`{program}` is of no use: {reason}; is it tesseract, as `ocr.tesseract` says?", program = program.display())]
    NotUsable {
        /// The program.
        program: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Its data folder can't be found.
    #[error("`{program}` does not tell where its data is: set {DATA_VARIABLE} to the folder", program = program.display())]
    NoData {
        /// The program.
        program: PathBuf,
    },
}

/// Looks for tesseract: a path, or the name of a program to find in `PATH`.
///
/// # Errors
/// [`DiscoverError`]: why it can't be used.
pub fn discover(program: &str) -> Result<Installation, DiscoverError> {
    let not_installed = || DiscoverError::NotInstalled(program.to_owned());
    let program = located(program, env::var_os("PATH")).ok_or_else(not_installed)?;
    let not_usable = |reason: String| DiscoverError::NotUsable { program: program.clone(), reason };
    let said = answer(&program, "--version").map_err(|error| not_usable(error.to_string()))?;
    let version = version(&said).ok_or_else(|| not_usable("it does not tell its version".to_owned()))?;
    let said = answer(&program, "--list-langs").map_err(|error| not_usable(error.to_string()))?;
    let named = env::var_os(DATA_VARIABLE).map(PathBuf::from);
    let data = told_folder(&said).or_else(|| usual_folder(named)).and_then(|folder| std::path::absolute(folder).ok());
    match data {
        Some(data) => Ok(Installation { program, data, version }),
        None => Err(DiscoverError::NoData { program }),
    }
}

/// The absolute path of a program.
fn located(program: &str, search: Option<OsString>) -> Option<PathBuf> {
    let absolute = |path: PathBuf| std::path::absolute(path).ok().filter(|path| is_program(path));
    if program.contains('/') {
        return absolute(program.into());
    }
    env::split_paths(&search?).find_map(|folder| absolute(folder.join(program)))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// What the program says when it is called with this argument; older versions say some of it on standard error.
fn answer(program: &Path, argument: &str) -> io::Result<String> {
    let mut child = Command::new(program)
        .arg(argument)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let deadline = Instant::now() + LIMIT;
    while child.try_wait()?.is_none() {
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            return Err(io::Error::new(io::ErrorKind::TimedOut, format!("`{argument}` took more than {LIMIT:?}")));
        }
        std::thread::sleep(LOOK_EVERY);
    }
    let mut said = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(LONGEST_ANSWER).read_to_end(&mut said)?;
    }
    if let Some(stderr) = child.stderr.take() {
        stderr.take(LONGEST_ANSWER).read_to_end(&mut said)?;
    }
    Ok(String::from_utf8_lossy(&said).into_owned())
}

/// `5.3.0` of `tesseract 5.3.0`.
fn version(said: &str) -> Option<String> {
    let version = said.lines().find_map(|line| line.strip_prefix("tesseract "))?.trim();
    version.starts_with(|c: char| c.is_ascii_digit() || c == 'v').then(|| version.trim_start_matches('v').to_owned())
}

/// The folder in quotes on the first line.
fn told_folder(said: &str) -> Option<PathBuf> {
    let path = said.lines().next()?.split('"').nth(1)?;
    (!path.is_empty()).then(|| path.into())
}

/// The folder of the variable if there is one, else the first usual one with data.
fn usual_folder(named: Option<PathBuf>) -> Option<PathBuf> {
    let mut usual = USUAL_FOLDERS.iter().map(PathBuf::from);
    named.or_else(|| usual.find(|folder| !data::languages(folder).is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_folders_are_read_off_what_it_says() {
        assert_eq!(version("tesseract 5.3.0\n leptonica-1.82.0"), Some("5.3.0".into()));
        assert_eq!(version("tesseract v5.4.0.20240606\n"), Some("5.4.0.20240606".into()));
        assert_eq!(version("Usage: tesseract [file]"), None);
        let said = "List of available languages in \"/usr/share/tessdata/\" (2):\neng\nosd\n";
        assert_eq!(told_folder(said), Some("/usr/share/tessdata/".into()));
        assert_eq!(told_folder("List of available languages (2):\neng\n"), None);
    }

    #[test]
    fn programs_are_found_by_name_and_by_path() {
        let search = || Some(OsString::from("/nowhere:/bin"));
        assert_eq!(located("sh", search()), Some("/bin/sh".into()));
        assert_eq!(located("/bin/sh", None), Some("/bin/sh".into()));
        assert_eq!(located("/bin", None), None);
        assert_eq!(located("no-such-program", search()), None);
    }

    #[test]
    fn what_is_not_tesseract_is_not_taken_for_it() {
        assert!(matches!(discover("no-such-program"), Err(DiscoverError::NotInstalled(_))));
        let other = discover("/bin/true");
        assert!(matches!(other, Err(DiscoverError::NotUsable { .. } | DiscoverError::NotInstalled(_))), "{other:?}");
    }
}
