//! Pictures of the console, and that it draws whatever the size.

use std::time::Duration;

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Size;
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr as _;

use super::{draw, task_lines};
use crate::event::ClientEvent;
use crate::keys::Action;
use crate::state::State;
use crate::testing::{busy_state, later, overview_frame, snapshot, state};

const NARROW: (u16, u16) = (80, 24);
const WIDE: (u16, u16) = (160, 50);

fn picture(state: &mut State, (width, height): (u16, u16)) -> Buffer {
    state.list.set_height(task_lines(Size { width, height }));
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, state)).unwrap();
    terminal.backend().buffer().clone()
}

fn text(buffer: &Buffer) -> String {
    let rows = buffer.area.rows().map(|row| {
        let mut line = String::new();
        let mut x = row.left();
        while x < row.right() {
            let symbol = buffer[(x, row.y)].symbol();
            line.push_str(symbol);
            x += u16::try_from(symbol.width().max(1)).unwrap();
        }
        line.trim_end().to_owned()
    });
    rows.collect::<Vec<_>>().join("\n")
}

/// A picture of `state` after `actions`, as text.
fn shown(mut state: State, actions: &[Action], size: (u16, u16)) -> String {
    for action in actions {
        state.on_action(*action);
    }
    text(&picture(&mut state, size))
}

#[test]
fn overview() {
    insta::assert_snapshot!("overview_narrow", shown(busy_state(), &[], NARROW));
    insta::assert_snapshot!("overview_wide", shown(busy_state(), &[], WIDE));
}

#[test]
fn tasks() {
    insta::assert_snapshot!(
        "tasks_narrow",
        shown(busy_state(), &[Action::ShowTasks, Action::Down, Action::Mark], NARROW)
    );
    insta::assert_snapshot!("tasks_wide", shown(busy_state(), &[Action::ShowTasks, Action::Down, Action::Mark], WIDE));
}

#[test]
fn detail() {
    let running = [Action::ShowTasks, Action::Down, Action::Open];
    insta::assert_snapshot!("detail_narrow", shown(busy_state(), &running, NARROW));
    insta::assert_snapshot!("detail_wide", shown(busy_state(), &running, WIDE));
    let mut failed = busy_state();
    failed.list.filter = "failure".into();
    let actions = [Action::ShowTasks, Action::Filter, Action::Accept, Action::Sort, Action::Open];
    insta::assert_snapshot!("detail_failed", shown(failed, &actions, NARROW));
}

#[test]
fn help() {
    let narrow = shown(busy_state(), &[Action::Help], NARROW);
    assert!(!narrow.contains("hold the picture…"), "the help is cut off");
    insta::assert_snapshot!("help_narrow", narrow);
    insta::assert_snapshot!("help_wide", shown(busy_state(), &[Action::ShowTasks, Action::Help], WIDE));
}

#[test]
fn confirmation() {
    let one = [Action::ShowTasks, Action::Down, Action::Cancel];
    insta::assert_snapshot!("confirm_one", shown(busy_state(), &one, NARROW));
    let all = [Action::ShowTasks, Action::MarkAll, Action::Cancel];
    insta::assert_snapshot!("confirm_marked", shown(busy_state(), &all, NARROW));
}

#[test]
fn empty_states_say_what_to_do() {
    let mut lonely = state();
    assert!(shown(lonely.clone(), &[], NARROW).contains("connecting to /run/d2d.sock"));
    let reason = "no daemon listens on /run/d2d.sock: start one with `d2d serve`";
    lonely.on_client(ClientEvent::Disconnected { reason: reason.into(), retry_in: Duration::from_secs(4) });
    let told = shown(lonely, &[], NARROW);
    assert!(told.contains(reason) && told.contains("trying again in 4 s"), "{told}");

    let mut idle = state();
    idle.on_client(ClientEvent::Connected);
    idle.on_client(ClientEvent::Frame(Box::new(overview_frame(0, 0))));
    idle.on_client(ClientEvent::Frame(Box::new(snapshot(vec![]))));
    for view in [Action::ShowOverview, Action::ShowTasks] {
        assert!(shown(idle.clone(), &[view], NARROW).contains("no task yet: d2d convert FILE ..."));
    }
    let filtered = shown(busy_state(), &[Action::ShowTasks, Action::Filter, Action::Type('#')], NARROW);
    assert!(filtered.contains("no task has `#`: Esc drops the filter"), "{filtered}");
}

#[test]
fn staleness_is_seen() {
    assert!(shown(busy_state(), &[], NARROW).contains("● live"));
    assert!(shown(later(busy_state(), 7), &[], NARROW).contains("○ no data for 7 s"));
    let mut lost = busy_state();
    lost.on_client(ClientEvent::Disconnected {
        reason: "the connection broke".into(),
        retry_in: Duration::from_secs(9),
    });
    let lost = later(lost, 5);
    let told = shown(lost.clone(), &[], NARROW);
    assert!(told.contains("no data for 5 s, trying again in 4 s") && told.contains("the connection broke"), "{told}");
    let dimmed = picture(&mut lost.clone(), NARROW);
    assert!(dimmed[(10, 10)].modifier.contains(Modifier::DIM));
    assert!(shown(busy_state(), &[Action::Freeze], NARROW).contains("❚❚ frozen, 0 changes since"));
}

#[test]
fn colours_only_when_wanted() {
    let colours = |color| {
        let mut state = busy_state();
        state.settings.color = color;
        picture(&mut state, WIDE)
            .content
            .iter()
            .filter(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset)
            .count()
    };
    assert_eq!(colours(false), 0);
    assert!(colours(true) > 0);
}

#[test]
fn read_only_offers_nothing_that_writes() {
    let mut state = busy_state();
    state.settings.readonly = true;
    let told = shown(state, &[Action::ShowTasks], NARROW);
    assert!(told.contains("read-only") && !told.contains("c cancel"), "{told}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_size_is_drawn(width in 1_u16..200, height in 1_u16..60, small in any::<bool>()) {
        let size = if small { (width % 12 + 1, height % 6 + 1) } else { (width, height) };
        let paths: [&[Action]; 6] = [
            &[],
            &[Action::ShowTasks, Action::Last],
            &[Action::ShowTasks, Action::Down, Action::Open, Action::Last],
            &[Action::Help],
            &[Action::ShowTasks, Action::MarkAll, Action::Cancel],
            &[Action::ShowTasks, Action::Filter, Action::Type('日')],
        ];
        for actions in paths {
            let told = shown(later(busy_state(), 9), actions, size);
            prop_assert!(told.lines().all(|line| line.width() <= usize::from(size.0)));
        }
    }
}
