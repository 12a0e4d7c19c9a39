//! A page without its invisible text: the layer that another program laid over a scan.
//!
//! Instructions that show text are left out where the text rendering mode is 3 (ISO 32000-1, 9.3.6), on the page and in
//! the forms that it draws. All other instructions are written as they were. A form of which nothing is left to see is
//! no longer drawn.

use std::collections::BTreeMap;

use hayro::hayro_syntax::content::UntypedIter;
use hayro::hayro_syntax::object::{Dict, MaybeRef, Name, Object, Stream};

use super::raw;

/// How deep forms are looked into.
const DEEPEST: usize = 8;
/// Text rendering mode: neither filled nor stroked.
const INVISIBLE: i64 = 3;
/// Instructions that make something visible, but for those that show text or draw other objects.
const PAINTING: [&[u8]; 11] = [b"f", b"F", b"f*", b"S", b"s", b"B", b"B*", b"b", b"b*", b"sh", b"BI"];
/// Instructions that show text.
const SHOWING: [&[u8]; 4] = [b"Tj", b"TJ", b"'", b"\""];

/// A content stream without invisible text.
#[derive(Debug)]
pub(super) struct Stripped<'a> {
    /// The instructions.
    pub(super) content: Vec<u8>,
    /// What they draw from.
    pub(super) resources: Dict<'a>,
    /// The forms to be drawn in place of those of these names.
    pub(super) forms: BTreeMap<Vec<u8>, Form<'a>>,
    /// Whether there was anything to leave out.
    pub(super) changed: bool,
    /// Whether anything is left that can be seen.
    shows: bool,
}

/// A form, and what is left of it.
#[derive(Debug)]
pub(super) struct Form<'a> {
    pub(super) original: Stream<'a>,
    pub(super) stripped: Stripped<'a>,
}

/// What becomes of a form.
enum Fate<'a> {
    Keep,
    Drop,
    Replace(Box<Form<'a>>),
}

/// A content stream without invisible text, which draws from these resources.
pub(super) fn strip<'a>(content: &[u8], resources: &Dict<'a>) -> Stripped<'a> {
    strip_at(content, resources, 0, DEEPEST)
}

/// `mode` is the text rendering mode at its beginning.
fn strip_at<'a>(content: &[u8], resources: &Dict<'a>, mode: i64, depth: usize) -> Stripped<'a> {
    let mut stripped = Stripped {
        content: Vec::with_capacity(content.len()),
        resources: resources.clone(),
        forms: BTreeMap::new(),
        changed: false,
        shows: false,
    };
    let (mut mode, mut saved) = (mode, Vec::new());
    let mut dropped: BTreeMap<Vec<u8>, bool> = BTreeMap::new();
    let mut instructions = UntypedIter::new(content);
    while let Some(instruction) = instructions.next() {
        let operator: &[u8] = instruction.operator;
        let operands: Vec<Object<'_>> = instruction.operands().cloned().collect();
        match operator {
            b"q" => saved.push(mode),
            b"Q" => mode = saved.pop().unwrap_or(mode),
            b"Tr" => mode = operands.first().and_then(|mode| mode.clone().into_i32()).map_or(0, i64::from),
            b"Do" => {
                let name = operands.first().and_then(|name| name.clone().into_name());
                let name = name.as_deref().unwrap_or_default();
                let is_dropped = *dropped.entry(name.to_vec()).or_insert_with(|| {
                    match fate(name, resources, mode, depth) {
                        Fate::Keep => return false,
                        Fate::Drop => {}
                        Fate::Replace(form) => {
                            stripped.forms.insert(name.to_vec(), *form);
                        }
                    }
                    stripped.changed = true;
                    !stripped.forms.contains_key(name)
                });
                if is_dropped {
                    continue;
                }
                stripped.shows = true;
            }
            _ if SHOWING.contains(&operator) && mode == INVISIBLE => {
                stripped.changed = true;
                stripped.content.extend(without_text(operator, &operands));
                continue;
            }
            _ if SHOWING.contains(&operator) || PAINTING.contains(&operator) => stripped.shows = true,
            _ => {}
        }
        write(&mut stripped.content, operator, &operands);
    }
    stripped
}

