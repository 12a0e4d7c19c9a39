//! Making links to results that work without a token.

use std::time::Duration;

use d2d_api::{ArtifactId, LINK_SECONDS, Link, NewLink, TaskId};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};

use crate::http::AppState;
use crate::http::app::PREFIX;
use crate::http::caller::Signed;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, problems};
use crate::http::identity::Target;
use crate::http::path::Path;
use crate::http::payload::JsonBody;

pub(super) struct LinkApi(pub(super) AppState);

problems! {
    FileLinkProblems: TaskNotFound, DownloadNotReady, DownloadExpired, DownloadNotFound;
    ArchiveLinkProblems: TaskNotFound, DownloadNotReady, DownloadExpired;
}

#[derive(ApiResponse)]
enum LinkAnswer {
    /// The link. Whoever has it can fetch the result: pass it on as a secret.
    #[oai(status = 201)]
    Created(Json<Link>),
}

#[OpenApi(tag = "Tag::Results")]
impl LinkApi {
    /// Make a link to a result
    ///
    /// An address at which the file can be fetched without a token, by anybody, until its time is over; `GET` and `HEAD`,
    /// also in parts. It ends sooner if the task is removed or expires, or the account is removed or disabled. It can't be
    /// taken back otherwise.
    #[oai(path = "/downloads/tasks/:id/files/:file/link", method = "post", operation_id = "link_result")]
    async fn file(
        &self,
        caller: Signed,
        /// The task.
        id: Path<TaskId>,
        /// The result file.
        file: Path<ArtifactId>,
        new: JsonBody<NewLink>,
    ) -> Result<LinkAnswer, Fails<FileLinkProblems>> {
        let (task, file, owner) = (id.0, file.0, &caller.0);
        self.0.system.artifact(&owner.access(), task, file).await?;
        let address = format!("{PREFIX}/downloads/tasks/{task}/files/{file}");
        let target = Target { task, file: Some(file) };
        Ok(LinkAnswer::Created(Json(self.0.auth.link(&owner.name, target, &address, ttl(&new.0))?)))
    }

    /// Make a link to the archive of all results
    ///
    /// As that to a single result.
    #[oai(path = "/downloads/tasks/:id/archive/link", method = "post", operation_id = "link_archive")]
    async fn archive(
        &self,
        caller: Signed,
        /// The task.
        id: Path<TaskId>,
        new: JsonBody<NewLink>,
    ) -> Result<LinkAnswer, Fails<ArchiveLinkProblems>> {
        let (task, owner) = (id.0, &caller.0);
        self.0.system.artifacts(&owner.access(), task).await?;
        let address = format!("{PREFIX}/downloads/tasks/{task}/archive");
        Ok(LinkAnswer::Created(Json(self.0.auth.link(
            &owner.name,
            Target { task, file: None },
            &address,
            ttl(&new.0),
        )?)))
    }
}

fn ttl(new: &NewLink) -> Duration {
    Duration::from_secs(new.expires_in.unwrap_or(LINK_SECONDS))
}
