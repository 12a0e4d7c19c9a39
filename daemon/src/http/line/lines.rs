//! The open connections, by the address of the client.
//!
//! The server goes on with a request whose client has hung up, which is right for most: what was begun is finished. Who
//! works only for the answer can ask here. The server reads ahead while a request is being answered, so it comes upon the
//! end of the connection; it is noted as it passes.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use poem::Request;
use poem::web::RemoteAddr;
use tokio_util::sync::CancellationToken;

use super::course::Course;

/// The connections over TCP. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<HashMap<SocketAddr, Arc<Line>>>>);

impl Lines {
    /// Notes a connection, until what is returned is dropped.
    pub(super) fn open(&self, client: &RemoteAddr) -> Option<Open> {
        let client = *client.as_socket_addr()?;
        let line = Arc::new(Line { hung_up: CancellationToken::new(), course: Mutex::new(Course::new()) });
        self.lock().insert(client, Arc::clone(&line));
        Some(Open { lines: self.clone(), client, line })
    }

    /// That of a request.
    fn of(request: &Request) -> Option<Arc<Line>> {
        let lines = request.data::<Self>()?;
        let client = request.remote_addr().as_socket_addr()?;
        lines.lock().get(client).cloned()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<SocketAddr, Arc<Line>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection.
pub(super) struct Line {
    pub(super) hung_up: CancellationToken,
    course: Mutex<Course>,
}

impl Line {
    pub(super) fn course(&self) -> MutexGuard<'_, Course> {
        self.course.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that is open.
pub(super) struct Open {
    lines: Lines,
    client: SocketAddr,
    pub(super) line: Arc<Line>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.line.hung_up.cancel();
        let mut lines = self.lines.lock();
        // The client may have opened another one from the same address meanwhile.
        if lines.get(&self.client).is_some_and(|line| Arc::ptr_eq(line, &self.line)) {
            lines.remove(&self.client);
        }
    }
}

/// Is cancelled when the client of this request hangs up; never, if that can't be told.
pub(in crate::http) fn hang_up(request: &Request) -> CancellationToken {
    Lines::of(request).map(|line| line.hung_up.clone()).unwrap_or_default()
}

/// Notes that a request is being answered, until what is returned is dropped.
pub(in crate::http) fn under_way(request: &Request) -> UnderWay {
    let line = Lines::of(request);
    if let Some(line) = &line {
        line.course().begun();
    }
    UnderWay(line)
}

/// A request that is being answered.
pub(in crate::http) struct UnderWay(Option<Arc<Line>>);

impl UnderWay {
    /// The rest of the connection belongs to it: it is kept as long as the client takes what is sent.
    pub(in crate::http) fn lasts(mut self) {
        self.0 = None;
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(line) = &self.0 {
            line.course().answered();
        }
    }
}
