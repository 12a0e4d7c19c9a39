//! The one table of keys: handling, the help and the hints at the foot of the screen are all made from it.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What takes the keys now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// The overview.
    Overview,
    /// The list of tasks.
    Tasks,
    /// One task.
    Task,
    /// The help over a view.
    Help,
    /// The line in which the filter is written.
    Filter,
    /// The question whether tasks shall be cancelled.
    Cancel,
}

/// What a key makes the console do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Leave the console.
    Quit,
    /// Go back, or close what lies over the view.
    Back,
    /// Show the keys.
    Help,
    /// Show the overview.
    ShowOverview,
    /// Show the tasks.
    ShowTasks,
    /// Show the other of the two.
    SwitchView,
    /// Show the selected task.
    Open,
    /// One line up.
    Up,
    /// One line down.
    Down,
    /// One screen up.
    PageUp,
    /// One screen down.
    PageDown,
    /// To the first line.
    First,
    /// To the last line.
    Last,
    /// Write a filter.
    Filter,
    /// List in the next order.
    Sort,
    /// Turn the order round.
    Reverse,
    /// Mark the selected task.
    Mark,
    /// Mark all tasks of the list.
    MarkAll,
    /// Take all marks away.
    ClearMarks,
    /// Ask whether to cancel it, or all marked.
    Cancel,
    /// Hold the picture still, or let it go on.
    Freeze,
    /// Connect now.
    Reconnect,
    /// Yes, do it.
    Confirm,
    /// Write a character.
    Type(char),
    /// Take the last character away.
    Erase,
    /// Take all characters away.
    EraseAll,
    /// Keep what was written.
    Accept,
}

/// A key with what is held with it. Shift is not told apart: it is in the character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key(pub KeyCode, pub KeyModifiers);

/// Keys and what they do.
#[derive(Debug)]
pub struct Binding {
    /// Any of these.
    pub keys: &'static [Key],
    /// What they do.
    pub action: Action,
    /// What they do, in words for the help.
    pub help: &'static str,
    /// One word for the foot of the screen, if it is worth its place there.
    pub hint: Option<&'static str>,
    /// Whether it changes something in the daemon: not there with `--readonly`.
    pub writes: bool,
}

/// Keys that belong together.
#[derive(Debug)]
pub struct Group {
    /// What they are for.
    pub title: &'static str,
    /// Where they work.
    pub contexts: &'static [Context],
    /// The keys.
    pub bindings: &'static [Binding],
}

const fn key(code: KeyCode) -> Key {
    Key(code, KeyModifiers::NONE)
}

const fn char(c: char) -> Key {
    key(KeyCode::Char(c))
}

const fn ctrl(c: char) -> Key {
    Key(KeyCode::Char(c), KeyModifiers::CONTROL)
}

const fn bind(keys: &'static [Key], action: Action, help: &'static str) -> Binding {
    Binding { keys, action, help, hint: None, writes: false }
}

impl Binding {
    const fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    const fn writes(self) -> Self {
        Self { writes: true, ..self }
    }
}

/// The table, in the order of the help. No key means two things in one context, so that the order decides nothing else.
pub const TABLE: &[Group] = &[
    Group {
        title: "Tasks",
        contexts: &[Context::Tasks],
        bindings: &[
            bind(&[key(KeyCode::Enter), key(KeyCode::Right), char('l')], Action::Open, "open the task").hint("open"),
            bind(&[char('/')], Action::Filter, "filter the list").hint("filter"),
            bind(&[char('s')], Action::Sort, "list in the next order").hint("sort"),
            bind(&[char('S')], Action::Reverse, "turn the order round"),
            bind(&[char(' ')], Action::Mark, "mark it, or unmark it").hint("mark").writes(),
            bind(&[char('a')], Action::MarkAll, "mark all that are listed").writes(),
            bind(&[char('u')], Action::ClearMarks, "take all marks away").writes(),
        ],
    },
    Group {
        title: "Moving",
        contexts: &[Context::Tasks, Context::Task],
        bindings: &[
            bind(&[key(KeyCode::Up), char('k')], Action::Up, "one line up"),
            bind(&[key(KeyCode::Down), char('j')], Action::Down, "one line down"),
            bind(&[key(KeyCode::PageUp), ctrl('b')], Action::PageUp, "one screen up"),
            bind(&[key(KeyCode::PageDown), ctrl('f')], Action::PageDown, "one screen down"),
            bind(&[key(KeyCode::Home), char('g')], Action::First, "to the first line"),
            bind(&[key(KeyCode::End), char('G')], Action::Last, "to the last line"),
        ],
    },
    Group {
        title: "Steering",
        contexts: &[Context::Tasks, Context::Task],
        bindings: &[bind(&[char('c')], Action::Cancel, "cancel it, or all marked").hint("cancel").writes()],
    },
    Group {
        title: "Everywhere",
        contexts: &[Context::Overview, Context::Tasks, Context::Task],
        bindings: &[
            bind(&[char('1')], Action::ShowOverview, "overview"),
            bind(&[char('2')], Action::ShowTasks, "tasks"),
            bind(&[key(KeyCode::Tab)], Action::SwitchView, "the other of the two").hint("view"),
            bind(&[key(KeyCode::Esc), key(KeyCode::Left), char('h')], Action::Back, "back, or drop the filter"),
            bind(&[char('f')], Action::Freeze, "hold the picture still").hint("freeze"),
            bind(&[char('r')], Action::Reconnect, "connect now"),
            bind(&[char('?')], Action::Help, "these keys").hint("help"),
            bind(&[char('q')], Action::Quit, "leave").hint("quit"),
        ],
    },
    Group {
        title: "Cancelling",
        contexts: &[Context::Cancel],
        bindings: &[
            bind(&[char('y')], Action::Confirm, "cancel the tasks named").hint("cancel"),
            bind(&[char('n'), key(KeyCode::Esc), char('q')], Action::Back, "leave them alone").hint("leave"),
        ],
    },
    Group {
        title: "Filter",
        contexts: &[Context::Filter],
        bindings: &[
            bind(&[key(KeyCode::Enter)], Action::Accept, "keep the filter").hint("keep"),
            bind(&[key(KeyCode::Esc)], Action::Back, "back to the one before").hint("drop"),
            bind(&[key(KeyCode::Backspace)], Action::Erase, "take a character away"),
            bind(&[ctrl('u')], Action::EraseAll, "take all away").hint("empty"),
        ],
    },
    Group {
        title: "Help",
        contexts: &[Context::Help],
        bindings: &[bind(&[key(KeyCode::Esc), char('?'), char('q')], Action::Back, "close the help").hint("close")],
    },
    Group {
        title: "Always",
        contexts: &[Context::Overview, Context::Tasks, Context::Task, Context::Help, Context::Filter, Context::Cancel],
        bindings: &[bind(&[ctrl('c')], Action::Quit, "leave at once")],
    },
];

