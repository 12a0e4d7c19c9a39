//! What text recognition can do here.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A language that can be read here now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct OcrLanguage {
    /// Its code, as the parameter `languages` takes it.
    pub code: String,
    /// Its English name.
    pub name: String,
    /// The engines that read it here, as the parameter `engine` takes them; the one that reads it by default first.
    pub engines: Vec<String>,
}

/// The languages that can be read here now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct OcrLanguages {
    /// By code.
    pub items: Vec<OcrLanguage>,
}

/// An engine, and whether it can be used here now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(skip_serializing_if_is_none))]
pub struct OcrEngine {
    /// Its name, as the parameter `engine` takes it.
    pub name: String,
    /// Its version, if it is a program of its own and installed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Whether tasks can use it: all that it needs is here, or is fetched when it is needed first.
    pub available: bool,
    /// The codes of the languages that it reads here.
    pub languages: Vec<String>,
    /// The qualities that it tells apart, as the parameter `quality` takes them; none if it reads in one way only.
    pub qualities: Vec<String>,
    /// The packs of models that it reads with; none if it brings its own.
    pub models: Vec<OcrModelPack>,
    /// What an operator can do to have it, or more of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub install: Option<String>,
}

/// A pack of recognition models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct OcrModelPack {
    /// Its name.
    pub name: String,
    /// The licence of its models.
    pub licence: String,
    /// The size of its files together.
    pub bytes: u64,
    /// Whether it is installed.
    pub installed: bool,
}

/// The engines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct OcrEngines {
    /// All that there are, also those that can't be used here.
    pub items: Vec<OcrEngine>,
}

/// A format that results are written in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
pub struct OcrFormat {
    /// Its name, as the parameter `formats` takes it.
    pub name: String,
    /// The type of its files. PAGE results of several pages are a ZIP of one file for each.
    pub media_type: String,
}

/// The formats that results are written in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct OcrFormats {
    /// The formats.
    pub items: Vec<OcrFormat>,
}

/// The JSON Schema (2020-12) of the parameters of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(poem_openapi::Object))]
#[cfg_attr(feature = "openapi", oai(example))]
pub struct OcrParamsSchema {
    /// The dialect of the schema.
    #[serde(rename = "$schema")]
    #[cfg_attr(feature = "openapi", oai(rename = "$schema"))]
    pub schema: String,
    /// What it describes.
    pub title: String,
    /// Always `object`.
    #[serde(rename = "type")]
    #[cfg_attr(feature = "openapi", oai(rename = "type"))]
    pub kind: String,
    /// The schema of each parameter, by its name: its title, description, type, range and default.
    pub properties: Value,
    /// Always `false`: unknown parameters are refused.
    #[serde(rename = "additionalProperties")]
    #[cfg_attr(feature = "openapi", oai(rename = "additionalProperties"))]
    pub additional_properties: bool,
}
