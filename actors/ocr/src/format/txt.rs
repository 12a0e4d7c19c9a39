//! Plain text: UTF-8, a line feed after each line, an empty line between blocks, a form feed between pages.

use std::io::{self, Write};

use super::PageWriter;
use crate::reading::Reading;

/// What parts pages.
const FORM_FEED: &[u8] = b"\x0c";

pub(super) struct Txt<W> {
    out: W,
    begun: bool,
}

impl<W: Write> Txt<W> {
    pub(super) const fn new(out: W) -> Self {
        Self { out, begun: false }
    }
}

impl<W: Write> PageWriter for Txt<W> {
    fn page(&mut self, _: u32, reading: &Reading) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            self.out.write_all(FORM_FEED)?;
        }
        self.out.write_all(reading.page.text().as_bytes())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()
    }
}
