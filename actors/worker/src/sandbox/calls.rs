//! Seccomp: which system calls the process may make from now on. Those it never needs, and that a document which took
//! over the process would want, answer "not permitted"; all threads are held to it.
//!
//! A list of what is denied, not of what is allowed: the C library and the kernel grow calls that a list of allowed ones
//! would break on machines we have not seen, and files are Landlock's to guard.

use std::collections::BTreeMap;

use libc::{ENOSYS, EPERM, c_long};
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Denied whatever their arguments.
const DENIED: &[c_long] = &[
    // the network, and what goes around it
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    libc::SYS_sendto,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // programs that are in no file that Landlock knows
    libc::SYS_execveat,
    libc::SYS_memfd_create,
    // other processes
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_process_madvise,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_ptrace,
    libc::SYS_kcmp,
    libc::SYS_setpriority,
    libc::SYS_setpgid,
    libc::SYS_setsid,
    // file systems and name spaces
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_quotactl,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_mknodat,
    libc::SYS_fanotify_init,
    // who it is, and whose files are whose
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setgroups,
    libc::SYS_setfsuid,
    libc::SYS_setfsgid,
    libc::SYS_capset,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    // the kernel and the machine
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_kexec_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_reboot,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_vhangup,
    libc::SYS_personality,
    libc::SYS_shmget,
    libc::SYS_shmat,
    libc::SYS_msgget,
    libc::SYS_semget,
    libc::SYS_mq_open,
];

/// Older calls that only this architecture still has.
#[cfg(target_arch = "x86_64")]
const DENIED_HERE: &[c_long] = &[
    libc::SYS_mknod,
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_kexec_file_load,
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
    libc::SYS_uselib,
];
#[cfg(not(target_arch = "x86_64"))]
const DENIED_HERE: &[c_long] = &[];

/// Denied unless helper programs may be run.
#[cfg(target_arch = "x86_64")]
const HELPERS: &[c_long] = &[libc::SYS_execve, libc::SYS_fork, libc::SYS_vfork];
#[cfg(not(target_arch = "x86_64"))]
const HELPERS: &[c_long] = &[libc::SYS_execve];

/// What a new process must never be: in name spaces of its own, traced, or a sibling of this one.
const STRAYING: &[libc::c_int] = &[
    libc::CLONE_NEWNS,
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    libc::CLONE_PTRACE,
    libc::CLONE_PARENT,
];

/// The bit by which x86-64 kernels tell calls of the x32 interface, which would pass a filter that only knows the plain
/// numbers.
#[cfg(target_arch = "x86_64")]
const OTHER_NUMBERING: Option<i64> = Some(0x4000_0000);
#[cfg(not(target_arch = "x86_64"))]
const OTHER_NUMBERING: Option<i64> = None;

/// Restricts the system calls of all threads of this process, and of the `helpers` that it starts, if it may. Returns
/// what could not be done.
pub(super) fn restrict(helpers: bool) -> Vec<String> {
    let apply = |errno, rules| -> Result<(), seccompiler::Error> {
        seccompiler::apply_filter_all_threads(&program(errno, rules)?)
    };
    let outcome = denied(helpers).map_err(Into::into).and_then(|rules| {
        apply(EPERM, rules)?;
        // The arguments of clone3 can't be looked at; told that there is none, the C library uses clone.
        apply(ENOSYS, both_numberings([(libc::SYS_clone3, Vec::new())]))
    });
    outcome.err().map(|error| format!("system calls (seccomp): {error}")).into_iter().collect()
}

fn denied(helpers: bool) -> Result<Rules, BackendError> {
    let own = u64::from(std::process::id());
    let by_argument = [
        (libc::SYS_clone, clones(helpers)?),
        // a signal to another process; abort() sends one to this (that of a helper ends it in another way)
        (libc::SYS_tgkill, when(0, SeccompCmpOp::Ne, own)?),
        // limits of another process
        (libc::SYS_prlimit64, when(0, SeccompCmpOp::Ne, 0)?),
    ];
    let no_helpers = if helpers { &[] } else { HELPERS };
    let plain = DENIED.iter().chain(DENIED_HERE).chain(no_helpers).map(|call| (*call, Vec::new()));
    Ok(both_numberings(plain.chain(by_argument)))
}

/// Which clones are denied: new processes, as opposed to threads; with helpers, those that would get away.
fn clones(helpers: bool) -> Result<Vec<SeccompRule>, BackendError> {
    let with = |flag: &libc::c_int| {
        let flag = u64::from(flag.unsigned_abs());
        when(0, SeccompCmpOp::MaskedEq(flag), flag)
    };
    let thread = u64::from(libc::CLONE_THREAD.unsigned_abs());
    let process = if helpers { Vec::new() } else { when(0, SeccompCmpOp::MaskedEq(thread), 0)? };
    STRAYING.iter().try_fold(process, |rules, flag| Ok([rules, with(flag)?].concat()))
}

/// A rule that matches if the low half of an argument compares so.
fn when(argument: u8, operator: SeccompCmpOp, value: u64) -> Result<Vec<SeccompRule>, BackendError> {
    let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)?;
    Ok(vec![SeccompRule::new(vec![condition])?])
}

fn both_numberings(rules: impl IntoIterator<Item = (c_long, Vec<SeccompRule>)>) -> Rules {
    let plain: Rules = rules.into_iter().collect();
    let other = OTHER_NUMBERING.into_iter().flat_map(|bit| plain.clone().into_iter().map(move |(n, r)| (n | bit, r)));
    let other: Rules = other.collect();
    plain.into_iter().chain(other).collect()
}

fn program(errno: i32, rules: Rules) -> Result<BpfProgram, BackendError> {
    let here = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(errno.unsigned_abs()), here)?.try_into()
}
