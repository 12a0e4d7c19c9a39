//! Parameters that can't be taken, with everything that is wrong with them.

use d2d_api::{FieldError, ProblemCode};

/// Parameters that can't be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.detail())]
pub struct ParamsError {
    /// `service.bad_params`.
    pub code: ProblemCode,
    /// What is wrong, by JSON pointer into the parameters.
    pub errors: Vec<FieldError>,
}

impl ParamsError {
    fn detail(&self) -> String {
        let fields = self.errors.iter().map(|error| match error.pointer.as_str() {
            "" => error.detail.clone(),
            pointer => format!("`{}`: {}", &pointer[1..], error.detail),
        });
        fields.collect::<Vec<_>>().join("; ")
    }
}
