//! Step 5, for files given by URL: they are fetched once what is uploaded is here, and join it in their order.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use d2d_api::{NewTask, NewTaskFiles, ProblemCode, Task, TaskStatus, UrlStatus};
use d2d_tests::harness::{Ask, Client, Daemon, Origin, Reply, SOON, Upload, eventually, ocr};
use d2d_tests::page::text;
use serde_json::json;

/// A daemon that may ask servers on loopback addresses.
async fn daemon(settings: &[(&str, &str)]) -> Result<Daemon> {
    Daemon::with(&[&[("outbound.allow", "['127.0.0.0/8']")], settings].concat()).await
}

fn line(text: &str) -> Result<Vec<u8>> {
    Ok(Upload::line("line.png", text)?.bytes)
}

fn of_urls(urls: &[String]) -> NewTask {
    NewTask { files: None, urls: Some(urls.to_vec()), ..ocr(1, json!({})) }
}

fn names(task: &Task) -> Vec<&str> {
    task.files.iter().map(|file| file.name.as_str()).collect()
}

fn statuses(task: &Task) -> Vec<UrlStatus> {
    task.urls.iter().map(|url| url.status).collect()
}

async fn ended(anna: &Client, new: &NewTask) -> Result<Task> {
    let task = anna.register(new).await?;
    assert_eq!(task.status, TaskStatus::Fetching, "nothing is uploaded");
    anna.ended(task.id).await
}

#[tokio::test]
async fn urls_alone_make_a_task() -> Result<()> {
    let daemon = daemon(&[]).await?;
    let anna = daemon.user("anna").await?;
    let origin = Origin::start("127.0.0.1").await?;
    origin.serve("/scans/first%20page.png?key=secret", Reply::ok(line("The first page")?));
    origin.serve("/second", Reply::to("/elsewhere/"));
    let named =
        Reply::ok(line("The second page")?).header("content-disposition", "attachment; filename*=UTF-8''%E2%84%96%202");
    origin.serve("/elsewhere/", named.chunked());
    let urls = [origin.url("/scans/first%20page.png?key=secret"), origin.url("/second")];
    let task = ended(&anna, &of_urls(&urls)).await?;
    let mut read = Vec::new();
    for item in anna.manifest(task.id).await?.items.iter().filter(|item| item.format == "txt") {
        let result = anna.get(&format!("/downloads/tasks/{}/files/{}", task.id, item.id)).ask().await?.expect(200)?;
        read.push(result.text().trim().trim_end_matches('\u{c}').to_owned());
    }
    assert_eq!(read, ["The first page", "The second page"]);
    assert_eq!(names(&task), ["first page.png", "№ 2.png"]);
    assert_eq!(statuses(&task), [UrlStatus::Done, UrlStatus::Done]);
    for (url, (given, file)) in task.urls.iter().zip(urls.iter().zip(&task.files)) {
        assert_eq!((&url.url, url.bytes, url.file), (given, file.bytes, Some(file.id)));
        assert_eq!(file.media_type, "image/png");
    }
    let log: Vec<_> = anna.log(task.id).await?.items.into_iter().map(|entry| entry.status).collect();
    assert_eq!(log, [TaskStatus::Fetching, TaskStatus::Queued, TaskStatus::Execution, TaskStatus::Success]);
    assert!(!daemon.log().contains("secret"), "the log tells what may be a secret");
    Ok(())
}

#[tokio::test]
async fn uploads_come_first_and_urls_in_their_order() -> Result<()> {
    let daemon = daemon(&[]).await?;
    let anna = daemon.user("anna").await?;
    let origin = Origin::start("127.0.0.1").await?;
    origin.serve("/slow.png", Reply::ok(line("Slow")?).held());
    origin.serve("/fast.png", Reply::ok(line("Fast")?));
    let new = NewTask { urls: Some(vec![origin.url("/slow.png"), origin.url("/fast.png")]), ..ocr(2, json!({})) };
    let task = anna.register(&new).await?;
    assert_eq!((task.status, statuses(&task)), (TaskStatus::AwaitingFiles, vec![UrlStatus::Waiting; 2]));
    anna.upload(task.id, &[Upload::line("a.png", "Uploaded")?]).await?;
    assert_eq!(origin.connections(), 0, "the second upload is still to come");
    let uploaded = anna.upload(task.id, &[Upload::line("b.png", "Uploaded, too")?]).await?;
    assert_eq!(uploaded.task.status, TaskStatus::Fetching);

    let half = anna.task_when(task.id, "has the fast one", |task| task.urls[1].status == UrlStatus::Done).await?;
    assert_eq!(names(&half), ["a.png", "b.png", "fast.png"]);
    let half = anna.task_when(task.id, "tells progress", |task| task.urls[0].bytes > 0).await?;
    assert_eq!((half.status, half.urls[0].status), (TaskStatus::Fetching, UrlStatus::Fetching));
    assert!(half.message.contains("1 of 2"), "{}", half.message);
    origin.open();
    let task = anna.ended(task.id).await?;
    assert_eq!((task.status, names(&task)), (TaskStatus::Success, vec!["a.png", "b.png", "slow.png", "fast.png"]));
    Ok(())
}

