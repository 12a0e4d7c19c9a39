//! Resumable uploads that a crash left between their last byte and the task's file.

use d2d_actors::TusAccess;
use d2d_api::{FileId, Role, TaskId, UploadId};
use poem::http::{Method, StatusCode};
use poem::{Endpoint, Request, Response};
use serde_json::json;

use super::Here;
use crate::http::app;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR and so on";

impl Here {
    async fn tus(&self, method: Method, upload: &str, token: &str, headers: &[(&str, &str)]) -> Response {
        let request = Request::builder().method(method).uri(upload.parse().unwrap());
        let request = request.header("authorization", format!("Bearer {token}")).header("tus-resumable", "1.0.0");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        app(&self.state).get_response(request.finish()).await
    }

    /// All bytes of an upload are durably here, and then the daemon ends.
    async fn left_behind(&self, task: TaskId, token: &str) -> UploadId {
        let length = PNG.len().to_string();
        let begin = format!("/api/v1/uploads/tasks/{task}/tus");
        let made = self.tus(Method::POST, &begin, token, &[("upload-length", &length)]).await;
        assert_eq!(made.status(), StatusCode::CREATED);
        let id = made.header("location").unwrap().rsplit('/').next().unwrap().parse().unwrap();
        let TusAccess::Open(mut writer) = self.state.system.write_tus("anna", UploadId(id), 0).await.unwrap() else {
            unreachable!("it has just begun")
        };
        writer.write(PNG).await.unwrap();
        writer.keep().await.unwrap();
        UploadId(id)
    }
}

#[tokio::test]
async fn they_are_finished_when_the_client_asks() {
    let here = Here::new().await;
    let anna = here.account("anna", Role::User).await;
    let new = json!({ "service": "ocr" });
    let answer = here.ask(Method::POST, "/api/v1/uploads/tasks", Some(&anna), Some(new)).await;
    let task: d2d_api::Task = answer.into_body().into_json().await.unwrap();
    let length = PNG.len().to_string();
    let (asked, sent) = (here.left_behind(task.id, &anna).await, here.left_behind(task.id, &anna).await);

    // By asking, or by sending the nothing that is left; as often as they like.
    let sends = [("content-type", "application/offset+octet-stream"), ("upload-offset", length.as_str())];
    for _ in 0..2 {
        let known = here.tus(Method::HEAD, &format!("/api/v1/uploads/tus/{asked}"), &anna, &[]).await;
        assert_eq!((known.status(), known.header("upload-offset")), (StatusCode::OK, Some(length.as_str())));
        let taken = here.tus(Method::PATCH, &format!("/api/v1/uploads/tus/{sent}"), &anna, &sends).await;
        assert_eq!(taken.status(), StatusCode::NO_CONTENT);
        let stored = here.state.system.store().task(task.id).await.unwrap().unwrap().task.files;
        let ids: Vec<_> = stored.iter().map(|file| file.id).collect();
        assert_eq!(ids, [FileId(asked.0), FileId(sent.0)], "each once");
        assert_eq!(stored[0].media_type, "image/png");
    }
}
