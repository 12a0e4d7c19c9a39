//! The chain of directories of a TIFF file: which of them are pages.

use std::collections::HashSet;

use tiff::decoder::Decoder;
use tiff::tags::{IfdPointer, PhotometricInterpretation, Tag};
use tiff::{Directory, TiffError};

use super::patch::{Input, Patched};

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageEntry {
    /// Its place in the chain of directories, from 0.
    pub(super) index: usize,
    /// Whether its samples are indices into a palette. The decoder then takes them for shades of gray.
    pub(super) palette: bool,
}

/// The pages of a file, one more than `most` at most. Thumbnails and masks are left out if there is anything else.
pub(super) fn pages(decoder: &mut Decoder<Patched<Input>>, most: u32) -> Result<Vec<PageEntry>, TiffError> {
    let (mut pages, mut lesser) = (Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    let mut next = decoder.ifd_pointer();
    // A chain that comes back to where it was ends there.
    while let Some(pointer) = next.filter(|pointer| seen.insert(pointer.0) && pages.len() <= most as usize) {
        let directory = decoder.read_directory(pointer)?;
        let palette = palette(decoder, &directory, pointer)?;
        let entry = PageEntry { index: seen.len() - 1, palette };
        if is_lesser(decoder, &directory) { &mut lesser } else { &mut pages }.push(entry);
        next = directory.next();
    }
    if seen.len() > 1 {
        // Makes the decoder learn the whole chain once; whether the last page can be read is not the question here.
        let _ = decoder.seek_to_image(seen.len() - 1);
    }
    Ok(if pages.is_empty() { lesser } else { pages })
}

/// Whether it is a smaller version of another image (bit 0 of `NewSubfileType`) or a mask for one (bit 2).
fn is_lesser(decoder: &mut Decoder<Patched<Input>>, directory: &Directory) -> bool {
    let kind = decoder.read_directory_tags(directory).find_tag_unsigned::<u32>(Tag::NewSubfileType);
    kind.ok().flatten().is_some_and(|kind| kind & 0b101 != 0)
}

/// Whether its samples are indices into a palette; if so, the decoder is made to read them as gray.
fn palette(
    decoder: &mut Decoder<Patched<Input>>,
    directory: &Directory,
    pointer: IfdPointer,
) -> Result<bool, TiffError> {
    let tag = Tag::PhotometricInterpretation;
    let photometric = decoder.read_directory_tags(directory).find_tag_unsigned::<u16>(tag)?;
    if photometric != Some(PhotometricInterpretation::RGBPalette.to_u16()) {
        return Ok(false);
    }
    decoder.inner().patch_entry(pointer.0, tag.to_u16(), PhotometricInterpretation::BlackIsZero.to_u16())?;
    Ok(true)
}
