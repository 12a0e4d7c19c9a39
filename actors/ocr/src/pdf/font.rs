//! The font of invisible text: one for a whole document. Characters get their codes in the order of first use.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::objects::{Id, ObjectWriter};
use super::true_type::{ADVANCE, ASCENT, DESCENT, GLYPH, font_file};

/// The name of the font in its own dictionaries.
const NAME: &str = "Glyphless";
/// Lines of a block in a `ToUnicode` map (Adobe Technical Note #5411).
const BLOCK: usize = 100;

/// The font, while text is set in it.
#[derive(Debug, Default)]
pub(super) struct TextFont {
    codes: HashMap<char, u16>,
    used: Vec<char>,
}

impl TextFont {
    /// The codes of a text, two bytes each. A character beyond the 65,535th different one is left out.
    pub(super) fn codes(&mut self, text: &str) -> Vec<u8> {
        text.chars().filter_map(|char| self.code(char)).flat_map(u16::to_be_bytes).collect()
    }

    /// Codes begin at 1: 0 is for what is not in a font.
    fn code(&mut self, char: char) -> Option<u16> {
        if let Some(code) = self.codes.get(&char) {
            return Some(*code);
        }
        let code = u16::try_from(self.used.len() + 1).ok()?;
        self.used.push(char);
        self.codes.insert(char, code);
        Some(code)
    }

    /// Writes the font as object `id`, and what belongs to it (ISO 32000-1, 9.7).
    pub(super) fn write<W: Write>(&self, id: Id, to: &mut ObjectWriter<W>) -> io::Result<()> {
        let [descendant, descriptor, file, glyphs, unicode] = [(); 5].map(|()| to.reserve());
        to.object(
            id,
            format!(
                "<</Type/Font/Subtype/Type0/BaseFont/{NAME}/Encoding/Identity-H/DescendantFonts[{descendant} 0 R]\
                 /ToUnicode {unicode} 0 R>>"
            )
            .as_bytes(),
        )?;
        to.object(
            Id::new(descendant),
            format!(
                "<</Type/Font/Subtype/CIDFontType2/BaseFont/{NAME}/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)\
                 /Supplement 0>>/FontDescriptor {descriptor} 0 R/DW {ADVANCE}/CIDToGIDMap {glyphs} 0 R>>"
            )
            .as_bytes(),
        )?;
        to.object(
            Id::new(descriptor),
            format!(
                "<</Type/FontDescriptor/FontName/{NAME}/Flags 5/FontBBox[0 -{DESCENT} {ADVANCE} {ASCENT}]/ItalicAngle 0\
                 /Ascent {ASCENT}/Descent -{DESCENT}/CapHeight {ASCENT}/StemV 80/FontFile2 {file} 0 R>>"
            )
            .as_bytes(),
        )?;
        let font = font_file();
        to.compressed(file, format!("/Length1 {}", font.len()), &font)?;
        // Every code shows the one glyph; there is no code 0.
        let map: Vec<u8> = [0, 0].into_iter().chain(self.used.iter().flat_map(|_| GLYPH.to_be_bytes())).collect();
        to.compressed(glyphs, "", &map)?;
        to.compressed(unicode, "", self.to_unicode().as_bytes())
    }

    /// The map from codes to characters, by which viewers search and copy (ISO 32000-1, 9.10.3).
    fn to_unicode(&self) -> String {
        let mut map = String::from(
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CIDSystemInfo\n<< /Registry (Adobe)\n\
             /Ordering (UCS)\n/Supplement 0\n>> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n\
             1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n",
        );
        let pairs: Vec<(u16, char)> = (1..).zip(self.used.iter().copied()).collect();
        for block in pairs.chunks(BLOCK) {
            let _ = writeln!(map, "{} beginbfchar", block.len());
            for (code, char) in block {
                let _ = write!(map, "<{code:04X}> <");
                char.encode_utf16(&mut [0; 2]).iter().for_each(|unit| {
                    let _ = write!(map, "{unit:04X}");
                });
                map.push_str(">\n");
            }
            map.push_str("endbfchar\n");
        }
        map.push_str("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_have_codes_by_first_use() {
        let mut font = TextFont::default();
        assert_eq!(font.codes("aba"), [0, 1, 0, 2, 0, 1]);
        assert_eq!(font.codes("𝄞b"), [0, 3, 0, 2]);
        let map = font.to_unicode();
        assert!(map.contains("3 beginbfchar\n<0001> <0061>\n<0002> <0062>\n<0003> <D834DD1E>\nendbfchar\n"), "{map}");
    }
}
