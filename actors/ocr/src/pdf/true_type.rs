//! The smallest font that viewers take: glyphs without an outline, all as wide as half their height.
//!
//! The tables are those that ISO 32000-1, 9.9, table 126 asks of a TrueType program in a composite font; their fields
//! are described in the OpenType specification, version 1.9.

/// Units of the em square.
const UNITS_PER_EM: u16 = 1000;
/// How far each glyph advances, in thousandths of the em.
pub(super) const ADVANCE: u16 = 500;
/// The top and bottom of the text over its baseline, in thousandths of the em; together they make one em.
pub(super) const ASCENT: u16 = 800;
pub(super) const DESCENT: u16 = 200;
/// The glyph that stands for every character; glyph 0 stands for characters that a font does not have.
pub(super) const GLYPH: u16 = 1;
const GLYPHS: u16 = 2;
/// What the sum over the file is subtracted from (OpenType, table `head`).
const CHECKSUM_MAGIC: u32 = 0xb1b0_afba;

/// The font file.
pub(super) fn font_file() -> Vec<u8> {
    let tables: [([u8; 4], Vec<u8>); 6] = [
        (*b"head", head()),
        (*b"hhea", hhea()),
        (*b"hmtx", words(&[ADVANCE, 0, ADVANCE, 0])),
        // Version 1.0; the rest counts points, contours and instructions, of which there are none.
        (*b"maxp", words(&[1, 0, GLYPHS, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])),
        (*b"loca", words(&[0; GLYPHS as usize + 1])),
        // Outlines: none. The table may not be empty.
        (*b"glyf", vec![0; 4]),
    ];
    let mut file = assemble(&tables);
    let adjustment = CHECKSUM_MAGIC.wrapping_sub(checksum(&file));
    let place = 12 + tables.len() * 16 + 8;
    file[place..place + 4].copy_from_slice(&adjustment.to_be_bytes());
    file
}

/// The directory and the tables after it, each from a multiple of four on. The directory is to be sorted by name.
fn assemble(tables: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    let count = u16::try_from(tables.len()).unwrap_or(u16::MAX);
    let power = count.ilog2();
    let range = 16_u16 << power;
    let mut file = words(&[1, 0, count, range, u16::try_from(power).unwrap_or(0), count * 16 - range]);
    let mut place = file.len() + tables.len() * 16;
    let mut entries = Vec::new();
    for (name, table) in tables {
        let length = u32::try_from(table.len()).unwrap_or(u32::MAX);
        let offset = u32::try_from(place).unwrap_or(u32::MAX);
        let numbers: Vec<u8> = [checksum(table), offset, length].iter().flat_map(|value| value.to_be_bytes()).collect();
        entries.push([&name[..], &numbers].concat());
        place += table.len().next_multiple_of(4);
    }
    entries.sort();
    file.extend(entries.concat());
    for (_, table) in tables {
        file.extend(table);
        file.resize(file.len().next_multiple_of(4), 0);
    }
    file
}

fn checksum(bytes: &[u8]) -> u32 {
    let long = |chunk: &[u8]| {
        let mut long = [0; 4];
        long[..chunk.len()].copy_from_slice(chunk);
        u32::from_be_bytes(long)
    };
    bytes.chunks(4).map(long).fold(0, u32::wrapping_add)
}

/// The sum over the file, after the first eight bytes, is filled in when the file is whole.
fn head() -> Vec<u8> {
    let mut table = words(&[1, 0, 1, 0, 0, 0]);
    table.extend(0x5f0f_3cf5_u32.to_be_bytes());
    table.extend(words(&[0, UNITS_PER_EM]));
    // Created and modified: never.
    table.extend([0; 16]);
    // An empty box, no style, at least 3 pixels, mixed directions, short offsets, the one glyph format.
    table.extend(words(&[0, 0, 0, 0, 0, 3, 2, 0, 0]));
    table
}

fn hhea() -> Vec<u8> {
    // The descent is negative; the caret is upright; every glyph has its own advance.
    words(&[1, 0, ASCENT, DESCENT.wrapping_neg(), 0, ADVANCE, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, GLYPHS])
}

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_sums_up_to_the_magic_number() {
        let file = font_file();
        assert_eq!(checksum(&file), CHECKSUM_MAGIC);
        assert_eq!(file.len() % 4, 0);
    }

    #[test]
    fn tables_lie_where_the_directory_says() {
        let file = font_file();
        let count = usize::from(u16::from_be_bytes([file[4], file[5]]));
        let long = |at: usize| u32::from_be_bytes([file[at], file[at + 1], file[at + 2], file[at + 3]]) as usize;
        let lengths = [(b"glyf", 4), (b"head", 54), (b"hhea", 36), (b"hmtx", 8), (b"loca", 6), (b"maxp", 32)];
        assert_eq!(count, lengths.len());
        for (index, (name, length)) in lengths.into_iter().enumerate() {
            let entry = 12 + index * 16;
            assert_eq!(&file[entry..entry + 4], name);
            assert_eq!(long(entry + 12), length);
            assert!(long(entry + 8) + length <= file.len());
            assert_eq!(
                checksum(&file[long(entry + 8)..][..length]) == checksum(&[]),
                name == b"glyf" || name == b"loca"
            );
        }
    }
}
