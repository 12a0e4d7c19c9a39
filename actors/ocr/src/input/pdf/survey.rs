//! What a page would take to draw, counted before it is drawn.
//!
//! Forms (ISO 32000-1, 8.10) can draw forms. Ten levels of ten make ten thousand million drawings from a file of a few
//! kilobytes, so what a form costs is counted once for each depth at which it is drawn, not each time.

use std::collections::HashMap;
use std::io::Read;

use d2d_api::ProblemCode;
use d2d_worker::Refusal;
use flate2::read::ZlibDecoder;
use hayro::hayro_syntax::Filter;
use hayro::hayro_syntax::content::TypedIter;
use hayro::hayro_syntax::content::ops::TypedInstruction;
use hayro::hayro_syntax::object::dict::keys;
use hayro::hayro_syntax::object::{Dict, Name, Object, ObjectIdentifier, Stream};
use hayro::hayro_syntax::page::{Page, Resources};

use crate::input::source::Source;

/// Instructions that a page may take: far more than the most detailed of maps.
const MOST_INSTRUCTIONS: u64 = 30_000_000;
/// The part of the memory for decoding that one stream may take.
const STREAM_SHARE: u64 = 4;
/// To how many times its size a stream can be inflated (RFC 1951: 258 bytes by two bits).
const MOST_DEFLATED: u64 = 1032;
/// How deep forms are drawn within forms; the renderer goes as deep.
const DEEPEST: usize = 50;

/// What is known of a page without drawing it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// Whether anything on it shows text, visible or not.
    pub(super) shows_text: bool,
}

/// A stream of instructions: how many are its own, and the forms that it draws.
#[derive(Debug, Clone, Default)]
struct Content {
    instructions: u64,
    forms: Vec<ObjectIdentifier>,
}

struct Surveyor<'s> {
    source: &'s Source,
    known: HashMap<ObjectIdentifier, Content>,
    survey: Survey,
}

/// Looks through a page and its forms.
///
/// # Errors
/// That it would take too long to draw, or that it has too large an image.
pub(super) fn survey(source: &Source, page: &Page<'_>) -> Result<Survey, Refusal> {
    let mut surveyor = Surveyor { source, known: HashMap::new(), survey: Survey::default() };
    surveyor.check_contents(page)?;
    let content = surveyor.content(page.page_stream().unwrap_or_default(), page.resources(), DEEPEST)?;
    // From the leaves up: what each form costs that is drawn at most so deep.
    let mut costs: HashMap<ObjectIdentifier, u64> = HashMap::new();
    for _ in 0..DEEPEST {
        let next = surveyor.known.iter().map(|(form, content)| (*form, cost(content, &costs))).collect();
        if std::mem::replace(&mut costs, next) == costs {
            break;
        }
    }
    if cost(&content, &costs) > MOST_INSTRUCTIONS {
        let detail = "has a page that draws too much to be rendered: forms within forms within forms; print it anew";
        return Err(source.refuse(ProblemCode::InputUnsupported, detail));
    }
    Ok(surveyor.survey)
}

fn cost(content: &Content, forms: &HashMap<ObjectIdentifier, u64>) -> u64 {
    let of_form = |form| forms.get(form).copied().unwrap_or(0);
    content.forms.iter().map(of_form).fold(content.instructions, u64::saturating_add)
}

impl Surveyor<'_> {
    fn content(&mut self, data: &[u8], resources: &Resources<'_>, depth: usize) -> Result<Content, Refusal> {
        let mut content = Content::default();
        let mut drawn: HashMap<Vec<u8>, Option<ObjectIdentifier>> = HashMap::new();
        let mut instructions = TypedIter::new(data);
        while let Some(instruction) = instructions.next() {
            content.instructions += 1;
            match instruction {
                TypedInstruction::ShowText(_)
                | TypedInstruction::ShowTexts(_)
                | TypedInstruction::NextLineAndShowText(_)
                | TypedInstruction::ShowTextWithParameters(_) => self.survey.shows_text = true,
                TypedInstruction::XObject(object) => {
                    let form = if let Some(form) = drawn.get(object.0.as_ref()) {
                        *form
                    } else {
                        let form = self.object(object.0, resources, depth)?;
                        drawn.insert(object.0.to_vec(), form);
                        form
                    };
                    content.forms.extend(form);
                }
                _ => {}
            }
        }
        Ok(content)
    }

    /// Looks at an image or form; a form is also looked through, once.
    fn object(
        &mut self,
        name: &Name<'_>,
        resources: &Resources<'_>,
        depth: usize,
    ) -> Result<Option<ObjectIdentifier>, Refusal> {
        let Some(object) = resources.get_x_object(name) else { return Ok(None) };
        let dict = object.dict();
        self.check_stream(&object)?;
        if dict.get::<Name<'_>>(keys::SUBTYPE).is_none_or(|kind| kind.as_ref() != b"Form") {
            self.check_image(dict)?;
            return Ok(None);
        }
        let id = object.obj_id();
        if depth > 0 && !self.known.contains_key(&id) {
            // It may draw itself.
            self.known.insert(id, Content::default());
            let own = dict.get::<Dict<'_>>(keys::RESOURCES).map(Resources::new);
            let data = object.decoded_data().unwrap_or_default();
            let content = self.content(&data, own.as_ref().unwrap_or(resources), depth - 1)?;
            self.known.insert(id, content);
        }
        Ok(Some(id))
    }

    fn check_contents(&self, page: &Page<'_>) -> Result<(), Refusal> {
        match page.raw().get::<Object<'_>>(keys::CONTENTS) {
            Some(Object::Stream(stream)) => self.check_stream(&stream),
            Some(Object::Array(list)) => list.iter::<Stream<'_>>().try_for_each(|stream| self.check_stream(&stream)),
            _ => Ok(()),
        }
    }

    /// That a stream does not decompress to more than memory may be spent on. Other filters than this one do not
    /// multiply what they get by much.
    fn check_stream(&self, stream: &Stream<'_>) -> Result<(), Refusal> {
        let data = stream.raw_data();
        let most = self.source.limits.decoded_bytes / STREAM_SHARE;
        let times = stream.filters().iter().filter(|filter| **filter == Filter::FlateDecode).count();
        if times <= 1 && data.len() as u64 <= most / MOST_DEFLATED {
            return Ok(());
        }
        let mut reader: Box<dyn Read + '_> = Box::new(&data[..]);
        for filter in stream.filters() {
            match filter {
                Filter::FlateDecode => reader = Box::new(ZlibDecoder::new(reader)),
                _ => return Ok(()),
            }
        }
        // What is damaged ends there.
        let mut counted = 0;
        let mut buffer = vec![0; 1 << 16];
        while let Ok(read @ 1..) = reader.read(&mut buffer) {
            counted += read as u64;
            if counted > most {
                let detail =
                    format!("has a page whose content takes more than {} MiB of memory; print it anew", most >> 20);
                return Err(self.source.refuse(ProblemCode::InputTooManyPixels, detail));
            }
        }
        Ok(())
    }

    /// That an image, and the mask over it, are not too large to decode.
    fn check_image(&self, image: &Dict<'_>) -> Result<(), Refusal> {
        let mask = image.get::<Stream<'_>>(keys::SMASK);
        for dict in [Some(image), mask.as_ref().map(Stream::dict)].into_iter().flatten() {
            if let Some(size) = dict.get::<u32>(keys::WIDTH).zip(dict.get::<u32>(keys::HEIGHT)) {
                self.source.check_pixels("has a page with an image of", size)?;
            }
        }
        Ok(())
    }
}
