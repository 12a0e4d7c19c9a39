//! An ONNX file as a row of steps: parts that the runtime executes, and between them the depthwise convolutions.

use std::collections::{BTreeMap, BTreeSet};

use super::depthwise::Depthwise;
use super::wire::{Field, fields, put_bytes};

/// Numbers of fields in `ModelProto`,
const GRAPH: u64 = 7;
/// `GraphProto`,
const NODE: u64 = 1;
const NAME: u64 = 2;
const INITIALIZER: u64 = 5;
const INPUT: u64 = 11;
const OUTPUT: u64 = 12;
/// `NodeProto`,
const NODE_INPUT: u64 = 1;
const NODE_OUTPUT: u64 = 2;
const NODE_OPERATOR: u64 = 4;
const NODE_ATTRIBUTE: u64 = 5;
/// `AttributeProto`,
const ATTRIBUTE_NAME: u64 = 1;
const ATTRIBUTE_INTEGER: u64 = 3;
const ATTRIBUTE_INTEGERS: u64 = 8;
/// `TensorProto`
const TENSOR_DIMS: u64 = 1;
const TENSOR_TYPE: u64 = 2;
const TENSOR_NAME: u64 = 8;
const TENSOR_RAW: u64 = 9;
/// and `ValueInfoProto` (onnx.proto).
const VALUE_NAME: u64 = 1;
/// `TensorProto.DataType.FLOAT`.
const FLOAT: u64 = 1;

/// What is executed in turn.
#[derive(Debug)]
pub(super) enum Step {
    /// An ONNX file of its own.
    Part { onnx: Vec<u8>, inputs: Vec<String>, outputs: Vec<String> },
    /// A depthwise convolution.
    Depthwise { kernel: Depthwise, input: String, output: String },
}

/// A model as a row of steps.
#[derive(Debug)]
pub(super) struct Steps {
    /// The steps in turn.
    pub(super) steps: Vec<Step>,
    /// The value that the model takes,
    pub(super) input: String,
    /// and the one that it gives.
    pub(super) output: String,
}

/// Cuts a model at its depthwise convolutions; `None` if it is not one that this knows how to cut.
pub(super) fn cut(onnx: &[u8]) -> Option<Steps> {
    let graph = fields(onnx)?.into_iter().find(|field| field.number == GRAPH)?;
    let graph = Graph::of(&onnx[graph.content])?;
    let mut steps = Vec::new();
    let mut waiting = Vec::new();
    for (index, node) in graph.nodes.iter().enumerate() {
        let Some(kernel) = graph.depthwise(node) else {
            waiting.push(index);
            continue;
        };
        steps.extend(graph.part(onnx, &std::mem::take(&mut waiting))?);
        steps.push(Step::Depthwise {
            kernel,
            input: node.inputs.first()?.clone(),
            output: node.outputs.first()?.clone(),
        });
    }
    steps.extend(graph.part(onnx, &waiting)?);
    Some(Steps { steps, input: graph.input.clone(), output: graph.output.clone() })
}

/// A graph with one input and one output.
struct Graph<'a> {
    nodes: Vec<Node<'a>>,
    initializers: BTreeMap<String, &'a [u8]>,
    input: String,
    output: String,
}

/// An operation.
struct Node<'a> {
    bytes: &'a [u8],
    operator: String,
    inputs: Vec<String>,
    outputs: Vec<String>,
}

impl<'a> Graph<'a> {
    fn of(graph: &'a [u8]) -> Option<Self> {
        let all = fields(graph)?;
        let contents =
            |number| all.iter().filter(move |field| field.number == number).map(|field| &graph[field.content.clone()]);
        let nodes: Vec<Node<'a>> = contents(NODE).map(Node::of).collect::<Option<_>>()?;
        let initializers = contents(INITIALIZER).map(|tensor| Some((texts(tensor, TENSOR_NAME)?.pop()?, tensor)));
        let initializers: BTreeMap<_, _> = initializers.collect::<Option<_>>()?;
        let named = |value: &[u8]| texts(value, VALUE_NAME)?.pop();
        let mut inputs = contents(INPUT).filter_map(named).filter(|name| !initializers.contains_key(name));
        let (input, output) = (inputs.next()?, contents(OUTPUT).find_map(named)?);
        // Graphs within nodes may use values that the node does not name.
        let nests = nodes.iter().any(|node| matches!(node.operator.as_str(), "If" | "Loop" | "Scan"));
        (inputs.next().is_none() && !nests).then_some(Self { nodes, initializers, input, output })
    }

