//! Objects of an original as bytes, to be written again as they are.

use hayro::hayro_syntax::object::{Dict, MaybeRef, ObjRef, Object};

/// A value as it would stand in a file. Dictionaries and arrays are copied as they stand in theirs, so what is in them
/// is only right for a file that is not encrypted.
pub(super) fn value(object: &MaybeRef<Object<'_>>) -> Vec<u8> {
    match object {
        MaybeRef::Ref(reference) => self::reference(*reference).into_bytes(),
        MaybeRef::NotRef(object) => direct(object),
    }
}

/// A value that is not a reference; a stream can't be one.
fn direct(object: &Object<'_>) -> Vec<u8> {
    match object {
        Object::Null(_) | Object::Stream(_) => b"null".to_vec(),
        Object::Boolean(value) => value.to_string().into_bytes(),
        Object::Number(number) => number.as_f64().to_string().into_bytes(),
        Object::String(string) => format!("<{}>", hex::encode(string.as_bytes())).into_bytes(),
        Object::Name(name) => self::name(name),
        Object::Dict(dict) => dict.data().to_vec(),
        Object::Array(array) => [b"[", array.data(), b"]"].concat(),
    }
}

pub(super) fn reference(to: ObjRef) -> String {
    format!("{} {} R", to.obj_number, to.gen_number)
}

/// A name with its slash (ISO 32000-1, 7.3.5).
pub(super) fn name(name: &[u8]) -> Vec<u8> {
    let mut written = vec![b'/'];
    for &byte in name {
        if byte.is_ascii_graphic() && !b"#()<>[]{}/%".contains(&byte) {
            written.push(byte);
        } else {
            written.extend(format!("#{byte:02x}").bytes());
        }
    }
    written
}

/// A copy of a dictionary with some of its entries replaced, or left out if there is nothing to replace them with.
pub(super) fn dictionary(original: &Dict<'_>, replaced: &[(&[u8], Option<Vec<u8>>)]) -> Vec<u8> {
    let mut written = b"<<".to_vec();
    let mut entry = |key: &[u8], value: &[u8]| {
        written.extend(name(key));
        written.push(b' ');
        written.extend(value);
        written.push(b'\n');
    };
    let is_replaced = |key: &[u8]| replaced.iter().any(|(replaced, _)| *replaced == key);
    for (key, object) in original.entries().filter(|(key, _)| !is_replaced(key)) {
        entry(&key, &value(&object));
    }
    for (key, value) in replaced {
        if let Some(value) = value {
            entry(key, value);
        }
    }
    written.extend(b">>");
    written
}

#[cfg(test)]
mod tests {
    use hayro::hayro_syntax::object::FromBytes;

    use super::*;

    #[test]
    fn dictionaries_keep_what_is_not_replaced() -> Result<(), &'static str> {
        let original = b"<< /B [1 (a\\)b) <</C/D#20e>>] /A 7 0 R /S (x\n) /N -1.50 /O (old) /X true >>";
        let original = Dict::from_bytes(original).ok_or("not a dictionary")?;
        let copy =
            dictionary(&original, &[(b"O", Some(b"[8 0 R]".to_vec())), (b"X", None), (b"New", Some(b"1".to_vec()))]);
        let expected = "<</A 7 0 R\n/B [1 (a\\)b) <</C/D#20e>>]\n/N -1.5\n/S <780a>\n/O [8 0 R]\n/New 1\n>>";
        assert_eq!(String::from_utf8_lossy(&copy), expected);
        Ok(())
    }

    #[test]
    fn names_are_escaped() {
        assert_eq!(name(b"A b#"), b"/A#20b#23");
    }
}
