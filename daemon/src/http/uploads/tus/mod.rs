//! Resumable uploads by the tus protocol, version 1.0.0 (<https://tus.io/protocols/resumable-upload>), with its extensions
//! creation, creation-with-upload, creation-defer-length, expiration, checksum and termination.

mod checksum;
mod chunk;
mod create;
mod header;
mod metadata;
mod protocol;
mod receive;
mod upload;

use d2d_actors::System;
use poem_openapi::OpenApi;

pub(in crate::http) use protocol::Protocol;

/// The operations.
pub(super) fn api(system: &System) -> impl OpenApi + use<> {
    (create::CreateApi(system.clone()), upload::UploadApi(system.clone()))
}
