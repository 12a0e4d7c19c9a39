//! A model: a tensor in, a tensor out.

use std::collections::HashMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rten::{ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use rten_tensor::NdTensor;

use super::depthwise::Depthwise;
use super::graph::{self, Step, Steps};
use crate::engine::EngineError;

/// A loaded model with one input and one output.
///
/// It is executed by the runtime, but for its depthwise convolutions, which `depthwise` does several times as fast: the
/// model is cut at these into parts.
pub(crate) struct Model {
    stages: Vec<Stage>,
    output: usize,
    path: PathBuf,
    stage: &'static str,
}

/// What is executed in turn. Values go by number: 0 is the input.
enum Stage {
    Part { model: Box<rten::Model>, inputs: Vec<(NodeId, Use)>, outputs: Vec<(NodeId, usize)> },
    Depthwise { kernel: Depthwise, input: Use, output: usize },
}

/// A value that is used, and whether it is used for the last time.
#[derive(Debug, Clone, Copy)]
struct Use {
    value: usize,
    last: bool,
}

impl Model {
    /// Loads an ONNX file.
    pub(crate) fn load(path: &Path, stage: &'static str) -> Result<Self, EngineError> {
        Self::of(read_bytes(path)?, path, stage)
    }

    /// Takes the content of a model file that lies at `path`, or was made of it.
    pub(crate) fn of(file: Vec<u8>, path: &Path, stage: &'static str) -> Result<Self, EngineError> {
        let stages = match graph::cut(&file) {
            Some(steps) => stages(steps),
            None => whole(file),
        };
        let (stages, output) = stages.map_err(|reason| bad_model(path, &reason))?;
        Ok(Self { stages, output, path: path.into(), stage })
    }

    /// Runs it on this pool.
    pub(crate) fn run<const N: usize>(
        &self,
        input: NdTensor<f32, 4>,
        pool: &Arc<ThreadPool>,
    ) -> Result<NdTensor<f32, N>, EngineError> {
        let failed = |reason: String| EngineError::Inference { stage: self.stage, reason };
        let output = self.execute(input.into(), pool).map_err(failed)?;
        output.try_into().map_err(|error: rten::TryFromValueError| failed(error.to_string()))
    }

    fn execute(&self, input: Value, pool: &Arc<ThreadPool>) -> Result<Value, String> {
        let mut values = HashMap::from([(0, input)]);
        for stage in &self.stages {
            match stage {
                Stage::Part { model, inputs, outputs } => {
                    let mut owned: Vec<(NodeId, Value)> = Vec::new();
                    for (node, used) in inputs.iter().filter(|(_, used)| used.last) {
                        owned.push((*node, values.remove(&used.value).ok_or("a value is missing")?));
                    }
                    let mut given: Vec<(NodeId, ValueOrView<'_>)> =
                        owned.into_iter().map(|(node, value)| (node, value.into())).collect();
                    for (node, used) in inputs.iter().filter(|(_, used)| !used.last) {
                        given.push((*node, values.get(&used.value).ok_or("a value is missing")?.into()));
                    }
                    let nodes: Vec<NodeId> = outputs.iter().map(|(node, _)| *node).collect();
                    let options = RunOptions::default().with_thread_pool(Some(Arc::clone(pool)));
                    let made = model.run(given, &nodes, Some(options)).map_err(|error| error.to_string())?;
                    for ((_, number), value) in outputs.iter().zip(made) {
                        values.insert(*number, value);
                    }
                }
                Stage::Depthwise { kernel, input, output } => {
                    let from = values.remove(&input.value).ok_or("a value is missing")?;
                    let tensor: NdTensor<f32, 4> = from.try_into().map_err(|_| "a value has another shape")?;
                    let made = pool.run(|| kernel.apply(&tensor)).ok_or("a value has another shape")?;
                    if !input.last {
                        values.insert(input.value, tensor.into());
                    }
                    values.insert(*output, made.into());
                }
            }
        }
        values.remove(&self.output).ok_or_else(|| "the model gave nothing".to_owned())
    }

    /// This model as the cause of an error.
    pub(crate) fn unusable(&self, reason: impl fmt::Display) -> EngineError {
        bad_model(&self.path, &reason)
    }
}

/// A model that can't be cut, in one piece.
fn whole(file: Vec<u8>) -> Result<(Vec<Stage>, usize), String> {
    let model = load(file)?;
    let (&[input], &[output]) = (model.input_ids(), model.output_ids()) else {
        return Err("it has not one input and one output".to_owned());
    };
    let inputs = vec![(input, Use { value: 0, last: true })];
    Ok((vec![Stage::Part { model, inputs, outputs: vec![(output, 1)] }], 1))
}

fn load(file: Vec<u8>) -> Result<Box<rten::Model>, String> {
    let mut options = ModelOptions::with_all_ops();
    options.prepack_weights(true);
    options.load(file).map(Box::new).map_err(|error| error.to_string())
}

/// Loads the parts, and numbers the values; also the number of the output.
fn stages(Steps { steps, input, output }: Steps) -> Result<(Vec<Stage>, usize), String> {
    let mut left: HashMap<String, usize> = HashMap::from([(output.clone(), 1)]);
    for name in steps.iter().flat_map(Step::inputs) {
        *left.entry(name.clone()).or_default() += 1;
    }
    let mut numbers: HashMap<String, usize> = HashMap::from([(input, 0)]);
    let mut stages = Vec::with_capacity(steps.len());
    for step in steps {
        let mut used = |name: &String| {
            let count = left.entry(name.clone()).or_default();
            *count = count.saturating_sub(1);
            let value = *numbers.get(name).ok_or_else(|| format!("nothing gives `{name}`"))?;
            Ok::<_, String>(Use { value, last: *count == 0 })
        };
        let inputs = step.inputs().iter().map(&mut used).collect::<Result<Vec<_>, _>>()?;
        let mut number = |name: &String| {
            let next = numbers.len();
            *numbers.entry(name.clone()).or_insert(next)
        };
        stages.push(match step {
            Step::Part { onnx, inputs: names, outputs } => {
                let model = load(onnx)?;
                let node = |name: &String| model.node_id(name).map_err(|error| error.to_string());
                let inputs = names.iter().zip(inputs).map(|(name, used)| Ok((node(name)?, used)));
                let inputs = inputs.collect::<Result<Vec<_>, String>>()?;
                let outputs = outputs.iter().map(|name| Ok((node(name)?, number(name))));
                let outputs = outputs.collect::<Result<Vec<_>, String>>()?;
                Stage::Part { model, inputs, outputs }
            }
            Step::Depthwise { kernel, output, .. } => {
                let input = inputs.first().copied().ok_or("a convolution of nothing")?;
                Stage::Depthwise { kernel, input, output: number(&output) }
            }
        });
    }
    let output = *numbers.get(&output).ok_or_else(|| format!("nothing gives `{output}`"))?;
    Ok((stages, output))
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model").field("path", &self.path).field("stage", &self.stage).finish_non_exhaustive()
    }
}

/// Reads a file that belongs to a model.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, EngineError> {
    std::fs::read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => EngineError::MissingModel { path: path.into() },
        _ => bad_model(path, &error),
    })
}

