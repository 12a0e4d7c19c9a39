//! JSON whose objects keep their order: people read the documents too.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A JSON value whose objects keep their order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Node {
    Object(IndexMap<String, Node>),
    Array(Vec<Node>),
    Leaf(Value),
}

impl Node {
    /// An empty object.
    pub(super) fn empty() -> Self {
        Self::Object(IndexMap::new())
    }

    /// The members, if it is an object.
    pub(super) fn members(&mut self) -> Option<&mut IndexMap<String, Self>> {
        match self {
            Self::Object(members) => Some(members),
            Self::Array(_) | Self::Leaf(_) => None,
        }
    }

    /// The member of that name.
    pub(super) fn get(&mut self, name: &str) -> Option<&mut Self> {
        self.members()?.get_mut(name)
    }

    /// All members, if it is an object.
    pub(super) fn each(&mut self) -> impl Iterator<Item = (&String, &mut Self)> {
        self.members().into_iter().flatten()
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Leaf(value) => value.as_str(),
            Self::Object(_) | Self::Array(_) => None,
        }
    }
}

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        match value {
            Value::Object(members) => {
                Self::Object(members.into_iter().map(|(name, value)| (name, value.into())).collect())
            }
            Value::Array(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            leaf => Self::Leaf(leaf),
        }
    }
}
