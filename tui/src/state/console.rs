//! The state of the console as a whole: takes in events and actions, answers with what is to be done outside.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use d2d_api::{OpsFrame, OpsTask, TaskId};

use super::{Link, LinkStatus, Model, Notice, NoticeKind, Prompt, TaskList, View};
use crate::event::ClientEvent;
use crate::keys::{Action, Context};

/// What stays the same while the console runs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The daemon, as the operator named it.
    pub target: String,
    /// Whether nothing may be changed.
    pub readonly: bool,
    /// Whether colours are wanted.
    pub color: bool,
    /// The zone that times are shown in.
    pub zone: FixedOffset,
}

/// The picture held still.
#[derive(Debug, Clone)]
pub struct Frozen {
    /// What was known then.
    pub model: Model,
    /// When, by the daemon's clock.
    pub at: DateTime<Utc>,
    /// How many changes came since.
    pub changes: usize,
}

/// What is to be done outside the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Leave the console.
    Quit,
    /// Connect now instead of waiting.
    Reconnect,
    /// Ask the daemon to cancel these tasks.
    Cancel(Vec<TaskId>),
}

/// Everything the console knows and shows.
#[derive(Debug, Clone)]
pub struct State {
    /// What stays the same.
    pub settings: Settings,
    /// The time here.
    pub now: DateTime<Utc>,
    /// The connection.
    pub link: Link,
    /// The picture held still, if it is.
    pub frozen: Option<Frozen>,
    /// What lies over the view.
    pub prompt: Option<Prompt>,
    /// The list of tasks.
    pub list: TaskList,
    /// The first file in sight in the view of one task.
    pub first_file: usize,
    /// What was to be said lately.
    pub notice: Option<Notice>,
    live: Model,
    /// How far the daemon's clock is ahead of ours.
    clock_ahead: TimeDelta,
    /// Views under the current one, and it as the last.
    views: Vec<View>,
}

impl State {
    /// A console that has heard nothing yet.
    #[must_use]
    pub fn new(settings: Settings, now: DateTime<Utc>) -> Self {
        Self {
            settings,
            now,
            link: Link::default(),
            frozen: None,
            prompt: None,
            list: TaskList::default(),
            first_file: 0,
            notice: None,
            live: Model::default(),
            clock_ahead: TimeDelta::zero(),
            views: vec![View::Overview],
        }
    }

    /// What is shown: the daemon's last word, or the picture held still.
    #[must_use]
    pub fn model(&self) -> &Model {
        self.frozen.as_ref().map_or(&self.live, |frozen| &frozen.model)
    }

    /// The time that ages are counted to, by the daemon's clock.
    #[must_use]
    pub fn daemon_time(&self) -> DateTime<Utc> {
        self.frozen.as_ref().map_or(self.now + self.clock_ahead, |frozen| frozen.at)
    }

    /// The current view.
    #[must_use]
    pub fn view(&self) -> View {
        self.views.last().copied().unwrap_or(View::Overview)
    }

    /// What takes the keys now.
    #[must_use]
    pub fn context(&self) -> Context {
        match (&self.prompt, self.view()) {
            (Some(Prompt::Help), _) => Context::Help,
            (Some(Prompt::Filter { .. }), _) => Context::Filter,
            (Some(Prompt::Cancel { .. }), _) => Context::Cancel,
            (None, View::Overview) => Context::Overview,
            (None, View::Tasks) => Context::Tasks,
            (None, View::Task(_)) => Context::Task,
        }
    }

    /// The time goes on.
    pub fn advance(&mut self, now: DateTime<Utc>) {
        self.now = now;
        self.notice.take_if(|notice| notice.until <= now);
    }

    /// The connection has news.
    pub fn on_client(&mut self, event: ClientEvent) {
        match event {
            ClientEvent::Connecting => self.link.connecting(),
            ClientEvent::Connected => self.link.connected(),
            ClientEvent::Frame(frame) => self.on_frame(*frame),
            ClientEvent::Disconnected { reason, retry_in } => {
                self.link.disconnected(reason, self.now + delta(retry_in));
            }
            ClientEvent::Cancelled { accepted, refused } => self.on_cancelled(accepted, &refused),
        }
    }

    /// The operator wants something.
    pub fn on_action(&mut self, action: Action) -> Option<Command> {
        match action {
            Action::Quit => return Some(Command::Quit),
            Action::Reconnect => return self.reconnect(),
            Action::Confirm => return self.confirm(),
            Action::Back => self.back(),
            Action::Help => self.prompt = Some(Prompt::Help),
            Action::ShowOverview => self.views = vec![View::Overview],
            Action::ShowTasks => self.views = vec![View::Tasks],
            Action::SwitchView => {
                self.views = vec![if self.view() == View::Overview { View::Tasks } else { View::Overview }];
            }
            Action::Open => self.open(),
            Action::Up => self.scroll(-1),
            Action::Down => self.scroll(1),
            Action::PageUp => self.page(false),
            Action::PageDown => self.page(true),
            Action::First => self.jump(0),
            Action::Last => self.jump(usize::MAX),
            Action::Filter => self.prompt = Some(Prompt::Filter { before: self.list.filter.clone() }),
            Action::Type(c) => self.edit_filter(|filter| filter.push(c)),
            Action::Erase => self.edit_filter(|filter| {
                filter.pop();
            }),
            Action::EraseAll => self.edit_filter(String::clear),
            Action::Accept => self.prompt = None,
            Action::Sort => self.sort(false),
            Action::Reverse => self.sort(true),
            Action::Mark | Action::MarkAll | Action::ClearMarks => self.mark(action),
            Action::Cancel => self.ask_to_cancel(),
            Action::Freeze => self.freeze(),
        }
        None
    }