/// Reads a text that belongs to a model.
pub(crate) fn read_text(path: &Path) -> Result<String, EngineError> {
    String::from_utf8(read_bytes(path)?).map_err(|error| bad_model(path, &error))
}

pub(crate) fn bad_model(path: &Path, reason: &impl fmt::Display) -> EngineError {
    EngineError::BadModel { path: path.into(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use rten_tensor::prelude::*;

    use super::super::wire::{put_bytes, put_varint};
    use super::*;

    #[test]
    fn a_missing_file_is_named_with_what_to_do() {
        let error = Model::load(Path::new("/nowhere/det.onnx"), "detection").unwrap_err().to_string();
        assert_eq!(error, "no model file /nowhere/det.onnx: pull the models with `d2d models pull`");
    }

    /// A tensor of floats.
    fn tensor(name: &str, dims: &[u64], values: &[f32]) -> Vec<u8> {
        let mut out = Vec::new();
        for dim in dims {
            put_number(&mut out, 1, *dim);
        }
        put_number(&mut out, 2, 1);
        put_bytes(&mut out, 8, name.as_bytes());
        put_bytes(&mut out, 9, &values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>());
        out
    }

    fn node(operator: &str, inputs: &[&str], output: &str, attributes: &[(&str, &[u64])]) -> Vec<u8> {
        let mut out = Vec::new();
        for input in inputs {
            put_bytes(&mut out, 1, input.as_bytes());
        }
        put_bytes(&mut out, 2, output.as_bytes());
        put_bytes(&mut out, 4, operator.as_bytes());
        for (name, values) in attributes {
            let mut attribute = Vec::new();
            put_bytes(&mut attribute, 1, name.as_bytes());
            let (field, kind) = if *name == "group" { (3, 2) } else { (8, 7) };
            for value in *values {
                put_number(&mut attribute, field, *value);
            }
            put_number(&mut attribute, 20, kind);
            put_bytes(&mut out, 5, &attribute);
        }
        out
    }

    /// `y = relu(conv(relu(x))) + relu(x)`, with a depthwise convolution of two channels.
    fn model() -> Vec<u8> {
        let mut graph = Vec::new();
        let weights: Vec<f32> = (0_u8..18).map(|value| f32::from(value) - 8.0).collect();
        put_bytes(&mut graph, 1, &node("Relu", &["x"], "a", &[]));
        let attributes: [(&str, &[u64]); 3] = [("group", &[2]), ("pads", &[1, 1, 1, 1]), ("kernel_shape", &[3, 3])];
        put_bytes(&mut graph, 1, &node("Conv", &["a", "w", "b"], "c", &attributes));
        put_bytes(&mut graph, 1, &node("Relu", &["c"], "d", &[]));
        put_bytes(&mut graph, 1, &node("Add", &["d", "a"], "y", &[]));
        put_bytes(&mut graph, 2, b"test");
        put_bytes(&mut graph, 5, &tensor("w", &[2, 1, 3, 3], &weights));
        put_bytes(&mut graph, 5, &tensor("b", &[2], &[0.5, -1.0]));
        for (name, field) in [("x", 11), ("y", 12)] {
            let mut value = Vec::new();
            put_bytes(&mut value, 1, name.as_bytes());
            put_bytes(&mut graph, field, &value);
        }
        let mut model = Vec::new();
        put_number(&mut model, 1, 8);
        put_bytes(&mut model, 8, &[2 << 3, 17]);
        put_bytes(&mut model, 7, &graph);
        model
    }

    fn put_number(out: &mut Vec<u8>, field: u64, value: u64) {
        put_varint(out, field << 3);
        put_varint(out, value);
    }

    #[test]
    fn a_model_cut_at_its_convolution_gives_what_the_whole_gives() -> Result<(), Box<dyn std::error::Error>> {
        let path = Path::new("test.onnx");
        let cut = Model::of(model(), path, "test")?;
        assert_eq!(cut.stages.len(), 3, "a part, the convolution, and a part");
        let (stages, output) = whole(model())?;
        let whole = Model { stages, output, path: path.into(), stage: "test" };
        let values: Vec<f32> = (0_u8..40).map(|value| f32::from(value % 7) - 3.0).collect();
        let input = NdTensor::from_data([1, 2, 4, 5], values);
        let pool = Arc::new(ThreadPool::with_num_threads(2));
        let (a, b): (NdTensor<f32, 4>, NdTensor<f32, 4>) = (cut.run(input.clone(), &pool)?, whole.run(input, &pool)?);
        assert_eq!(a.shape(), [1, 2, 4, 5]);
        assert!(a.iter().zip(b.iter()).all(|(a, b)| (a - b).abs() < 1e-4), "{a:?} {b:?}");
        Ok(())
    }

    #[test]
    fn a_file_that_is_no_model_is_refused() -> std::io::Result<()> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("det.onnx");
        std::fs::write(&path, b"\xff\xff\xff not a model")?;
        assert!(matches!(Model::load(&path, "detection"), Err(EngineError::BadModel { .. })));
        Ok(())
    }
}
