//! What a worker process writes to stderr goes to the log, line by line and bounded.

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

/// Longer lines are cut into several.
const LONGEST_LINE: u64 = 4096;

/// Logs the lines until the process closes its stderr.
pub(super) async fn log_lines(from: impl AsyncRead + Unpin, service: String, pid: u32) {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut from).take(LONGEST_LINE).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                let text = String::from_utf8_lossy(&line);
                tracing::warn!(service, worker.pid = pid, "{}", text.trim_end().escape_debug());
            }
        }
    }
}
