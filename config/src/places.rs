//! Where things are when no setting says so: by the XDG base directories of the user, else under `/var`.

use std::path::PathBuf;

use directories::ProjectDirs;

const APP: &str = "data2data";

/// The file names that are tried for settings, in this order.
pub(crate) fn config_files() -> Vec<PathBuf> {
    let name = format!("{APP}.toml");
    let own = project().map(|dirs| dirs.config_dir().join(&name));
    own.into_iter().chain([PathBuf::from("/etc").join(APP).join(name)]).collect()
}

/// The data directory.
pub(crate) fn data_dir() -> PathBuf {
    project().map_or_else(|| PathBuf::from("/var/lib").join(APP), |dirs| dirs.data_dir().to_owned())
}

/// The folder of the recognition models.
pub(crate) fn models_dir() -> PathBuf {
    project().map_or_else(|| PathBuf::from("/var/cache").join(APP), |dirs| dirs.cache_dir().to_owned()).join("models")
}

/// The name of this machine.
pub(crate) fn host_name() -> String {
    let name = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| "localhost".to_owned())
}

/// The processors that this process may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn project() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", APP)
}