#[tokio::test]
async fn urls_can_be_given_later_and_wait_for_the_submission() -> Result<()> {
    let daemon = daemon(&[("uploads.max_files", "3")]).await?;
    let anna = daemon.user("anna").await?;
    let origin = Origin::start("127.0.0.1").await?;
    origin.serve("/one.png", Reply::ok(line("One")?));
    let open =
        NewTask { files: Some(NewTaskFiles::default()), urls: Some(vec![origin.url("/one.png")]), ..ocr(1, json!({})) };
    let task = anna.register(&open).await?;
    let path = format!("/uploads/tasks/{}/urls", task.id);
    let add = |urls: &[String]| anna.post(&path).json(&json!({ "urls": urls })).ask();
    let task: Task = add(&[origin.url("/one.png")]).await?.expect(202)?.json()?;
    assert_eq!((task.status, task.urls.len()), (TaskStatus::AwaitingFiles, 2));
    add(&[]).await?.problem(ProblemCode::RequestInvalid)?;
    add(&[origin.url("/a"), origin.url("/b")]).await?.problem(ProblemCode::UploadTooManyFiles)?;
    let bad = add(&[origin.url("/a"), "ftp://example.org/a".to_owned()]).await?.problem(ProblemCode::FetchBadUrl)?;
    assert_eq!(bad.errors[0].pointer, "/urls/1");
    anna.upload(task.id, &[Upload::line("up.png", "Uploaded")?]).await?;
    anna.send(task.id, &[Upload::line("more.png", "No room")?]).await?.problem(ProblemCode::UploadTooManyFiles)?;
    assert_eq!(origin.connections(), 0, "it was not submitted yet");

    let submit = || anna.post(&format!("/uploads/tasks/{}/submit", task.id)).ask();
    let submitted: Task = submit().await?.expect(202)?.json()?;
    assert_eq!(submitted.status, TaskStatus::Fetching);
    add(&[origin.url("/a")]).await?.problem(ProblemCode::TaskWrongState)?;
    let task = anna.ended(task.id).await?;
    assert_eq!((task.status, names(&task)), (TaskStatus::Success, vec!["up.png", "one.png", "one.png"]));
    submit().await?.problem(ProblemCode::TaskWrongState)?;
    Ok(())
}

#[tokio::test]
async fn one_that_fails_fails_the_task_when_the_others_were_tried() -> Result<()> {
    let daemon = daemon(&[("uploads.max_file", "'64KiB'")]).await?;
    let anna = daemon.user("anna").await?;
    let origin = Origin::start("127.0.0.1").await?;
    let mut large = line("Large")?;
    large.resize(65 << 10, 0);
    let replies = [
        ("/missing.png?key=secret", Reply::status(404), Some(ProblemCode::FetchFailed), "404"),
        ("/letter.png", Reply::ok(text()), Some(ProblemCode::UploadUnsupportedType), "application/pdf"),
        ("/empty.png", Reply::ok(""), Some(ProblemCode::UploadEmpty), "empty"),
        ("/large.png", Reply::ok(large.clone()), Some(ProblemCode::UploadTooLarge), "65536"),
        ("/endless.png", Reply::ok(large).chunked(), Some(ProblemCode::UploadTooLarge), "65536"),
        (
            "/packed.png",
            Reply::ok(line("x")?).header("content-encoding", "gzip"),
            Some(ProblemCode::FetchFailed),
            "compressed",
        ),
        ("/part.png", Reply::status(206), Some(ProblemCode::FetchFailed), "206"),
        ("/page.png", Reply::ok(line("The only page")?), None, ""),
    ];
    for (path, reply, _, _) in &replies {
        origin.serve(path, reply.clone());
    }
    let urls: Vec<_> = replies.iter().map(|(path, ..)| origin.url(path)).collect();
    let task = ended(&anna, &of_urls(&urls)).await?;
    assert_eq!(task.status, TaskStatus::Failure);
    for (url, (path, _, code, words)) in task.urls.iter().zip(&replies) {
        assert_eq!(url.error.as_ref().map(|error| error.code), *code, "{path}: {url:?}");
        let detail = url.error.as_ref().map(|error| error.detail.as_str()).unwrap_or_default();
        assert!(detail.contains(words) && !detail.contains("secret"), "{path}: {detail}");
        assert_eq!(origin.asked(path), 1, "{path}");
    }
    assert_eq!(task.error, task.urls[0].error, "the first error is that of the task");
    assert_eq!(names(&task), ["page.png"]);
    Ok(())
}

