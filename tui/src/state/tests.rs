//! The console as a whole: what events and actions do to it.

use std::time::Duration;

use chrono::TimeDelta;
use d2d_api::{OpsFrame, OpsTask, TaskStatus};

use super::*;
use crate::event::ClientEvent;
use crate::keys::{Action, Context};
use crate::testing::{at, changes, overview_frame, snapshot, state, task};

fn frame(state: &mut State, frame: OpsFrame) {
    state.on_client(ClientEvent::Frame(Box::new(frame)));
}

/// A console that lists the tasks 1 to `count`, the newest first, and has the newest selected.
fn listing(count: u32) -> State {
    let mut state = state();
    state.list.set_height(10);
    frame(&mut state, snapshot((1..=count).map(task).collect()));
    state.on_action(Action::ShowTasks);
    state
}

fn typed(state: &mut State, text: &str) {
    state.on_action(Action::Filter);
    text.chars().for_each(|c| drop(state.on_action(Action::Type(c))));
}

#[test]
fn frames_reach_the_list() {
    let mut state = listing(2);
    state.on_action(Action::First);
    frame(&mut state, changes(vec![task(3)]));
    assert_eq!(state.list.rows(), [task(3).id, task(2).id, task(1).id]);
    assert_eq!(state.list.selected(), Some(task(2).id));
}

#[test]
fn a_filter_can_be_kept_or_dropped() {
    let mut state = listing(3);
    typed(&mut state, &task(2).id.to_string());
    assert_eq!(state.list.rows(), [task(2).id]);
    state.on_action(Action::Accept);
    assert_eq!(state.context(), Context::Tasks);
    typed(&mut state, "zzz");
    assert!(state.list.rows().is_empty());
    state.on_action(Action::Back);
    assert_eq!(state.list.rows(), [task(2).id]);
    state.on_action(Action::Back);
    assert_eq!(state.list.rows().len(), 3);
}

#[test]
fn a_cancel_needs_a_yes() {
    let mut state = listing(2);
    assert_eq!(state.on_action(Action::Cancel), None);
    assert_eq!(state.prompt, Some(Prompt::Cancel { tasks: vec![task(2).id], ended: 0 }));
    state.on_action(Action::Back);
    assert_eq!(state.on_action(Action::Confirm), None);
    state.on_action(Action::Cancel);
    assert_eq!(state.on_action(Action::Confirm), Some(Command::Cancel(vec![task(2).id])));
}

#[test]
fn marked_tasks_are_cancelled_together_except_the_ended() {
    let mut state = listing(3);
    frame(&mut state, changes(vec![OpsTask { status: TaskStatus::Success, seq: 9, ..task(2) }]));
    state.on_action(Action::MarkAll);
    state.on_action(Action::Cancel);
    assert_eq!(state.prompt, Some(Prompt::Cancel { tasks: vec![task(1).id, task(3).id], ended: 1 }));
    assert_eq!(state.on_action(Action::Confirm), Some(Command::Cancel(vec![task(1).id, task(3).id])));
    assert_eq!(state.list.marks.len(), 1);
}

#[test]
fn an_ended_task_is_not_asked_about() {
    let mut state = listing(1);
    frame(&mut state, changes(vec![OpsTask { status: TaskStatus::Failure, seq: 9, ..task(1) }]));
    state.on_action(Action::Cancel);
    assert_eq!(state.prompt, None);
    assert_eq!(state.notice.as_ref().map(|notice| notice.kind), Some(NoticeKind::Refused));
}

#[test]
fn nothing_is_steered_read_only() {
    let mut state = listing(1);
    state.settings.readonly = true;
    for action in [Action::Mark, Action::MarkAll, Action::Cancel] {
        assert_eq!(state.on_action(action), None);
    }
    assert!(state.prompt.is_none() && state.list.marks.is_empty());
    assert!(state.notice.is_some());
}

#[test]
fn a_frozen_picture_stands_still_and_then_catches_up() {
    let mut state = listing(2);
    state.on_action(Action::Freeze);
    let then = state.daemon_time();
    state.advance(at(30));
    frame(&mut state, OpsFrame { time: at(30), ..changes(vec![task(3), task(4)]) });
    assert_eq!(state.list.rows().len(), 2);
    assert_eq!(state.daemon_time(), then);
    assert_eq!(state.frozen.as_ref().map(|frozen| frozen.changes), Some(2));
    state.on_action(Action::Freeze);
    assert_eq!(state.list.rows().len(), 4);
    assert!(state.daemon_time() > then);
}

#[test]
fn silence_and_a_lost_connection_are_told() {
    let mut state = state();
    state.on_client(ClientEvent::Connected);
    frame(&mut state, overview_frame(0, 10));
    state.advance(at(1));
    assert_eq!(state.link.staleness(state.now), None);
    state.advance(at(8));
    assert_eq!(state.link.staleness(state.now), Some(TimeDelta::seconds(8)));
    state.on_client(ClientEvent::Disconnected { reason: "gone".into(), retry_in: Duration::from_secs(4) });
    assert_eq!(state.link.status, LinkStatus::Disconnected { reason: "gone".into(), retry_at: at(12) });
    assert_eq!(state.on_action(Action::Reconnect), Some(Command::Reconnect));
}

#[test]
fn the_daemons_clock_decides_ages() {
    let mut state = state();
    frame(&mut state, overview_frame(3_600, 0));
    state.advance(at(5));
    assert_eq!(state.daemon_time(), at(3_605));
}

#[test]
fn views_are_a_stack() {
    let mut state = listing(2);
    state.on_action(Action::Open);
    assert_eq!(state.view(), View::Task(task(2).id));
    frame(&mut state, changes(vec![task(3)]));
    state.on_action(Action::Back);
    assert_eq!((state.view(), state.list.selected()), (View::Tasks, Some(task(2).id)));
    state.on_action(Action::SwitchView);
    assert_eq!(state.view(), View::Overview);
    state.on_action(Action::Back);
    assert_eq!(state.view(), View::Overview);
    assert_eq!(state.on_action(Action::Quit), Some(Command::Quit));
}

#[test]
fn notices_say_what_was_done_and_go_away() {
    let mut state = state();
    state.on_client(ClientEvent::Cancelled { accepted: 3, refused: vec![] });
    assert_eq!(state.notice.as_ref().map(|notice| notice.text.as_str()), Some("3 tasks cancelled"));
    state.advance(at(5));
    assert!(state.notice.is_some());
    state.advance(at(7));
    assert!(state.notice.is_none());
    let refused = vec![(task(1).id, "the task has ended".to_owned())];
    state.on_client(ClientEvent::Cancelled { accepted: 0, refused });
    assert_eq!(state.notice.map(|notice| notice.text).as_deref(), Some("not cancelled: the task has ended"));
}
