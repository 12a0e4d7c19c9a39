//! What a scan came to.

use poem_openapi::types::Example;
use uuid::Uuid;

use super::{at, task_id};
use crate::{Artifact, ArtifactId, Link, Manifest};

impl Example for Manifest {
    fn example() -> Self {
        let text = Artifact {
            id: ArtifactId(Uuid::from_u128(0x019b_8d5a_5e80_7d2a_8b6c_4f10_7e93_5a21)),
            name: "page.txt".to_owned(),
            media_type: "text/plain; charset=utf-8".to_owned(),
            bytes: 1843,
            sha256: "9a0364b9e99bb480dd25e1f0284c8555a3b1f2a7c6d4e5f60718293a4b5c6d7e".to_owned(),
            format: "txt".to_owned(),
            expires_at: Some(at(30 * 86_400)),
        };
        Self { task: task_id(), bytes: text.bytes, items: vec![text] }
    }
}

impl Example for Link {
    fn example() -> Self {
        let url =
            format!("/api/v1/downloads/tasks/{}/files/019b8d5a-5e80-7d2a-8b6c-4f107e935a21?token=eyJ...", task_id());
        Self { url, expires_at: at(86_400) }
    }
}
