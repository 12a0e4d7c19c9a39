//! The wire format of protocol buffers (<https://protobuf.dev/programming-guides/encoding/>), as far as ONNX files are looked
//! into and cut.

use std::ops::Range;

/// The wire type of what has a length before it.
const LENGTH_DELIMITED: u64 = 2;

/// A message with every field of this number put through `change`.
pub(super) fn rewritten(
    message: &[u8],
    number: u64,
    mut change: impl FnMut(&[u8]) -> Option<Vec<u8>>,
) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(message.len());
    for field in fields(message)? {
        if field.number == number {
            put_bytes(&mut out, number, &change(&message[field.content])?);
        } else {
            out.extend_from_slice(&message[field.whole]);
        }
    }
    Some(out)
}

/// A field of a message.
pub(super) struct Field {
    pub(super) number: u64,
    /// Its number if it is one, else 0.
    pub(super) value: u64,
    /// Where its content is.
    pub(super) content: Range<usize>,
    /// Where it is, with what comes before its content.
    pub(super) whole: Range<usize>,
}

/// The fields of a message, in order; `None` if it is none.
pub(super) fn fields(message: &[u8]) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    let mut at = 0;
    while at < message.len() {
        let start = at;
        let key = varint(message, &mut at)?;
        let begin = at;
        let (value, content) = match key & 7 {
            0 => (varint(message, &mut at)?, begin..at),
            1 => (0, begin..begin.checked_add(8)?),
            LENGTH_DELIMITED => {
                let length = usize::try_from(varint(message, &mut at)?).ok()?;
                (0, at..at.checked_add(length)?)
            }
            5 => (0, begin..begin.checked_add(4)?),
            _ => return None,
        };
        at = content.end;
        message.get(content.clone())?;
        fields.push(Field { number: key >> 3, value, content, whole: start..at });
    }
    Some(fields)
}

fn varint(message: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *message.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

#[allow(clippy::cast_possible_truncation)] // The lowest seven bits.
pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(super) fn put_bytes(out: &mut Vec<u8>, number: u64, bytes: &[u8]) {
    put_varint(out, number << 3 | LENGTH_DELIMITED);
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}
