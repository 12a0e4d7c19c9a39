//! Landlock: which files the process may open from now on, and no TCP and no signals to others where the kernel has it.
//! See <https://docs.kernel.org/userspace-api/landlock.html>.

use std::path::PathBuf;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, LandlockStatus, RestrictSelfAttr,
    RestrictionStatus, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
    path_beneath_rules,
};

use super::program;

/// The newest version of the interface that was tried with this code; older kernels do a part of it.
const ABI: ABI = ABI::V7;

/// Restricts the files of this process. Returns what could not be done.
pub(super) fn restrict(readable: &[PathBuf], writable: &[PathBuf], programs: &[PathBuf]) -> Vec<String> {
    let threads = running_threads();
    match enforce(readable, writable, programs) {
        Ok(status) => gaps(&status, threads),
        Err(error) => vec![format!("files outside its folders (landlock): {error}")],
    }
}

fn enforce(
    readable: &[PathBuf],
    writable: &[PathBuf],
    programs: &[PathBuf],
) -> Result<RestrictionStatus, RulesetError> {
    for folder in readable.iter().chain(writable).filter(|folder| !folder.exists()) {
        // A rule needs something to hold on to. If it can't be made, it can't be used either.
        let _ = std::fs::create_dir_all(folder);
    }
    let (runnable, libraries) = (program::files(programs), program::libraries(programs));
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI))?
        .handle_access(AccessNet::from_all(ABI))?
        .scope(Scope::from_all(ABI))?
        .create()?
        .add_rules(path_beneath_rules(readable, reading()))?
        .add_rules(path_beneath_rules(writable, reading() | writing()))?
        .add_rules(path_beneath_rules(runnable, AccessFs::ReadFile | AccessFs::Execute))?
        .add_rules(path_beneath_rules(libraries, reading()))?
        .all_threads(true)?
        .restrict_self()
}

fn reading() -> BitFlags<AccessFs> {
    AccessFs::ReadFile | AccessFs::ReadDir
}

/// Plain files and folders; no devices, sockets, pipes or links.
fn writing() -> BitFlags<AccessFs> {
    AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeReg
        | AccessFs::MakeDir
        | AccessFs::RemoveFile
        | AccessFs::RemoveDir
        | AccessFs::Refer
}

fn gaps(status: &RestrictionStatus, threads: Option<usize>) -> Vec<String> {
    let mut gaps = Vec::new();
    match (&status.ruleset, &status.landlock) {
        (RulesetStatus::FullyEnforced, _) => {}
        (RulesetStatus::PartiallyEnforced, LandlockStatus::Available { effective_abi, .. }) => {
            gaps.extend(missing_since(*effective_abi));
        }
        (_, LandlockStatus::NotEnabled) => gaps.push("files outside its folders: landlock is switched off".into()),
        _ => gaps.push("files outside its folders: this kernel has no landlock".into()),
    }
    let held = !status.all_threads && status.ruleset != RulesetStatus::NotEnforced;
    if let Some(others @ 1..) = threads.map(|n| n.saturating_sub(1)).filter(|_| held) {
        gaps.push(format!("files outside its folders, for threads that ran before the sandbox was locked ({others})"));
    }
    gaps
}

/// What a kernel of an older interface version can't restrict.
fn missing_since(abi: ABI) -> Option<String> {
    let missing: Vec<&str> = [
        (ABI::V3, "truncating files"),
        (ABI::V4, "TCP"),
        (ABI::V5, "control of devices"),
        (ABI::V6, "signals to other processes"),
    ]
    .into_iter()
    .filter(|(since, _)| abi < *since)
    .map(|(_, what)| what)
    .collect();
    (!missing.is_empty()).then(|| format!("landlock of this kernel can't restrict {}", missing.join(", ")))
}

/// How many threads this process has, if the kernel tells.
fn running_threads() -> Option<usize> {
    Some(std::fs::read_dir("/proc/self/task").ok()?.count())
}