fn fate<'a>(name: &[u8], resources: &Dict<'a>, mode: i64, depth: usize) -> Fate<'a> {
    let objects = resources.get::<Dict<'_>>(b"XObject").unwrap_or_default();
    let Some(original) = objects.get::<Stream<'_>>(name) else { return Fate::Keep };
    let dict = original.dict();
    let is_form = dict.get::<Name<'_>>(b"Subtype").is_some_and(|kind| kind.as_ref() == b"Form");
    let (true, Some(depth), Ok(content)) = (is_form, depth.checked_sub(1), original.decoded_data()) else {
        return Fate::Keep;
    };
    let own = dict.get::<Dict<'_>>(b"Resources").unwrap_or_else(|| resources.clone());
    let stripped = strip_at(&content, &own, mode, depth);
    match (stripped.changed, stripped.shows) {
        (false, _) => Fate::Keep,
        (true, false) => Fate::Drop,
        (true, true) => Fate::Replace(Box::new(Form { original: original.clone(), stripped })),
    }
}

/// What else an instruction does that shows text (ISO 32000-1, table 109).
fn without_text(operator: &[u8], operands: &[Object<'_>]) -> Vec<u8> {
    let mut content = Vec::new();
    if operator == b"\"" {
        write(&mut content, b"Tw", operands.get(..1).unwrap_or_default());
        write(&mut content, b"Tc", operands.get(1..2).unwrap_or_default());
    }
    if operator == b"\"" || operator == b"'" {
        content.extend(b"T*\n");
    }
    content
}

fn write(content: &mut Vec<u8>, operator: &[u8], operands: &[Object<'_>]) {
    if let (b"BI", [Object::Stream(image)]) = (operator, operands) {
        // The dictionary begins after `BI` and ends with `ID`, the data with what stands before `EI`.
        content.extend([b"BI", image.dict().data(), b"\n", &image.raw_data(), b"EI\n"].concat());
        return;
    }
    for operand in operands {
        content.extend(raw::value(&MaybeRef::NotRef(operand.clone())));
        content.push(b' ');
    }
    content.extend([operator, b"\n"].concat());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(content: &str) -> (String, bool, bool) {
        let stripped = strip(content.as_bytes(), &Dict::empty());
        (String::from_utf8_lossy(&stripped.content).replace('\n', " "), stripped.changed, stripped.shows)
    }

    #[test]
    fn text_is_left_out_where_it_is_invisible() {
        let page = "q BT 3 Tr /F 9 Tf (gone) Tj [(g) -5 (one)] TJ ET Q BT (seen) Tj ET";
        let (content, changed, shows) = stripped(page);
        assert_eq!(content, "q BT 3 Tr /F 9 Tf ET Q BT <7365656e> Tj ET ");
        assert!(changed && shows);
    }

    #[test]
    fn what_else_such_instructions_do_stays() {
        let (content, changed, shows) = stripped("BT 3 Tr (a) ' 1 2 (b) \" 0 Tr (c) ' ET");
        assert_eq!(content, "BT 3 Tr T* 1 Tw 2 Tc T* 0 Tr <63> ' ET ");
        assert!(changed && shows);
        assert!(!stripped("BT 3 Tr (a) Tj ET").2);
    }

    #[test]
    fn all_else_is_as_it_was() {
        let page = "0.5 0 0 -1.25 3 4 cm /G#20s gs /Span <</Lang (x)>> BDC [1 2] 0 d 0 0 9 9 re f BI /W 1 /H 1 /BPC 8 /CS /G ID x EI EMC ";
        let (content, changed, _) = stripped(page);
        assert_eq!(content, page);
        assert!(!changed);
    }
}