    /// These nodes as a model of their own; no step for no nodes but constants.
    fn part(&self, onnx: &[u8], nodes: &[usize]) -> Option<Vec<Step>> {
        let constants: BTreeMap<&str, &Node<'_>> = self
            .nodes
            .iter()
            .filter(|node| node.is_constant())
            .flat_map(|node| node.outputs.iter().map(move |name| (name.as_str(), node)))
            .collect();
        let own: Vec<&Node<'_>> =
            nodes.iter().map(|&index| &self.nodes[index]).filter(|node| !node.is_constant()).collect();
        if own.is_empty() {
            return Some(Vec::new());
        }
        let made: BTreeSet<&str> = own.iter().flat_map(|node| &node.outputs).map(String::as_str).collect();
        let used: BTreeSet<&str> =
            own.iter().flat_map(|node| &node.inputs).map(String::as_str).filter(|name| !name.is_empty()).collect();
        let given = |name: &&str| self.initializers.contains_key(*name) || constants.contains_key(name);
        let inputs: Vec<&str> = used.iter().copied().filter(|name| !made.contains(name) && !given(name)).collect();
        let elsewhere = self
            .nodes
            .iter()
            .enumerate()
            .filter(|(index, _)| !nodes.contains(index))
            .flat_map(|(_, node)| &node.inputs);
        let wanted: BTreeSet<&str> = elsewhere.map(String::as_str).chain([self.output.as_str()]).collect();
        let outputs: Vec<&str> = made.iter().copied().filter(|name| wanted.contains(name)).collect();

        let mut graph = Vec::new();
        let fixed = used.iter().filter_map(|name| constants.get(name)).map(|node| node.bytes);
        fixed.chain(own.iter().map(|node| node.bytes)).for_each(|node| put_bytes(&mut graph, NODE, node));
        put_bytes(&mut graph, NAME, b"part");
        used.iter()
            .filter_map(|name| self.initializers.get(*name))
            .for_each(|tensor| put_bytes(&mut graph, INITIALIZER, tensor));
        for (names, number) in [(&inputs, INPUT), (&outputs, OUTPUT)] {
            for name in names {
                let mut value = Vec::new();
                put_bytes(&mut value, VALUE_NAME, name.as_bytes());
                put_bytes(&mut graph, number, &value);
            }
        }
        let mut model = Vec::new();
        for Field { number, whole, .. } in fields(onnx)? {
            if number == GRAPH { put_bytes(&mut model, GRAPH, &graph) } else { model.extend_from_slice(&onnx[whole]) }
        }
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        Some(vec![Step::Part { onnx: model, inputs: owned(inputs), outputs: owned(outputs) }])
    }

    /// The node as a depthwise convolution, if it is one.
    fn depthwise(&self, node: &Node<'_>) -> Option<Depthwise> {
        if node.operator != "Conv" {
            return None;
        }
        let (weights, shape) = self.weights(node.inputs.get(1)?)?;
        let [channels, 1, height, width] = shape[..] else { return None };
        let bias = match node.inputs.get(2).filter(|name| !name.is_empty()) {
            Some(name) => self.weights(name)?.0,
            None => vec![0.0; channels],
        };
        let attributes = node.attributes()?;
        let integers =
            |name: &str, default: &[u64]| attributes.get(name).map_or_else(|| default.to_vec(), Clone::clone);
        let plain = integers("dilations", &[1, 1]) == [1, 1] && !attributes.contains_key("auto_pad");
        let group = integers("group", &[1]);
        let small =
            |values: Vec<u64>| values.into_iter().map(|value| usize::try_from(value).ok()).collect::<Option<Vec<_>>>();
        let (strides, pads) = (small(integers("strides", &[1, 1]))?, small(integers("pads", &[0; 4]))?);
        if !plain || channels < 2 || small(group)? != [channels] {
            return None;
        }
        Depthwise::new(weights, bias, (height, width), strides.try_into().ok()?, pads.try_into().ok()?)
    }

    /// The values and the shape of a tensor of floats in the file.
    fn weights(&self, name: &str) -> Option<(Vec<f32>, Vec<usize>)> {
        let tensor = *self.initializers.get(name)?;
        let all = fields(tensor)?;
        let numbers = |number| all.iter().filter(move |field| field.number == number).map(|field| field.value);
        let shape = numbers(TENSOR_DIMS).map(|dim| usize::try_from(dim).ok()).collect::<Option<Vec<_>>>()?;
        let raw = all.iter().find(|field| field.number == TENSOR_RAW)?;
        let (values, rest) = tensor[raw.content.clone()].as_chunks::<4>();
        let values: Vec<f32> = values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        let fits =
            numbers(TENSOR_TYPE).eq([FLOAT]) && rest.is_empty() && shape.iter().product::<usize>() == values.len();
        fits.then_some((values, shape))
    }
}

impl<'a> Node<'a> {
    fn of(node: &'a [u8]) -> Option<Self> {
        let operator = texts(node, NODE_OPERATOR)?.pop()?;
        Some(Self { bytes: node, operator, inputs: texts(node, NODE_INPUT)?, outputs: texts(node, NODE_OUTPUT)? })
    }

    fn is_constant(&self) -> bool {
        self.operator == "Constant"
    }

    /// Its attributes that are integers; others are there without values.
    fn attributes(&self) -> Option<BTreeMap<String, Vec<u64>>> {
        let attributes = fields(self.bytes)?.into_iter().filter(|field| field.number == NODE_ATTRIBUTE);
        let read = attributes.map(|field| {
            let attribute = &self.bytes[field.content];
            let values = fields(attribute)?.into_iter();
            let values = values.filter(|field| matches!(field.number, ATTRIBUTE_INTEGER | ATTRIBUTE_INTEGERS));
            Some((texts(attribute, ATTRIBUTE_NAME)?.pop()?, values.map(|field| field.value).collect()))
        });
        read.collect()
    }
}

/// The fields of this number as texts.
fn texts(message: &[u8], number: u64) -> Option<Vec<String>> {
    let found = fields(message)?.into_iter().filter(|field| field.number == number);
    found.map(|field| String::from_utf8(message[field.content].to_vec()).ok()).collect()
}

impl Step {
    /// The values that it takes.
    pub(super) fn inputs(&self) -> &[String] {
        match self {
            Self::Part { inputs, .. } => inputs,
            Self::Depthwise { input, .. } => std::slice::from_ref(input),
        }
    }
}
