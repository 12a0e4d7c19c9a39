//! Every service documents itself, and its pages work without the world outside.

use anyhow::{Context, Result, ensure};
use d2d_tests::harness::{API, Ask, shared};
use reqwest::Method;
use serde_json::Value;

const SERVICES: [&str; 6] = ["auth", "uploads", "ocr", "tasks", "downloads", "ops"];

#[tokio::test]
async fn pages_load_nothing_from_outside() -> Result<()> {
    let daemon = shared().await?;
    let client = daemon.client()?;
    for service in SERVICES {
        for page in ["doc", "redoc"] {
            let path = format!("/{service}/{page}");
            let answer = client.get(&path).ask().await?.expect(200)?;
            ensure!(answer.header("content-type").starts_with("text/html"), "{path} is no page");
            let policy = answer.header("content-security-policy");
            ensure!(policy.contains("default-src 'none'") && !policy.contains("http"), "{path}: {policy}");
            let html = answer.text();
            let outside = outside_references(&html);
            ensure!(outside.is_empty(), "{path} loads {outside:?}");
            // The document is in the page: nothing has to be fetched to show it.
            ensure!(html.contains(&format!("data2data: {service}")), "{path} shows another document");
        }
    }
    Ok(())
}

/// What tags and styles of a page name that is elsewhere. Text and scripts may contain addresses: only what a browser
/// fetches by itself counts.
fn outside_references(html: &str) -> Vec<String> {
    const FETCHED: [&str; 6] = ["src=\"", "src='", "href=\"", "href='", "@import ", "url("];
    let markup = without_scripts(html);
    let places =
        FETCHED.iter().flat_map(|mark| markup.match_indices(mark).map(|(at, mark)| &markup[at + mark.len()..]));
    let outside = places.filter(|at| ["http:", "https:", "//"].iter().any(|scheme| at.starts_with(scheme)));
    outside.map(|at| at.chars().take(60).collect()).collect()
}

/// The page with the tags of its scripts, but without what is in them.
fn without_scripts(html: &str) -> String {
    let mut pieces = html.split("<script");
    let mut markup = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (tag, script) = piece.split_once('>').unwrap_or((piece, ""));
        markup.push_str(tag);
        markup.push_str(script.rsplit_once("</script>").map_or("", |(_, rest)| rest));
    }
    markup
}

#[tokio::test]
async fn documents_describe_what_is_there() -> Result<()> {
    let daemon = shared().await?;
    let client = daemon.client()?;
    for service in SERVICES {
        let answer = client.get(&format!("/{service}/openapi.json")).ask().await?.expect(200)?;
        ensure!(answer.header("content-type").starts_with("application/json"));
        let document: Value = answer.json()?;
        ensure!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.")), "{service}");
        ensure!(document["servers"][0]["url"] == API, "{service}: {}", document["servers"]);
        let paths = document["paths"].as_object().context("no paths")?;
        ensure!(!paths.is_empty(), "{service} documents nothing");
        for (path, operations) in paths {
            ensure!(path.starts_with(&format!("/{service}")), "{service} documents {path}");
            for (method, operation) in operations.as_object().context("no operations")? {
                ensure!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{method} {path}");
                answers(&client, method, path).await?;
            }
        }
    }
    Ok(())
}

/// There is something at the address for the method: whatever it answers to a stranger, it is neither "nothing here" nor
/// "not this method".
async fn answers(client: &d2d_tests::harness::Client, method: &str, path: &str) -> Result<()> {
    let filled = path.replace("{id}", "x").replace("{file}", "x").replace("{name}", "x").replace("{service}", "x");
    let method = Method::from_bytes(method.to_uppercase().as_bytes())?;
    let answer = client.request(method.clone(), &format!("{API}{filled}")).ask().await?;
    let body = answer.text();
    ensure!(!body.contains("request.not_found") && answer.status != 405, "{method} {path}: {body}");
    Ok(())
}

#[tokio::test]
async fn swaggers_authorize_button_can_get_a_token() -> Result<()> {
    let daemon = shared().await?;
    let document: Value = daemon.client()?.get("/tasks/openapi.json").ask().await?.expect(200)?.json()?;
    let schemes = document["components"]["securitySchemes"].as_object().context("no security scheme")?;
    let url = schemes.values().find_map(|scheme| scheme["flows"]["password"]["tokenUrl"].as_str());
    assert_eq!(url, Some("/api/v1/auth/token"), "{schemes:?}");
    Ok(())
}

#[tokio::test]
async fn the_frames_of_the_websocket_are_described() -> Result<()> {
    let daemon = shared().await?;
    let document: Value = daemon.client()?.get("/tasks/openapi.json").ask().await?.expect(200)?.json()?;
    let frame = &document["components"]["schemas"]["Frame"]["properties"];
    for field in ["v", "type", "seq", "time", "task", "error"] {
        ensure!(frame.get(field).is_some(), "{field} of the frames is not described");
    }
    Ok(())
}
