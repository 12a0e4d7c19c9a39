//! What is done to the daemon.

use std::time::Duration;

use rustix::io::Errno;

/// How the faults of a trial are drawn.
#[derive(Debug, Clone)]
pub enum Faults {
    /// So many kills, by lot: after a time, or when the daemon has passed so many points.
    RandomKills(usize),
    /// Kills at each of these named points, when it is passed for the first time and at some later time; `None` for every
    /// point that the daemon passes in a run before.
    Kills(Option<Vec<String>>),
    /// Each of these named points fails some times in a life, of all that come before a step: as on a full disk, and as on
    /// one that fails. `None` as above.
    Failures(Option<Vec<String>>),
}

/// One fault, and so one life of the daemon: whatever it is, that ends by SIGKILL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is killed so long after the start.
    After(Duration),
    /// It is killed when a point (of any name, if it has none) is passed for the n-th time; or at last after a time.
    At { point: Option<String>, times: u64, at_most: Duration },
    /// A step fails with this error of the system some times, and then no more.
    Failing { point: String, errno: Errno, at_most: Duration },
}

/// The points that are passed in one life before clients come are few: a third of the kills hit those.
const AT_THE_START: u64 = 60;
/// The points that are passed in a second or two at work.
const AT_WORK: u64 = 3000;
/// The longest life that ends by itself.
const LONGEST: u64 = 900;
/// How long to wait for a point.
const PASSED_WITHIN: Duration = Duration::from_millis(2500);
/// How long to wait for one that was not passed in that time.
const PASSED_AT_LAST: Duration = Duration::from_secs(20);
/// How long to wait for the n-th of all points.
const ANY_WITHIN: Duration = Duration::from_secs(4);
/// How often a step fails in a life.
const FAILURES: u32 = 3;
/// How steps fail: for want of room, and as disks do that break.
const ERRNOS: [Errno; 2] = [Errno::NOSPC, Errno::IO];

impl Fault {
    pub(super) fn random_kill(rng: &mut fastrand::Rng) -> Self {
        match rng.u8(0..4) {
            0 => Self::After(Duration::from_millis(rng.u64(0..LONGEST))),
            1 => Self::At { point: None, times: rng.u64(1..AT_THE_START), at_most: ANY_WITHIN },
            _ => Self::At { point: None, times: rng.u64(1..AT_WORK), at_most: ANY_WITHIN },
        }
    }

    /// Both kills of a named point.
    pub(super) fn kills_at(point: &str, rng: &mut fastrand::Rng) -> [Self; 2] {
        let at = |times| Self::At { point: Some(point.to_owned()), times, at_most: PASSED_WITHIN };
        [at(1), at(rng.u64(2..12))]
    }

    /// A kill at a named point that is passed seldom.
    pub(super) fn kill_at_last(point: &str) -> Self {
        Self::At { point: Some(point.to_owned()), times: 1, at_most: PASSED_AT_LAST }
    }

    /// Both failures of a named point; none of one that comes after a step, which can't fail any more.
    pub(super) fn failures_at(point: &str) -> Vec<Self> {
        let errnos = if point.starts_with("before ") { &ERRNOS[..] } else { &[] };
        let failing = |errno: &Errno| Self::Failing { point: point.to_owned(), errno: *errno, at_most: PASSED_WITHIN };
        errnos.iter().map(failing).collect()
    }

    /// A failure of a named point that is passed seldom.
    pub(super) fn failure_at_last(point: &str) -> Self {
        Self::Failing { point: point.to_owned(), errno: Errno::NOSPC, at_most: PASSED_AT_LAST }
    }

    /// What the environment of the daemon says of it.
    pub(super) fn failpoints(&self) -> Option<String> {
        match self {
            Self::After(_) => None,
            Self::At { point, times, .. } => Some(format!("{}=kill({times})", point.as_deref().unwrap_or("any"))),
            Self::Failing { point, errno, .. } => {
                Some(format!("{point}={FAILURES}*return({})->off", errno.raw_os_error()))
            }
        }
    }

    /// How long the daemon lives at most: a point may not be passed at all.
    pub(super) fn at_most(&self) -> Duration {
        match self {
            Self::After(time) => *time,
            Self::At { at_most, .. } | Self::Failing { at_most, .. } => *at_most,
        }
    }

    /// The named point at which it is.
    pub(super) fn point(&self) -> Option<&str> {
        match self {
            Self::After(_) => None,
            Self::At { point, .. } => point.as_deref(),
            Self::Failing { point, .. } => Some(point),
        }
    }
}
