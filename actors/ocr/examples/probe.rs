//! Opens every file it is given and decodes or renders pages of it; prints what came of each, the time it took and the
//! memory that the process has needed so far. For trying many files: `find FOLDER -type f | xargs probe`.

use std::path::Path;
use std::time::Instant;

use d2d_ocr::input::{Document, Limits};

/// Pages of a file that are tried.
const MOST_PAGES: u32 = 20;

fn main() {
    for path in std::env::args().skip(1) {
        let started = Instant::now();
        let outcome = probe(Path::new(&path));
        println!("{}\t{:.2} s\t{} MB\t{path}", outcome, started.elapsed().as_secs_f32(), peak_megabytes());
    }
}

fn probe(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut document = match Document::open(path, &name, &Limits::default()) {
        Ok(document) => document,
        Err(refusal) => return format!("refused {}: {refusal}", refusal.code),
    };
    let mut said = format!("{} of {} pages", document.kind().name(), document.page_count());
    for page in 1..=document.page_count().min(MOST_PAGES) {
        let text = match document.page(page, Some(200)) {
            Ok(page) => format!(" {}x{}", page.rgb.width(), page.rgb.height()),
            Err(refusal) => format!(" refused {}: {refusal}", refusal.code),
        };
        said.push_str(&text);
    }
    document.warnings().iter().fold(said, |said, warning| format!("{said}; {warning}"))
}

/// The most memory that this process has had resident.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kilobytes| kilobytes.parse::<u64>().ok()).unwrap_or(0) / 1024
}
