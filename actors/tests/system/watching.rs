//! Subscribers: that they miss nothing that matters, and hold up nobody.

use d2d_actors::Scope;
use d2d_api::TaskStatus;

use crate::house::{House, next, run};

#[test]
fn a_subscriber_that_does_not_read_holds_up_nobody_and_gets_the_last_state() {
    run(|| async {
        let house = House::with_workers(2).await;
        let mut slow = house.system.subscribe(Scope::All);
        let mut owner = house.system.subscribe(Scope::Owner("bob".to_owned()));
        let (mine, others) =
            (house.submit("alice", &house.script(20)).await, house.submit("bob", &house.script(1)).await);
        assert_eq!(house.ended(mine).await.status, TaskStatus::Success);
        assert_eq!(house.ended(others).await.status, TaskStatus::Success);

        let (first, second) = (next(&mut slow).await, next(&mut slow).await);
        assert_eq!((first.id, first.status, first.pages.done), (mine, TaskStatus::Success, 20));
        assert_eq!((second.id, second.status), (others, TaskStatus::Success));
        let only = next(&mut owner).await;
        assert_eq!((only.id, only.status), (others, TaskStatus::Success));
    });
}

#[test]
fn subscriptions_end_when_the_system_goes_down() {
    run(|| async {
        let house = House::with_workers(1).await;
        let mut all = house.system.subscribe(Scope::All);
        let task = house.register("alice", &house.script(1), None).await;
        house.system.drain(std::time::Duration::from_secs(5)).await;
        assert_eq!(next(&mut all).await, task);
        assert!(all.next().await.is_none());
        assert!(house.system.subscribe(Scope::All).next().await.is_none());
    });
}
