//! Reading a single image in the request that brings it.

use anyhow::{Context, Result};
use d2d_api::{OcrDocument, Overview, ProblemCode, TaskList, TaskStatus};
use d2d_tests::harness::{Answer, Ask, Client, Daemon, SOON, Upload, eventually, ocr, shared};
use d2d_tests::page::{Encoding, bomb, document, poster, text, truncated};
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

const TEXT: &str = "All is well here";

fn line() -> Result<Vec<u8>> {
    Ok(Upload::line("line.png", TEXT)?.bytes)
}

async fn recognize(client: &Client, query: &str, body: impl Into<Vec<u8>>) -> Result<Answer> {
    client.post(&format!("/ocr/recognize{query}")).header("content-type", "image/png").body(body.into()).ask().await
}

fn text_of(document: &OcrDocument) -> String {
    let blocks = document.pages.iter().flat_map(|page| &page.blocks);
    blocks.flat_map(|block| &block.lines).map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n")
}

async fn tasks(client: &Client) -> Result<TaskList> {
    client.get("/tasks").ask().await?.expect(200)?.json()
}

/// Waits until the account has no task any more.
async fn none_left(client: &Client) -> Result<()> {
    let empty = async || Ok(tasks(client).await?.items.is_empty().then_some(()));
    eventually("no task is left", SOON, empty).await
}

#[tokio::test]
async fn an_image_is_read_at_once_and_leaves_nothing() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let query = "?languages=eng&languages=deu&quality=fast&name=my%20line.png&rotate=false";
    let answer = recognize(&anna, query, line()?).await?.expect(200)?;
    assert!(answer.header("content-type").starts_with("application/json"), "{:?}", answer.headers);
    let read: OcrDocument = answer.json()?;
    assert_eq!(text_of(&read), TEXT);
    assert_eq!((read.version, read.pages.len(), read.file.as_str()), (1, 1, "my line.png"));
    assert_eq!(read.request.quality, "fast");
    assert_eq!(serde_json::to_value(&read)?, answer.json::<Value>()?, "the answer is as it is documented");
    assert!(tasks(&anna).await?.items.is_empty(), "its task is still there");
    Ok(())
}

#[tokio::test]
async fn it_is_what_a_task_answers() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let page = Upload::new("page.png", Encoding::Png.encode(&document(1)?[0].image)?);
    let at_once: Value = recognize(&anna, "?name=page.png", page.bytes.clone()).await?.expect(200)?.json()?;
    let task = anna.convert(&[page], json!({"formats": ["json"]})).await?;
    assert_eq!(at_once, anna.result(task.id, "json").await?.json::<Value>()?);
    Ok(())
}

#[tokio::test]
async fn a_form_may_have_the_parameters_too() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let form = |fields: &[(&'static str, &'static str)]| -> Result<Form> {
        let form = Form::new().part("file", Part::bytes(line()?).file_name("line.png"));
        Ok(fields.iter().fold(form, |form, &(name, value)| form.text(name, value)))
    };
    let post = async |query: &str, form: Form| anna.post(&format!("/ocr/recognize{query}")).multipart(form).ask().await;
    let read: OcrDocument = post("?quality=fast", form(&[("quality", "accurate")])?).await?.expect(200)?.json()?;
    assert_eq!((text_of(&read).as_str(), read.request.quality.as_str()), (TEXT, "accurate"));
    for (field, pointer) in
        [(("formats", "txt"), "/formats"), (("rotate", "yes"), "/rotate"), (("quality", "x"), "/quality")]
    {
        let problem: d2d_api::Problem = post("", form(&[field])?).await?.expect(422)?.json()?;
        assert_eq!(problem.errors.first().map(|error| error.pointer.as_str()), Some(pointer), "{problem:?}");
    }
    let two = form(&[])?.part("file", Part::bytes(line()?).file_name("other.png"));
    post("", two).await?.problem(ProblemCode::UploadTooManyFiles)?;
    post("", Form::new().text("quality", "fast")).await?.problem(ProblemCode::UploadNoFiles)?;
    assert!(tasks(&anna).await?.items.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_read_is_told_as_a_problem() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    let half = truncated(&line()?).to_vec();
    recognize(&anna, "", half).await?.problem(ProblemCode::InputDamaged)?;
    recognize(&anna, "", bomb()?).await?.problem(ProblemCode::InputTooManyPixels)?;
    recognize(&anna, "", text()).await?.problem(ProblemCode::UploadUnsupportedType)?;
    recognize(&anna, "", "").await?.problem(ProblemCode::UploadEmpty)?;
    let pdf = recognize(&anna, "", Upload::book(&document(1)?)?.bytes).await?;
    assert!(pdf.problem(ProblemCode::UploadUnsupportedType)?.detail.contains("POST /uploads/tasks"));
    let pages: Vec<_> = document(2)?.into_iter().map(|page| page.image).collect();
    let several = recognize(&anna, "", several_pages(&pages)?).await?.problem(ProblemCode::InputTooManyPages)?;
    assert!(several.detail.contains("2 pages") && several.detail.contains("POST /uploads/tasks"), "{several:?}");
    none_left(&anna).await
}

