//! How far a task is, in percent, seconds and plain words: pure.

use std::time::Duration;

use d2d_api::PageCount;

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Models and the like are being fetched.
    Preparing,
    /// So many files of so many have been looked at.
    Inspecting {
        /// Files looked at.
        done: u32,
        /// All files.
        total: u32,
    },
    /// Pages are being converted.
    Reading(PageCount),
    /// The results are being written.
    Assembling,
    /// The results are being stored.
    Storing,
}

/// What the stages are worth, in percent of the whole: pages are nearly all of it.
const INSPECTED: f64 = 2.0;
const READ: f64 = 95.0;
const ASSEMBLED: f64 = 99.0;

/// How much is done, in percent. Grows from stage to stage and inside each.
pub(super) fn percent(stage: Stage) -> f64 {
    match stage {
        Stage::Preparing => 0.0,
        Stage::Inspecting { done, total } => INSPECTED * share(done, total),
        Stage::Reading(pages) => {
            INSPECTED + (READ - INSPECTED) * share(pages.done.saturating_add(pages.failed), pages.total)
        }
        Stage::Assembling => READ,
        Stage::Storing => ASSEMBLED,
    }
}

fn share(done: u32, total: u32) -> f64 {
    if total > 0 { f64::from(done.min(total)) / f64::from(total) } else { 0.0 }
}

/// The seconds left when `done` pages took `elapsed` together, so many at a time as they did, and `left` pages are left.
/// `None` before the first page is done.
pub(super) fn eta_seconds(elapsed: Duration, done: u32, left: u32) -> Option<u64> {
    if done == 0 {
        return None;
    }
    let seconds = elapsed.as_secs_f64() / f64::from(done) * f64::from(left);
    Duration::try_from_secs_f64(seconds.ceil()).ok().map(|eta| eta.as_secs())
}

/// A file as it is spoken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileName<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Its place among the files, from 0.
    pub(super) index: usize,
    /// All files.
    pub(super) files: usize,
}

impl FileName<'_> {
    fn among_others(self) -> String {
        if self.files > 1 { format!(" (file {} of {})", self.index + 1, self.files) } else { String::new() }
    }
}

/// What is said while the pages of a file are counted.
pub(super) fn counting(file: FileName<'_>) -> String {
    format!("counting the pages of {}{}", file.name, file.among_others())
}

/// What is said while a page of a file is read, of which `pages` are to be read.
pub(super) fn reading(file: FileName<'_>, page: u32, pages: &[u32]) -> String {
    let (name, others) = (file.name, file.among_others());
    let whole = pages.iter().copied().eq(1..=u32::try_from(pages.len()).unwrap_or(u32::MAX));
    match pages {
        [1] => format!("reading {name}{others}"),
        _ if whole => format!("reading page {page} of {} of {name}{others}", pages.len()),
        _ => format!("reading page {page} of {name}{others}"),
    }
}

/// What is said of a task that has ended well.
pub(super) fn finished(pages: PageCount, files: usize) -> String {
    let PageCount { done, total, failed } = pages;
    let count = |n: u64, one: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") };
    let (read, missing) = match failed {
        0 => (count(done.into(), "page"), String::new()),
        _ => (format!("{done} of {}", count(total.into(), "page")), format!(", {failed} failed")),
    };
    let of_files = if files > 1 { format!(" of {}", count(files as u64, "file")) } else { String::new() };
    format!("{read}{of_files} read{missing}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(name: &str, index: usize, files: usize) -> FileName<'_> {
        FileName { name, index, files }
    }

    #[test]
    fn messages_are_plain_words() {
        assert_eq!(counting(file("scan.pdf", 0, 1)), "counting the pages of scan.pdf");
        assert_eq!(reading(file("scan.pdf", 0, 1), 3, &[1, 2, 3, 4]), "reading page 3 of 4 of scan.pdf");
        assert_eq!(reading(file("scan.pdf", 1, 5), 9, &[7, 9]), "reading page 9 of scan.pdf (file 2 of 5)");
        assert_eq!(reading(file("photo.jpg", 0, 1), 1, &[1]), "reading photo.jpg");
        let all = |done| PageCount { done, total: done, failed: 0 };
        assert_eq!(finished(all(1), 1), "1 page read");
        assert_eq!(finished(all(12), 3), "12 pages of 3 files read");
        let some = PageCount { done: 97, total: 100, failed: 3 };
        assert_eq!(finished(some, 1), "97 of 100 pages read, 3 failed");
        assert_eq!(finished(some, 2), "97 of 100 pages of 2 files read, 3 failed");
    }

    #[test]
    fn the_time_left_follows_the_pace() {
        assert_eq!(eta_seconds(Duration::from_secs(10), 0, 5), None);
        assert_eq!(eta_seconds(Duration::from_secs(10), 5, 20), Some(40));
        assert_eq!(eta_seconds(Duration::from_millis(100), 1, 1), Some(1));
        assert_eq!(eta_seconds(Duration::MAX, 1, u32::MAX), None);
    }

    proptest! {
        /// Through all stages, with any number of files and pages, the percentage never falls and stays below 100.
        #[test]
        fn progress_never_goes_back(files in 1u32..50, pages in 1u32..500, every in 1u32..9) {
            let inspecting = (0..=files).map(|done| Stage::Inspecting { done, total: files });
            let reading = (0..=pages).map(|ended| {
                let failed = ended / every;
                Stage::Reading(PageCount { done: ended - failed, total: pages, failed })
            });
            let stages = std::iter::once(Stage::Preparing)
                .chain(inspecting)
                .chain(reading)
                .chain([Stage::Assembling, Stage::Storing]);
            let mut last = 0.0;
            for stage in stages {
                let now = percent(stage);
                prop_assert!(now >= last && now < 100.0, "{stage:?}: {now} after {last}");
                last = now;
            }
        }

        #[test]
        fn any_count_gives_a_percentage(done in any::<u32>(), total in any::<u32>(), failed in any::<u32>()) {
            let percent = percent(Stage::Reading(PageCount { done, total, failed }));
            prop_assert!((0.0..=100.0).contains(&percent));
        }
    }
}