    fn on_frame(&mut self, frame: OpsFrame) {
        self.link.last_frame_at = Some(self.now);
        self.clock_ahead = frame.time - self.now;
        let changes = self.live.apply(frame);
        if let Some(frozen) = &mut self.frozen {
            frozen.changes += changes;
        } else {
            self.refresh();
        }
    }

    fn on_cancelled(&mut self, accepted: usize, refused: &[(TaskId, String)]) {
        let asked = accepted + refused.len();
        let (kind, text) = match refused {
            [] if accepted == 1 => (NoticeKind::Done, "1 task cancelled".to_owned()),
            [] => (NoticeKind::Done, format!("{accepted} tasks cancelled")),
            [(_, reason)] if asked == 1 => (NoticeKind::Failed, format!("not cancelled: {reason}")),
            [(id, reason), ..] => {
                (NoticeKind::Failed, format!("{accepted} of {asked} tasks cancelled; {id}: {reason}"))
            }
        };
        self.notify(kind, text);
    }

    fn reconnect(&mut self) -> Option<Command> {
        if self.link.status == LinkStatus::Connected {
            self.notify(NoticeKind::Done, "connected already");
            return None;
        }
        Some(Command::Reconnect)
    }

    fn back(&mut self) {
        match self.prompt.take() {
            Some(Prompt::Filter { before }) => self.edit_filter(|filter| *filter = before),
            None if self.views.len() > 1 => drop(self.views.pop()),
            None if self.view() == View::Tasks => self.edit_filter(String::clear),
            Some(Prompt::Help | Prompt::Cancel { .. }) | None => {}
        }
    }

    fn open(&mut self) {
        if let Some(id) = self.list.selected() {
            self.list.move_by(0); // what was opened is chosen
            self.first_file = 0;
            self.views.push(View::Task(id));
        }
    }

    fn scroll(&mut self, lines: isize) {
        match self.view() {
            View::Overview => {}
            View::Tasks => self.list.move_by(lines),
            View::Task(_) => self.jump(self.first_file.saturating_add_signed(lines)),
        }
    }

    fn page(&mut self, down: bool) {
        match self.view() {
            View::Overview => {}
            View::Tasks => self.list.page(down),
            View::Task(_) => self.scroll(if down { 10 } else { -10 }),
        }
    }

    fn jump(&mut self, line: usize) {
        match self.view() {
            View::Overview => {}
            View::Tasks => self.list.select(line),
            View::Task(id) => {
                let files = self.model().tasks.get(&id).map_or(0, |task| task.files.len());
                self.first_file = line.min(files.saturating_sub(1));
            }
        }
    }

    fn edit_filter(&mut self, edit: impl FnOnce(&mut String)) {
        edit(&mut self.list.filter);
        self.refresh();
    }

    fn sort(&mut self, turn: bool) {
        if turn {
            self.list.reversed = !self.list.reversed;
        } else {
            self.list.sort = self.list.sort.next();
            self.list.reversed = false;
        }
        self.refresh();
    }

    fn mark(&mut self, action: Action) {
        if self.refuse_readonly() {
            return;
        }
        match action {
            Action::Mark => self.list.toggle_mark(),
            Action::MarkAll => self.list.mark_all(),
            _ => self.list.marks.clear(),
        }
    }

    fn ask_to_cancel(&mut self) {
        if self.refuse_readonly() {
            return;
        }
        let wanted: Vec<TaskId> = match self.view() {
            View::Task(id) => vec![id],
            View::Tasks if !self.list.marks.is_empty() => self.list.marks.iter().copied().collect(),
            _ => self.list.selected().into_iter().collect(),
        };
        let is_live = |id: &TaskId| self.live.tasks.get(id).is_some_and(|task| !task.status.is_terminal());
        let (tasks, ended): (Vec<_>, Vec<_>) = wanted.into_iter().partition(is_live);
        match (tasks.is_empty(), ended.len()) {
            (true, 0) => {}
            (true, 1) => self.notify(NoticeKind::Refused, "the task has ended: nothing to cancel"),
            (true, _) => self.notify(NoticeKind::Refused, "all marked tasks have ended: nothing to cancel"),
            (false, ended) => self.prompt = Some(Prompt::Cancel { tasks, ended }),
        }
    }

    fn confirm(&mut self) -> Option<Command> {
        let Some(Prompt::Cancel { tasks, .. }) = self.prompt.take() else { return None };
        for id in &tasks {
            self.list.marks.remove(id);
        }
        Some(Command::Cancel(tasks))
    }

    fn freeze(&mut self) {
        let at = self.daemon_time();
        self.frozen = match self.frozen.take() {
            None => Some(Frozen { model: self.live.clone(), at, changes: 0 }),
            Some(_) => None,
        };
        self.refresh();
    }

    fn refuse_readonly(&mut self) -> bool {
        if self.settings.readonly {
            self.notify(NoticeKind::Refused, "this console only watches: start it without --readonly to steer");
        }
        self.settings.readonly
    }

    fn notify(&mut self, kind: NoticeKind, text: impl Into<String>) {
        self.notice = Some(Notice::new(kind, text, self.now));
    }

    fn refresh(&mut self) {
        let model = self.frozen.as_ref().map_or(&self.live, |frozen| &frozen.model);
        self.list.refresh(&model.tasks);
    }

    /// The task of an identifier, if it is still known.
    #[must_use]
    pub fn task(&self, id: TaskId) -> Option<&OpsTask> {
        self.model().tasks.get(&id)
    }
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}
