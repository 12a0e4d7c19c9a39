//! Looks into ONNX files, and takes classes off recognition models: those of characters that the page can't have.
//!
//! The last layer of these models has a class for each of thousands of characters, most of them Chinese ones; for Latin
//! script it costs more than is worth it. Its weights are two tensors of the file, of shapes `[features, classes]` and
//! `[classes]`, which nothing else in it has; they are cut while the file is loaded. The rest of the file is kept byte for
//! byte (<https://protobuf.dev/programming-guides/encoding/>, onnx.proto).

use super::wire::{fields, put_bytes, put_varint, rewritten};

/// `ModelProto.graph`.
const GRAPH: u64 = 7;
/// `ModelProto.metadata_props`.
const METADATA: u64 = 14;
/// `StringStringEntryProto.key` and `.value`.
const KEY: u64 = 1;
const VALUE: u64 = 2;
/// `GraphProto.initializer`.
const INITIALIZER: u64 = 5;
/// `TensorProto.dims`.
const DIMS: u64 = 1;
/// `TensorProto.raw_data`.
const RAW_DATA: u64 = 9;
/// Bytes of a weight.
const FLOAT: usize = 4;

/// An entry of the file's metadata.
pub(crate) fn metadata(onnx: &[u8], name: &str) -> Option<String> {
    fields(onnx)?.into_iter().filter(|field| field.number == METADATA).find_map(|field| {
        let entry = &onnx[field.content];
        let text = |number| {
            let field = fields(entry)?.into_iter().find(|field| field.number == number)?;
            std::str::from_utf8(&entry[field.content]).ok()
        };
        (text(KEY)? == name).then(|| text(VALUE).map(str::to_owned)).flatten()
    })
}

/// The model file with only the classes to `keep`, in their order; `None` if the file is not what is expected.
pub(crate) fn pruned(onnx: &[u8], keep: &[bool]) -> Option<Vec<u8>> {
    let mut cut = 0;
    let model = rewritten(onnx, GRAPH, |graph| {
        rewritten(graph, INITIALIZER, |tensor| {
            let pruned = pruned_tensor(tensor, keep)?;
            cut += usize::from(pruned.is_some());
            Some(pruned.unwrap_or_else(|| tensor.to_vec()))
        })
    })?;
    (cut == 2).then_some(model)
}

/// A tensor of the last layer without the classes that are not kept; `Some(None)` for any other tensor.
#[allow(clippy::option_option)] // A tensor that can't be read is something else than one that stays.
fn pruned_tensor(tensor: &[u8], keep: &[bool]) -> Option<Option<Vec<u8>>> {
    let classes = keep.len() as u64;
    let dims: Vec<u64> = fields(tensor)?.iter().filter(|field| field.number == DIMS).map(|field| field.value).collect();
    if !matches!(dims[..], [of] | [_, of] if of == classes) {
        return Some(None);
    }
    let kept = keep.iter().filter(|keep| **keep).count() as u64;
    let mut out = Vec::with_capacity(tensor.len());
    let mut dims_left = dims.len();
    for field in fields(tensor)? {
        match field.number {
            DIMS => {
                dims_left -= 1;
                put_varint(&mut out, DIMS << 3);
                put_varint(&mut out, if dims_left == 0 { kept } else { field.value });
            }
            RAW_DATA => put_bytes(&mut out, RAW_DATA, &kept_columns(&tensor[field.content], keep)?),
            _ => out.extend_from_slice(&tensor[field.whole]),
        }
    }
    Some(Some(out))
}

/// The columns to keep of a matrix whose rows are all classes.
fn kept_columns(weights: &[u8], keep: &[bool]) -> Option<Vec<u8>> {
    let row = FLOAT * keep.len();
    (row > 0 && weights.len().is_multiple_of(row)).then(|| {
        let kept = |row: &[u8]| -> Vec<u8> {
            let columns = row.chunks_exact(FLOAT).zip(keep).filter(|(_, keep)| **keep);
            columns.flat_map(|(weight, _)| weight).copied().collect()
        };
        weights.chunks_exact(row).flat_map(kept).collect()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tensor(dims: &[u64], weights: &[f32]) -> Vec<u8> {
        let mut out = Vec::new();
        for &dim in dims {
            put_varint(&mut out, DIMS << 3);
            put_varint(&mut out, dim);
        }
        put_bytes(&mut out, 8, b"name");
        put_bytes(&mut out, RAW_DATA, &weights.iter().flat_map(|weight| weight.to_le_bytes()).collect::<Vec<_>>());
        out
    }

    fn model(tensors: &[Vec<u8>]) -> Vec<u8> {
        let mut graph = Vec::new();
        put_bytes(&mut graph, 1, b"a node");
        for tensor in tensors {
            put_bytes(&mut graph, INITIALIZER, tensor);
        }
        let mut model = vec![1 << 3, 9];
        put_bytes(&mut model, GRAPH, &graph);
        put_bytes(&mut model, METADATA, b"\x0a\x01k\x12\x05value");
        model
    }

    #[test]
    fn metadata_is_found_by_name() {
        assert_eq!(metadata(&model(&[]), "k"), Some("value".to_owned()));
        assert_eq!(metadata(&model(&[]), "v"), None);
        assert_eq!(metadata(b"\xff not a model", "k"), None);
    }

    #[test]
    fn classes_are_taken_off_the_last_layer_only() {
        let other = tensor(&[2, 2], &[1.0, 2.0, 3.0, 4.0]);
        let whole =
            model(&[tensor(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), other.clone(), tensor(&[3], &[7.0, 8.0, 9.0])]);
        let cut = model(&[tensor(&[2, 2], &[1.0, 3.0, 4.0, 6.0]), other, tensor(&[2], &[7.0, 9.0])]);
        assert_eq!(pruned(&whole, &[true, false, true]), Some(cut));
    }

    #[test]
    fn another_file_is_refused() {
        assert_eq!(pruned(&model(&[tensor(&[2], &[1.0, 2.0])]), &[true, true]), None, "one tensor of the two");
        assert_eq!(pruned(&model(&[]), &[true]), None);
        assert_eq!(pruned(b"\xff\xff not a model", &[true]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_no_fault(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = pruned(&bytes, &[true, false]);
        }
    }
}
