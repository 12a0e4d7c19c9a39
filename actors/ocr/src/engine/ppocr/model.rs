//! One ONNX model: a tensor in, a tensor out.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rten::{ModelOptions, RunOptions, ThreadPool};
use rten_tensor::NdTensor;

use crate::engine::EngineError;

/// A loaded model with one input and one output.
pub(in crate::engine) struct Model {
    model: rten::Model,
    path: PathBuf,
    stage: &'static str,
}

impl Model {
    /// Loads an ONNX file.
    pub(super) fn load(path: &Path, stage: &'static str) -> Result<Self, EngineError> {
        Self::of(read_bytes(path)?, path, stage)
    }

    /// Takes the content of an ONNX file that lies at `path`, or was made of it.
    pub(in crate::engine) fn of(onnx: Vec<u8>, path: &Path, stage: &'static str) -> Result<Self, EngineError> {
        let mut options = ModelOptions::with_all_ops();
        options.prepack_weights(true);
        let model = options.load(onnx).map_err(|error| bad_model(path, &error))?;
        Ok(Self { model, path: path.into(), stage })
    }

    /// Runs it on this pool.
    pub(in crate::engine) fn run<const N: usize>(
        &self,
        input: NdTensor<f32, 4>,
        pool: &Arc<ThreadPool>,
    ) -> Result<NdTensor<f32, N>, EngineError> {
        let failed = |reason: String| EngineError::Inference { stage: self.stage, reason };
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(pool)));
        let output = self.model.run_one(input.into(), Some(options)).map_err(|error| failed(error.to_string()))?;
        output.try_into().map_err(|error: rten::TryFromValueError| failed(error.to_string()))
    }

    /// This model as the cause of an error.
    pub(in crate::engine) fn unusable(&self, reason: impl fmt::Display) -> EngineError {
        bad_model(&self.path, &reason)
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model").field("path", &self.path).field("stage", &self.stage).finish_non_exhaustive()
    }
}

/// Reads a file that belongs to a model.
pub(in crate::engine) fn read_bytes(path: &Path) -> Result<Vec<u8>, EngineError> {
    std::fs::read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => EngineError::MissingModel { path: path.into() },
        _ => bad_model(path, &error),
    })
}

/// Reads a text that belongs to a model.
pub(in crate::engine) fn read_text(path: &Path) -> Result<String, EngineError> {
    String::from_utf8(read_bytes(path)?).map_err(|error| bad_model(path, &error))
}

pub(in crate::engine) fn bad_model(path: &Path, reason: &impl fmt::Display) -> EngineError {
    EngineError::BadModel { path: path.into(), reason: reason.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_named_with_what_to_do() {
        let error = Model::load(Path::new("/nowhere/det.onnx"), "detection").unwrap_err().to_string();
        assert_eq!(error, "no model file /nowhere/det.onnx: pull the models with `d2d models pull`");
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
