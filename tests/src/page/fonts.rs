//! The typefaces of the test pages, all of free licences and carried by crates, so that a page looks the same everywhere.

use ab_glyph::FontRef;
use anyhow::{Context, Result};

/// A typeface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Face {
    /// Libertinus Serif: a book face.
    Serif,
    /// Its bold.
    SerifBold,
    /// Its italic.
    SerifItalic,
    /// New Computer Modern: a face of high contrast with thin hairlines.
    Roman,
    /// Ubuntu Light: a sans serif of thin strokes.
    Sans,
    /// `DejaVu` Sans Mono: every letter of the same width.
    Mono,
}

impl Face {
    /// The font, ready to draw with.
    ///
    /// # Errors
    /// When the crate that carried it carries it no more.
    pub fn font(self) -> Result<FontRef<'static>> {
        let bytes = self.bytes().with_context(|| format!("no font for {self:?} in the crates of fonts"))?;
        FontRef::try_from_slice(bytes).with_context(|| format!("the font for {self:?} can't be read"))
    }

    fn bytes(self) -> Option<&'static [u8]> {
        let wanted = match self {
            Self::Serif => "LibertinusSerif-Regular",
            Self::SerifBold => "LibertinusSerif-Bold",
            Self::SerifItalic => "LibertinusSerif-Italic",
            Self::Roman => "NewCM10-Regular",
            Self::Mono => "DejaVuSansMono",
            Self::Sans => return Some(epaint_default_fonts::UBUNTU_LIGHT),
        };
        typst_assets::fonts().find(|bytes| post_script_name(bytes).as_deref() == Some(wanted))
    }
}

fn post_script_name(bytes: &[u8]) -> Option<String> {
    let face = ttf_parser::Face::parse(bytes, 0).ok()?;
    let mut names = face.names().into_iter().filter(|name| name.name_id == ttf_parser::name_id::POST_SCRIPT_NAME);
    names.find_map(|name| name.to_string())
}
