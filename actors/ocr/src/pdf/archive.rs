//! What makes a document PDF/A-2b (ISO 19005-2): metadata in XMP, and a profile that says what its colours mean.
//!
//! The other demands are met by what the documents are: one embedded font, whose widths are its own, without code 0; no
//! transparency, encryption or actions; images in gray and RGB only.

use std::io::{self, Write};

use pdf_writer::{Chunk, Ref, TextStr};

use super::objects::ObjectWriter;

/// What wrote the document.
const PRODUCER: &str = "data2data";
/// D50, the white of profiles (ICC.1:2010, 7.2.16), and the primaries of sRGB (IEC 61966-2-1) adapted to it by the
/// Bradford transform, in X, Y, Z.
const WHITE: [f64; 3] = [0.964_2, 1.0, 0.824_9];
const RED: [f64; 3] = [0.436_1, 0.222_5, 0.013_9];
const GREEN: [f64; 3] = [0.385_1, 0.716_9, 0.097_1];
const BLUE: [f64; 3] = [0.143_1, 0.060_6, 0.714_1];
/// The Bradford transform from D65 to D50, row by row.
const ADAPTATION: [f64; 9] = [1.047_9, 0.022_9, -0.050_2, 0.029_6, 0.990_4, -0.017_1, -0.009_2, 0.015_1, 0.751_7];
/// The curve of sRGB as parameters of type 3 (ICC.1:2010, 10.16): `((a v + b) ^ g)`, below d `c v`.
const CURVE: [f64; 5] = [2.4, 1.0 / 1.055, 0.055 / 1.055, 1.0 / 12.92, 0.040_45];

/// Writes metadata and output intent; what is given belongs into the catalogue.
pub(super) fn entries<W: Write>(title: &str, objects: &mut ObjectWriter<W>) -> io::Result<String> {
    let [metadata, profile] = [(); 2].map(|()| objects.reserve());
    objects.stream(metadata, "/Type/Metadata/Subtype/XML", xmp(title).as_bytes())?;
    objects.compressed(profile, "/N 3", &srgb())?;
    Ok(format!(
        "/Metadata {metadata} 0 R/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB)\
         /Info(sRGB IEC61966-2.1)/DestOutputProfile {profile} 0 R>>]"
    ))
}

/// The document information dictionary; it says the same as the metadata.
pub(super) fn information(title: &str) -> Vec<u8> {
    let mut chunk = Chunk::with_settings(pdf_writer::Settings { pretty: false });
    chunk
        .indirect(Ref::new(1))
        .dict()
        .pair(pdf_writer::Name(b"Title"), TextStr(title))
        .pair(pdf_writer::Name(b"Producer"), TextStr(PRODUCER));
    // Only the dictionary, without the object around it.
    let written = chunk.as_bytes();
    let begin = written.windows(2).position(|pair| pair == b"<<").unwrap_or(0);
    let end = written.windows(2).rposition(|pair| pair == b">>").map_or(written.len(), |end| end + 2);
    written[begin..end].to_vec()
}

/// XMP (ISO 16684-1) without dates: the same pages give the same file.
fn xmp(title: &str) -> String {
    let title = quick_xml::escape::escape(title);
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n\
         <rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\" xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">\n\
         <pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>\n\
         <dc:format>application/pdf</dc:format>\n\
         <dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{title}</rdf:li></rdf:Alt></dc:title>\n\
         <pdf:Producer>{PRODUCER}</pdf:Producer>\n\
         </rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>"
    )
}

/// A display profile of sRGB, from its published figures (ICC.1:2010, version 4.2).
fn srgb() -> Vec<u8> {
    let xyz = |values: [f64; 3]| [&b"XYZ \0\0\0\0"[..], &fixed(&values)].concat();
    let curve = [&b"para\0\0\0\0\0\x03\0\0"[..], &fixed(&CURVE)].concat();
    let tags: [(&[u8; 4], Vec<u8>); 10] = [
        (b"desc", localised("sRGB IEC61966-2.1")),
        (b"cprt", localised("No copyright, use freely")),
        (b"wtpt", xyz(WHITE)),
        (b"chad", [&b"sf32\0\0\0\0"[..], &fixed(&ADAPTATION)].concat()),
        (b"rXYZ", xyz(RED)),
        (b"gXYZ", xyz(GREEN)),
        (b"bXYZ", xyz(BLUE)),
        (b"rTRC", curve.clone()),
        (b"gTRC", curve.clone()),
        (b"bTRC", curve),
    ];
    let mut table = long(tags.len()).to_vec();
    let mut data = Vec::new();
    let begin = 128 + 4 + tags.len() * 12;
    for (name, value) in &tags {
        table.extend([&name[..], &long(begin + data.len()), &long(value.len())].concat());
        data.extend(value);
        data.resize(data.len().next_multiple_of(4), 0);
    }
    let mut header = [0; 128];
    header[..4].copy_from_slice(&long(begin + data.len()));
    header[8..12].copy_from_slice(&[4, 0x20, 0, 0]);
    header[12..24].copy_from_slice(b"mntrRGB XYZ ");
    // A date is demanded: that of the standard.
    header[24..36].copy_from_slice(&[0x07, 0xcf, 0, 10, 0, 18, 0, 0, 0, 0, 0, 0]);
    header[36..40].copy_from_slice(b"acsp");
    header[68..80].copy_from_slice(&fixed(&WHITE));
    [&header[..], &table, &data].concat()
}

/// A text of one language (ICC.1:2010, 10.13).
fn localised(text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    [&b"mluc\0\0\0\0"[..], &long(1), &long(12), b"enUS", &long(units.len()), &long(28), &units].concat()
}

fn long(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes()
}

/// Numbers with 16 bits after the point (ICC.1:2010, 4.6).
#[allow(clippy::cast_possible_truncation)] // The figures here are small.
fn fixed(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|value| ((value * 65_536.0).round() as i32).to_be_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_profile_is_as_long_as_it_says_and_its_tags_lie_in_it() {
        let profile = srgb();
        let long =
            |at: usize| u32::from_be_bytes([profile[at], profile[at + 1], profile[at + 2], profile[at + 3]]) as usize;
        assert_eq!(long(0), profile.len());
        for tag in 0..long(128) {
            let entry = 132 + tag * 12;
            assert!(long(entry + 4) + long(entry + 8) <= profile.len());
            assert_eq!(long(entry + 4) % 4, 0);
        }
        // The primaries add up to white.
        for axis in 0..3 {
            assert!((RED[axis] + GREEN[axis] + BLUE[axis] - WHITE[axis]).abs() < 0.001);
        }
    }

    #[test]
    fn titles_are_escaped() {
        assert!(xmp("a < b").contains(">a &lt; b</rdf:li>"));
        assert_eq!(information("a (b"), b"<</Title(a \\(b)/Producer(data2data)>>");
    }

    #[test]
    fn nothing_but_its_two_objects_is_written() -> io::Result<()> {
        let mut objects = ObjectWriter::new(Vec::new(), 5);
        let entries = entries("t", &mut objects)?;
        assert!(entries.starts_with("/Metadata 5 0 R/OutputIntents[") && entries.contains("DestOutputProfile 6 0 R"));
        assert_eq!(objects.reserve(), 7);
        Ok(())
    }
}
