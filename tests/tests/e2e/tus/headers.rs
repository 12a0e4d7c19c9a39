//! What the protocol says of headers, and that every answer names its version.

use anyhow::Result;
use d2d_api::ProblemCode;
use d2d_tests::harness::{Ask, shared};
use reqwest::Method;

use super::{CHUNK, begin, begun, file, open_task, patch, scan, sha256, tus};

#[tokio::test]
async fn what_tus_can_do_here_needs_no_token() -> Result<()> {
    let daemon = shared().await?;
    let nobody = daemon.client()?;
    for path in ["/api/v1/uploads/tasks/any/tus", "/api/v1/uploads/tus/any"] {
        let answer = nobody.request(Method::OPTIONS, path).ask().await?.expect(204)?;
        let said = ["tus-resumable", "tus-version", "tus-max-size", "tus-checksum-algorithm"];
        assert_eq!(said.map(|name| answer.header(name)), ["1.0.0", "1.0.0", "2147483648", "sha1,sha256"]);
        for extension in ["creation", "creation-with-upload", "expiration", "checksum", "termination"] {
            let extensions: Vec<_> = answer.header("tus-extension").split(',').collect();
            assert!(extensions.contains(&extension), "{extensions:?}");
        }
        assert_eq!(answer.header("allow").matches("OPTIONS").count(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn another_version_is_refused() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = open_task(&anna).await?;
    let upload = begun(&anna, &task, 10).await?;
    let begin = format!("/api/v1/uploads/tasks/{}/tus", task.id);
    let requests =
        [(Method::POST, &begin), (Method::HEAD, &upload), (Method::PATCH, &upload), (Method::DELETE, &upload)];
    for (method, path) in requests {
        for version in [None, Some("0.2.2"), Some("")] {
            let request = anna.request(method.clone(), path);
            let request =
                version.into_iter().fold(request, |request, version| request.header("tus-resumable", version));
            let refused = request.header("upload-length", 5).ask().await?.expect(412)?;
            if method != Method::HEAD {
                refused.problem(ProblemCode::UploadUnsupportedVersion)?;
            }
            assert_eq!((refused.header("tus-version"), refused.header("tus-resumable")), ("1.0.0", "1.0.0"));
        }
    }
    super::head(&anna, &upload).ask().await?.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn what_can_t_be_read_is_refused() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = open_task(&anna).await?;
    let refused = async |headers: &[(&str, &str)]| {
        let request = headers.iter().fold(begin(&anna, &task), |request, (name, value)| request.header(*name, *value));
        let answer = request.ask().await?;
        answer.problem(ProblemCode::RequestMalformed)?;
        assert_eq!(answer.header("tus-resumable"), "1.0.0", "{headers:?}");
        anyhow::Ok(())
    };
    refused(&[]).await?;
    refused(&[("upload-length", "-1")]).await?;
    refused(&[("upload-length", "ten")]).await?;
    refused(&[("upload-length", "10"), ("upload-length", "10")]).await?;
    refused(&[("upload-defer-length", "2")]).await?;
    refused(&[("upload-defer-length", "1"), ("upload-length", "10")]).await?;
    refused(&[("upload-length", "10"), ("upload-metadata", "filename !!!")]).await?;
    refused(&[("upload-length", "10"), ("upload-metadata", "a YQ==,a YQ==")]).await?;
    refused(&[("upload-length", "10"), ("upload-metadata", &format!("a {}", "A".repeat(5000)))]).await?;
    refused(&[("upload-length", "10"), ("x-http-method-override", "a b")]).await?;

    let upload = begun(&anna, &task, 10).await?;
    let write = || tus(&anna, Method::PATCH, &upload).body("P1");
    let chunk = || write().header("content-type", CHUNK);
    chunk().ask().await?.problem(ProblemCode::RequestMalformed)?;
    chunk().header("upload-offset", "+0").ask().await?.problem(ProblemCode::RequestMalformed)?;
    let checked = |checksum| chunk().header("upload-offset", 0).header("upload-checksum", checksum).ask();
    for checksum in ["md5 1B2M2Y8AsgTpgAmY7PhCfg==", "sha1 Kq5s", "sha1"] {
        checked(checksum).await?.problem(ProblemCode::RequestMalformed)?;
    }
    for kind in ["application/octet-stream", "image/png"] {
        let other = write().header("upload-offset", 0).header("content-type", kind).ask().await?;
        other.problem(ProblemCode::RequestUnsupportedMediaType)?;
    }
    write().header("upload-offset", 0).ask().await?.problem(ProblemCode::RequestUnsupportedMediaType)?;
    let other = begin(&anna, &task).header("upload-length", 2).header("content-type", "image/png").body("P1");
    other.ask().await?.problem(ProblemCode::RequestUnsupportedMediaType)?;
    assert_eq!(super::offset(&anna, &upload).await?, 0);
    Ok(())
}

#[tokio::test]
async fn the_method_may_be_in_a_header() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = open_task(&anna).await?;
    let bytes = scan()?;
    let upload = begun(&anna, &task, bytes.len()).await?;
    let instead = |method: &str| tus(&anna, Method::POST, &upload).header("x-http-method-override", method);
    let known = instead("HEAD").ask().await?.expect(200)?;
    assert_eq!((known.header("upload-offset"), known.body.len()), ("0", 0));
    let taken = instead("PATCH").header("content-type", CHUNK).header("upload-offset", 0).body(bytes.clone());
    taken.ask().await?.expect(204)?;
    assert_eq!(file(&anna, &task, &upload).await?.sha256, sha256(&bytes));
    instead("DELETE").ask().await?.expect(204)?;

    for refused in [instead("GET"), tus(&anna, Method::POST, &upload), tus(&anna, Method::PUT, &upload)] {
        let refused = refused.ask().await?;
        refused.problem(ProblemCode::RequestMethodNotAllowed)?;
        assert_eq!(refused.header("allow"), "HEAD, PATCH, DELETE, OPTIONS");
        assert_eq!(refused.header("tus-resumable"), "1.0.0");
    }
    let elsewhere = anna.post("/uploads/tasks").header("x-http-method-override", "GET").body("{}");
    elsewhere.ask().await?.problem(ProblemCode::RequestUnsupportedMediaType)?;
    Ok(())
}

#[tokio::test]
async fn the_offset_has_to_be_where_the_upload_stands() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let task = open_task(&anna).await?;
    let bytes = scan()?;
    let upload = begun(&anna, &task, bytes.len()).await?;
    let write = |offset: usize| patch(&anna, &upload, offset).body(bytes[..100].to_vec()).ask();
    write(1).await?.problem(ProblemCode::UploadWrongOffset)?;
    write(0).await?.expect(204)?;
    for offset in [0, 99, 101, 1_000_000] {
        write(offset).await?.problem(ProblemCode::UploadWrongOffset)?;
    }
    assert_eq!(super::offset(&anna, &upload).await?, 100);
    patch(&anna, &upload, 100).body(bytes[100..].to_vec()).ask().await?.expect(204)?;
    assert_eq!(file(&anna, &task, &upload).await?.sha256, sha256(&bytes));
    Ok(())
}
