//! The keys that sign tokens can be changed without anybody noticing.

use anyhow::{Context, Result};
use d2d_api::{ProblemCode, SigningKeyInfo};
use d2d_tests::harness::{Ask, Client, Daemon, PASSWORD};
use serde_json::Value;

async fn kids(client: &Client) -> Result<Vec<String>> {
    let jwks: Value = client.get("/auth/jwks.json").ask().await?.expect(200)?.json()?;
    let keys = jwks["keys"].as_array().context("no keys")?;
    keys.iter().map(|key| Ok(key["kid"].as_str().context("no kid")?.to_owned())).collect()
}

#[tokio::test]
async fn keys_are_rotated_and_tokens_of_old_ones_stay_good() -> Result<()> {
    let mut daemon = Daemon::start().await?;
    let anna = daemon.user("anna").await?;
    let olga = daemon.client()?.log_in(&daemon.account("olga", &["--operator"]).await?, PASSWORD).await?;
    let before = kids(&anna.anonymous()).await?;
    anna.post("/auth/keys/rotate").ask().await?.problem(ProblemCode::AuthForbidden)?;
    assert_eq!(kids(&anna).await?, before);

    let (one, two) =
        tokio::join!(olga.post("/auth/keys/rotate").ask(), daemon.operator()?.post("/auth/keys/rotate").ask());
    let (one, two): (SigningKeyInfo, SigningKeyInfo) = (one?.expect(200)?.json()?, two?.expect(200)?.json()?);
    let after = kids(&anna).await?;
    assert!([&one.kid, &two.kid, &before[0]].iter().all(|kid| after.contains(kid)), "{after:?}");
    let newest = daemon.user("berta").await?;
    for (client, what) in [(&anna, "signed before"), (&newest, "signed after")] {
        client.get("/auth/me").ask().await?.expect(200).context(what)?;
    }
    daemon.terminate().await?;
    daemon.start_again().await?;
    for old in [&anna, &newest] {
        daemon.client()?.with_token(old.token()).get("/auth/me").ask().await?.expect(200)?;
    }
    assert_eq!(kids(&daemon.client()?).await?, after);
    Ok(())
}