/// A TIFF of several pages.
fn several_pages(pages: &[image::GrayImage]) -> Result<Vec<u8>> {
    let mut file = std::io::Cursor::new(Vec::new());
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut file)?;
    for page in pages {
        encoder.write_image::<tiff::encoder::colortype::Gray8>(page.width(), page.height(), page.as_raw())?;
    }
    Ok(file.into_inner())
}

#[tokio::test]
async fn wrong_parameters_are_named() -> Result<()> {
    let daemon = shared().await?;
    let anna = daemon.user("anna").await?;
    for (query, code, pointer) in [
        ("?quality=best", ProblemCode::RequestInvalid, "/query/quality"),
        ("?min_confidence=2", ProblemCode::RequestInvalid, "/query/min_confidence"),
        ("?formats=txt", ProblemCode::RequestInvalid, "/query/formats"),
        ("?languages=eng&languages=xxx", ProblemCode::OcrNoEngine, "/query/languages/1"),
    ] {
        let problem = recognize(&anna, query, line()?).await?.problem(code)?;
        let pointers: Vec<_> = problem.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, [pointer], "{problem:?}");
    }
    daemon.client()?.post("/ocr/recognize").body(line()?).ask().await?.problem(ProblemCode::AuthMissingToken)?;
    Ok(())
}

#[tokio::test]
async fn its_bounds_are_its_own() -> Result<()> {
    let daemon = Daemon::with(&[("ocr.recognize_max_bytes", "'20KiB'"), ("uploads.max_queued", "1")]).await?;
    let anna = daemon.user("anna").await?;
    let large = [line()?, vec![0; 20 << 10]].concat();
    let refused = recognize(&anna, "", large.clone()).await?.problem(ProblemCode::UploadTooLarge)?;
    assert!(refused.detail.contains("POST /uploads/tasks"), "{refused:?}");
    let form = Form::new().part("file", Part::bytes(large).file_name("large.png"));
    anna.post("/ocr/recognize").multipart(form).ask().await?.problem(ProblemCode::UploadTooLarge)?;
    anna.register(&ocr(1, json!({}))).await?;
    recognize(&anna, "", line()?).await?.problem(ProblemCode::QueueFull)?;
    Ok(())
}

#[tokio::test]
async fn several_are_read_at_the_same_time() -> Result<()> {
    let daemon = shared().await?;
    let (anna, bob) = (daemon.user("anna").await?, daemon.user("bob").await?);
    let (one, other) = (Upload::line("one.png", "This is for Anna")?, Upload::line("other.png", "That is for Bob")?);
    let (one, other) = tokio::join!(recognize(&anna, "", one.bytes), recognize(&bob, "", other.bytes));
    assert_eq!(text_of(&one?.expect(200)?.json()?), "This is for Anna");
    assert_eq!(text_of(&other?.expect(200)?.json()?), "That is for Bob");
    Ok(())
}

#[tokio::test]
async fn who_hangs_up_leaves_no_task() -> Result<()> {
    let daemon = Daemon::with(&[("ocr.recognize_timeout", "'1h'")]).await?;
    let (anna, operator) = (daemon.user("anna").await?, daemon.operator()?);
    let poster = Encoding::Jpeg(80).encode(&poster()?.image)?;
    let request = tokio::spawn({
        let anna = anna.clone();
        async move { recognize(&anna, "?quality=accurate", poster).await }
    });
    let reading = async || {
        let overview: Overview = operator.get("/ops/overview").ask().await?.expect(200)?.json()?;
        let mut workers = overview.pools.into_iter().flat_map(|pool| pool.workers);
        Ok(workers.find(|worker| worker.reading.as_ref().is_some_and(|now| now.page == 1)))
    };
    let worker = eventually("the image is being read", SOON, reading).await?;
    let seen = tasks(&anna).await?.items;
    assert_eq!(
        seen.iter().map(|task| (task.status, task.priority)).collect::<Vec<_>>(),
        [(TaskStatus::Execution, 100)]
    );
    request.abort();
    none_left(&anna).await?;
    // It would have been kept for the next image if it had come to the end of this one.
    Daemon::gone(worker.pid.context("a busy worker without a process")?).await
}

#[tokio::test]
async fn it_does_not_wait_for_ever() -> Result<()> {
    let daemon = Daemon::with(&[("ocr.recognize_timeout", "'1s'")]).await?;
    let anna = daemon.user("anna").await?;
    let poster = Encoding::Jpeg(80).encode(&poster()?.image)?;
    let late = recognize(&anna, "?quality=accurate", poster).await?;
    late.problem(ProblemCode::ServiceUnavailable)?;
    assert!(late.header("retry-after").parse::<u32>()? > 0);
    none_left(&anna).await
}
