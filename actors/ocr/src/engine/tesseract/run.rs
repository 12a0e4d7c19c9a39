//! One run of the program: a page image to its standard input, its answer from its standard output.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use super::pnm::Pnm;
use super::reader::Installation;
use crate::engine::EngineError;

/// The most bytes of an answer: some thirty times what a dense newspaper page takes.
const LONGEST_ANSWER: u64 = 32 << 20;

/// How much of what it says on standard error is told.
const LONGEST_COMPLAINT: u64 = 2000;

/// The resolutions that it believes; with others it guesses by the size of the letters, as it does without.
const BELIEVED_DPI: std::ops::RangeInclusive<f32> = 70.0..=2400.0;

/// Has the program read an image, and answers what it found as tab-separated values.
///
/// It runs on one thread: its threads wait for each other more than they work, and other pages need the cores. It is not
/// waited for with a limit: the daemon kills the worker with all of its helpers when the page takes too long.
pub(super) fn run(
    installation: &Installation,
    languages: &[String],
    dpi: Option<f32>,
    image: &Pnm<'_>,
) -> Result<String, EngineError> {
    let mut command = Command::new(&installation.program);
    command.args(["stdin", "stdout", "--tessdata-dir"]).arg(&installation.data).args([
        "-l",
        &languages.join("+"),
        "--psm",
        "3",
    ]);
    if let Some(dpi) = dpi.filter(|dpi| BELIEVED_DPI.contains(dpi)) {
        command.args(["--dpi", &format!("{dpi:.0}")]);
    }
    // By its variable: the file `tsv` that stands for it need not be in the data folder.
    command.args(["-c", "tessedit_create_tsv=1"]).env("OMP_THREAD_LIMIT", "1");
    let program = installation.program.as_path();
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let child = child.map_err(|error| EngineError::NoProgram { program: program.into(), reason: error.to_string() })?;
    let failed = |reason: String| EngineError::Program { program: program.into(), reason };
    let answer = converse(child, image).map_err(|error| failed(error.to_string()))?;
    answer.checked(program)
}

/// How a run ended.
struct Answer {
    status: ExitStatus,
    said: Vec<u8>,
    complaint: Vec<u8>,
}

/// Writes and reads at once, as neither side may wait for the other to take what it has to say.
fn converse(mut child: Child, image: &Pnm<'_>) -> io::Result<Answer> {
    let closed = || io::Error::other("it has no pipe");
    let mut stdin = child.stdin.take().ok_or_else(closed)?;
    let stdout = child.stdout.take().ok_or_else(closed)?;
    let stderr = child.stderr.take().ok_or_else(closed)?;
    let (said, complaint) = thread::scope(|scope| {
        // If it does not want the whole image, its exit status tells more than the broken pipe.
        scope.spawn(move || image.write(&mut stdin));
        let complaint = scope.spawn(|| read_up_to(stderr, LONGEST_COMPLAINT));
        let said = read_up_to(stdout, LONGEST_ANSWER + 1);
        (said, complaint.join().unwrap_or_else(|_| Ok(Vec::new())))
    });
    // The pipes are closed: whatever it still wants to say ends it.
    Ok(Answer { status: child.wait()?, said: said?, complaint: complaint? })
}

/// All that comes, or as much of it as is wanted.
fn read_up_to(from: impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl Answer {
    fn checked(self, program: &Path) -> Result<String, EngineError> {
        let failed = |reason: String| EngineError::Program { program: program.into(), reason };
        if self.said.len() as u64 > LONGEST_ANSWER {
            return Err(failed(format!("its answer is longer than {LONGEST_ANSWER} bytes")));
        }
        if !self.status.success() {
            let complaint = String::from_utf8_lossy(&self.complaint).trim().replace('\n', "; ");
            return Err(failed(format!("{} ({complaint})", self.status)));
        }
        String::from_utf8(self.said).map_err(|_| failed("its answer is not UTF-8".to_owned()))
    }
}
