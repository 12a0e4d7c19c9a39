//! A page of an original as it stands there.

use hayro::hayro_syntax::Pdf;
use hayro::hayro_syntax::object::{Dict, MaybeRef, Object, Stream};
use hayro::hayro_syntax::page::Page;

use super::objects::Id;
use super::raw;

/// Ancestors of a page that resources are looked for in.
const MOST_ANCESTORS: usize = 64;

/// The object that a page is; none if it stands in the list of its parent.
pub(super) fn id(pdf: &Pdf, page: &Page<'_>) -> Option<Id> {
    let id = page.raw().obj_id()?;
    let is_page = pdf.xref().get::<Dict<'_>>(id).is_some_and(|object| object == *page.raw());
    is_page.then(|| Id { number: id.obj_number, generation: u16::try_from(id.gen_number).unwrap_or(0) })
}

/// The resources of a page, which may be those of an ancestor (ISO 32000-1, 7.7.3.4).
pub(super) fn resources<'a>(page: &Page<'a>) -> Dict<'a> {
    let mut node = page.raw().clone();
    for _ in 0..MOST_ANCESTORS {
        if let Some(resources) = node.get::<Dict<'_>>(b"Resources") {
            return resources;
        }
        match node.get::<Dict<'_>>(b"Parent") {
            Some(parent) => node = parent,
            None => break,
        }
    }
    Dict::empty()
}

/// The instructions of a page. They are decoded here, as the parser would keep them.
pub(super) fn decoded(page: &Page<'_>) -> Vec<u8> {
    let streams: Vec<Stream<'_>> = match page.raw().get::<Object<'_>>(b"Contents") {
        Some(Object::Stream(stream)) => vec![stream],
        Some(Object::Array(list)) => list.iter::<Stream<'_>>().collect(),
        _ => Vec::new(),
    };
    let decoded = streams.iter().filter_map(|stream| stream.decoded_data().ok());
    decoded.flat_map(|data| [&data[..], b"\n"].concat()).collect()
}

/// The content streams of a page, as they stand in a list.
pub(super) fn contents(page: &Page<'_>) -> Vec<u8> {
    let raw_contents = page.raw().get_raw::<Object<'_>>(b"Contents");
    match (page.raw().get::<Object<'_>>(b"Contents"), raw_contents) {
        (Some(Object::Array(list)), _) => {
            list.raw_iter().flat_map(|item| [raw::value(&item), b" ".to_vec()].concat()).collect()
        }
        (Some(Object::Stream(_)), Some(MaybeRef::Ref(stream))) => raw::reference(stream).into_bytes(),
        _ => Vec::new(),
    }
}
