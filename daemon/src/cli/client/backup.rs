//! What a backup is made of, for operators on the local socket.

use bytes::{Buf as _, BytesMut};
use d2d_api::{DumpLine, UploadId};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use reqwest::Method;

use super::{Client, ClientError};

/// The bytes of a file, as they come.
type Bytes = BoxStream<'static, Result<bytes::Bytes, ClientError>>;

/// The lines of a dump, as they come.
pub(crate) struct DumpLines {
    client: Client,
    chunks: Bytes,
    /// What has come of the lines to come.
    buffer: BytesMut,
    /// How many bytes of it have no line break.
    searched: usize,
}

impl Client {
    /// The database as it is now. As long as this is not dropped, the daemon removes no blob.
    pub(crate) async fn dump(&self) -> Result<DumpLines, ClientError> {
        let chunks = self.bytes("ops/backup").await?;
        Ok(DumpLines { client: self.clone(), chunks, buffer: BytesMut::new(), searched: 0 })
    }

    /// A blob.
    pub(crate) async fn blob(&self, sha256: &str) -> Result<Bytes, ClientError> {
        self.bytes(&format!("ops/backup/blobs/{sha256}")).await
    }

    /// The first bytes of an upload under way.
    pub(crate) async fn partial_upload(&self, id: UploadId, bytes: u64) -> Result<Bytes, ClientError> {
        self.bytes(&format!("ops/backup/uploads/{id}?bytes={bytes}")).await
    }

    async fn bytes(&self, path: &str) -> Result<Bytes, ClientError> {
        let response = self.send(self.request(Method::GET, path).await?).await?;
        let client = self.clone();
        let chunks = response.bytes_stream();
        Ok(chunks.map(move |chunk| chunk.map_err(|error| client.unreachable(&error))).boxed())
    }
}

impl DumpLines {
    /// The next line; `None` at the end of what the daemon sends.
    pub(crate) async fn next(&mut self) -> Result<Option<DumpLine>, ClientError> {
        loop {
            if let Some(end) = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n') {
                let line = self.buffer.split_to(self.searched + end);
                self.buffer.advance(1);
                self.searched = 0;
                let line = serde_json::from_slice(&line).map_err(|error| self.client.foreign(error.to_string()))?;
                return Ok(Some(line));
            }
            self.searched = self.buffer.len();
            match self.chunks.next().await {
                Some(chunk) => self.buffer.extend_from_slice(&chunk?),
                None => return Ok(None),
            }
        }
    }
}
