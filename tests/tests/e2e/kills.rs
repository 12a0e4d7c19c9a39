//! A daemon that is killed again and again, or whose steps fail, while clients use it. For more of it, with other seeds: the
//! program `faults`.

use anyhow::Result;
use d2d_tests::faults::{Faults, Trial, restores};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whenever_it_is_killed_nothing_is_lost_or_done_twice() -> Result<()> {
    let trial = Trial { seed: 20, clients: 3, faults: Faults::RandomKills(8) };
    let summary = trial.run(|_| {}).await?;
    assert_eq!(summary.kills, 8);
    assert!(summary.tasks.iter().sum::<usize>() > 0, "{summary}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_it_is_killed_nothing_is_lost_or_done_twice() -> Result<()> {
    let points =
        ["after make a task", "before add a file", "after renaming a blob", "after keep a page", "before end a task"];
    let trial = Trial { seed: 30, clients: 3, faults: Faults::Kills(Some(points.map(str::to_owned).into())) };
    let summary = trial.run(|_| {}).await?;
    assert_eq!(summary.points.len(), points.len(), "{summary}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_fails_nothing_is_lost_or_done_twice() -> Result<()> {
    let points = ["before make a task", "before renaming a blob", "before keep a page", "before end a task"];
    let trial = Trial { seed: 40, clients: 3, faults: Faults::Failures(Some(points.map(str::to_owned).into())) };
    let summary = trial.run(|_| {}).await?;
    assert_eq!(summary.points.len(), points.len(), "{summary}");
    Ok(())
}

#[tokio::test]
async fn a_restore_that_is_killed_anywhere_changes_nothing() -> Result<()> {
    let points = restores().await?;
    for point in ["before writing a restored blob", "after count the records", "after syncing what was restored"] {
        assert!(points.contains(point), "{points:?}");
    }
    Ok(())
}
