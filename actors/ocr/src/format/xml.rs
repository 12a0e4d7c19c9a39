//! XML, written as it goes: one element to a line, no indentation. Values and text may be anything: what XML 1.0 has no
//! place for becomes U+FFFD, all else is escaped where it must be.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// A document that is being written.
pub(super) struct Xml<W: Write>(Writer<W>);

impl<W: Write> Xml<W> {
    /// Begins a document in UTF-8.
    pub(super) fn begin(out: W) -> io::Result<Self> {
        let mut xml = Self(Writer::new(out));
        xml.line(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        Ok(xml)
    }

    /// Says which type of document it is.
    pub(super) fn doctype(&mut self, doctype: &str) -> io::Result<()> {
        self.line(Event::DocType(BytesText::from_escaped(doctype)))
    }

    /// An element, to be given its attributes and written.
    pub(super) fn element(&mut self, name: &'static str) -> Element<'_, W> {
        Element { xml: self, start: BytesStart::new(name) }
    }

    /// Ends the element that was opened last.
    pub(super) fn close(&mut self, name: &'static str) -> io::Result<()> {
        self.line(Event::End(BytesEnd::new(name)))
    }

    /// Hands what is written on to where it goes.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.0.get_mut().flush()
    }

    fn line(&mut self, event: Event<'_>) -> io::Result<()> {
        self.0.write_event(event)?;
        self.0.get_mut().write_all(b"\n")
    }
}

/// An element that is about to be written.
#[must_use]
pub(super) struct Element<'a, W: Write> {
    xml: &'a mut Xml<W>,
    start: BytesStart<'static>,
}

impl<W: Write> Element<'_, W> {
    /// With an attribute.
    pub(super) fn with(mut self, name: &'static str, value: impl Display) -> Self {
        self.start.push_attribute((name, &*legal(&value.to_string())));
        self
    }

    /// Writes its start; what follows is inside of it until it is closed.
    pub(super) fn open(self) -> io::Result<()> {
        self.xml.line(Event::Start(self.start))
    }

    /// Writes it with nothing in it.
    pub(super) fn empty(self) -> io::Result<()> {
        self.xml.line(Event::Empty(self.start))
    }

    /// Writes it with nothing but text in it.
    pub(super) fn text(self, text: &str) -> io::Result<()> {
        let end = self.start.to_end().into_owned();
        self.xml.0.write_event(Event::Start(self.start))?;
        self.xml.0.write_event(Event::Text(BytesText::new(&legal(text))))?;
        self.xml.line(Event::End(end))
    }
}

/// The text with U+FFFD for every character that XML 1.0 does not allow, however it is escaped (section 2.2, `Char`).
pub(super) fn legal(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_legal) {
        return text.into();
    }
    text.chars().map(|char| if is_legal(char) { char } else { char::REPLACEMENT_CHARACTER }).collect()
}

const fn is_legal(char: char) -> bool {
    matches!(char, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_text_are_escaped() -> io::Result<()> {
        let mut out = Vec::new();
        let mut xml = Xml::begin(&mut out)?;
        xml.element("a").with("b", "<\"\n\u{1}\u{ffff}&'>").with("c", 1.5).open()?;
        xml.element("d").text("</d> & \r\u{0}\u{fffd}")?;
        xml.element("e").empty()?;
        xml.close("a")?;
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
            <a b=\"&lt;&quot;&#10;\u{fffd}\u{fffd}&amp;&apos;&gt;\" c=\"1.5\">\n\
            <d>&lt;/d&gt; &amp; &#13;\u{fffd}\u{fffd}</d>\n<e/>\n</a>\n";
        assert_eq!(String::from_utf8_lossy(&out), expected);
        Ok(())
    }
}