#[tokio::test]
async fn what_may_pass_is_tried_again() -> Result<()> {
    let daemon = daemon(&[]).await?;
    let anna = daemon.user("anna").await?;
    let origin = Origin::start("127.0.0.1").await?;
    origin.serve("/busy.png", Reply::status(503).header("retry-after", "0"));
    origin.serve("/busy.png", Reply::status(429));
    origin.serve("/busy.png", Reply::ok(line("At last")?));
    let task = ended(&anna, &of_urls(&[origin.url("/busy.png")])).await?;
    assert_eq!((task.status, origin.asked("/busy.png")), (TaskStatus::Success, 3));

    origin.serve("/broken.png", Reply::status(500));
    let task = ended(&anna, &of_urls(&[origin.url("/broken.png")])).await?;
    let error = task.error.context("it can't be fetched")?;
    assert_eq!((error.code, origin.asked("/broken.png")), (ProblemCode::FetchFailed, 3));
    Ok(())
}

#[tokio::test]
async fn a_server_that_sends_nothing_more_is_given_up() -> Result<()> {
    let daemon = daemon(&[("uploads.fetch_stall", "'1s'"), ("uploads.fetch_timeout", "'2s'")]).await?;
    let anna = daemon.user("anna").await?;
    let origin = Origin::start("127.0.0.1").await?;
    origin.serve("/slow.png", Reply::ok(line("Never")?).held());
    let task = ended(&anna, &of_urls(&[origin.url("/slow.png")])).await?;
    let error = task.error.context("it can't be fetched")?;
    assert_eq!(error.code, ProblemCode::FetchTimeout, "{error:?}");
    assert_eq!(origin.asked("/slow.png"), 2, "stalled once, then the time was over");
    Ok(())
}

#[tokio::test]
async fn cancelling_ends_a_download_in_its_middle() -> Result<()> {
    let daemon = daemon(&[]).await?;
    let anna = daemon.user("anna").await?;
    let origin = Origin::start("127.0.0.1").await?;
    origin.serve("/held.png", Reply::ok(line("Held")?).held());
    let task = anna.register(&of_urls(&[origin.url("/held.png"), origin.url("/held.png")])).await?;
    eventually("both are asked for", SOON, async || Ok((origin.asked("/held.png") == 2).then_some(()))).await?;
    let start = Instant::now();
    anna.post(&format!("/tasks/{}/cancel", task.id)).ask().await?.expect(202)?;
    eventually("the daemon has left", SOON, async || Ok((origin.left() == 2).then_some(()))).await?;
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    let task = anna.task(task.id).await?;
    assert_eq!((task.status, statuses(&task)), (TaskStatus::Cancelled, vec![UrlStatus::Waiting; 2]));
    Ok(())
}

#[tokio::test]
async fn another_life_goes_on_with_what_is_not_here_yet() -> Result<()> {
    for kill in [true, false] {
        let mut daemon = daemon(&[]).await?;
        let name = daemon.account("anna", &[]).await?;
        let log_in = async |daemon: &Daemon| daemon.client()?.log_in(&name, d2d_tests::harness::PASSWORD).await;
        let anna = log_in(&daemon).await?;
        let origin = Origin::start("127.0.0.1").await?;
        origin.serve("/held.png", Reply::ok(line("Held")?).held());
        origin.serve("/done.png", Reply::ok(line("Done")?));
        let task = anna.register(&of_urls(&[origin.url("/held.png"), origin.url("/done.png")])).await?;
        anna.task_when(task.id, "has one", |task| task.urls[1].status == UrlStatus::Done).await?;
        if kill {
            daemon.kill().await?;
        } else {
            daemon.terminate().await?;
        }
        origin.open();
        daemon.start_again().await?;
        let task = log_in(&daemon).await?.ended(task.id).await?;
        assert_eq!((task.status, names(&task)), (TaskStatus::Success, vec!["held.png", "done.png"]));
        assert_eq!((origin.asked("/held.png"), origin.asked("/done.png")), (2, 1), "what was here was fetched again");
        assert_eq!(task.attempt, 1);
    }
    Ok(())
}

#[tokio::test]
async fn many_files_of_one_do_not_keep_another_waiting() -> Result<()> {
    let daemon = daemon(&[("uploads.fetch_parallel", "2")]).await?;
    let (anna, boris) = (daemon.user("anna").await?, daemon.user("boris").await?);
    let origin = Origin::start("127.0.0.1").await?;
    origin.serve("/held.png", Reply::ok(line("Held")?).held());
    origin.serve("/page.png", Reply::ok(line("A single page")?));
    let held = vec![origin.url("/held.png"); 5];
    for _ in 0..3 {
        anna.register(&of_urls(&held)).await?;
    }
    eventually("all places are taken", SOON, async || Ok((origin.asked("/held.png") >= 2).then_some(()))).await?;
    let task = ended(&boris, &of_urls(&[origin.url("/page.png")])).await?;
    assert_eq!(task.status, TaskStatus::Success);
    assert_eq!(origin.asked("/held.png"), 2, "more at once than there are places");
    Ok(())
}
