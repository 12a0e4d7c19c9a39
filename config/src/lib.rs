//! Settings of data2data: typed, layered, checked.
//!
//! A setting comes from the first of these that gives it: a flag, a `D2D_SECTION__KEY` environment variable, the file,
//! the default. Unknown keys and bad values are refused with the place they stand at and what to write instead; every
//! key remembers where its value came from. `config/data2data.toml` is the commented default.

mod layers;
mod places;
mod sections;
mod value;

pub use layers::{
    ConfigError, DEFAULT_FILE, Fault, Flag, Loaded, NOT_SETTINGS, Origin, PREFIX, Setting, Sources, find_file, load,
};
pub use sections::{
    AuthConfig, Config, HttpConfig, LogConfig, LogFormat, ModelsConfig, OcrConfig, OpsConfig, OutboundConfig,
    StoreConfig, TasksConfig, UploadsConfig, WebhooksConfig,
};
pub use value::{ByteSize, Secret};