/// The keys that work in a context, in the order of the table.
pub fn bindings(context: Context, readonly: bool) -> impl Iterator<Item = &'static Binding> {
    let groups = TABLE.iter().filter(move |group| group.contexts.contains(&context));
    groups.flat_map(|group| group.bindings).filter(move |binding| !(readonly && binding.writes))
}

/// What a key does in a context; none if nothing.
#[must_use]
pub fn action(context: Context, event: KeyEvent) -> Option<Action> {
    let pressed = Key(event.code, event.modifiers - KeyModifiers::SHIFT);
    let bound = bindings(context, false).find(|binding| binding.keys.contains(&pressed));
    match (bound, context, pressed) {
        (Some(binding), ..) => Some(binding.action),
        (None, Context::Filter, Key(KeyCode::Char(c), KeyModifiers::NONE)) => Some(Action::Type(c)),
        _ => None,
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.1.contains(KeyModifiers::CONTROL) {
            f.write_str("^")?;
        }
        match self.0 {
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::Char(c) if self.1.contains(KeyModifiers::CONTROL) => write!(f, "{}", c.to_ascii_uppercase()),
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::Up => f.write_str("↑"),
            KeyCode::Down => f.write_str("↓"),
            KeyCode::Left => f.write_str("←"),
            KeyCode::Right => f.write_str("→"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            other => write!(f, "{other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTEXTS: [Context; 6] =
        [Context::Overview, Context::Tasks, Context::Task, Context::Help, Context::Filter, Context::Cancel];

    #[test]
    fn no_key_means_two_things_in_one_context() {
        for context in CONTEXTS {
            let keys: Vec<Key> = bindings(context, false).flat_map(|binding| binding.keys).copied().collect();
            for (at, key) in keys.iter().enumerate() {
                assert!(!keys[at + 1..].contains(key), "`{key}` twice in {context:?}");
            }
        }
    }

    #[test]
    fn every_context_can_be_left() {
        for context in CONTEXTS {
            let pressed = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
            assert_eq!(action(context, pressed), Some(Action::Quit), "{context:?}");
            assert!(bindings(context, false).any(|binding| binding.action == Action::Back), "{context:?}");
        }
    }

    #[test]
    fn letters_are_text_in_the_filter_and_commands_elsewhere() {
        let q = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE);
        assert_eq!(action(Context::Filter, q), Some(Action::Type('q')));
        assert_eq!(action(Context::Tasks, q), Some(Action::Quit));
        let s = KeyEvent::new(KeyCode::Char('S'), KeyModifiers::SHIFT);
        assert_eq!(action(Context::Tasks, s), Some(Action::Reverse));
        assert_eq!(action(Context::Filter, s), Some(Action::Type('S')));
    }

    #[test]
    fn nothing_that_writes_is_offered_read_only() {
        for context in CONTEXTS {
            assert!(bindings(context, true).all(|binding| !binding.writes));
        }
        assert!(bindings(Context::Tasks, false).any(|binding| binding.writes));
    }

    #[test]
    fn keys_are_named_as_on_the_keyboard() {
        let names: Vec<String> =
            [char(' '), ctrl('u'), key(KeyCode::Enter), key(KeyCode::Esc), char('G'), key(KeyCode::Tab)]
                .iter()
                .map(ToString::to_string)
                .collect();
        assert_eq!(names, ["Space", "^U", "Enter", "Esc", "G", "Tab"]);
    }
}
