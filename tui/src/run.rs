//! The loop of the console: waits for whatever happens next, changes the state, draws it.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use anyhow::{Context as _, bail};
use chrono::{Local, Offset as _, Utc};
use crossterm::event::EventStream;
use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use futures_util::StreamExt as _;
use ratatui::DefaultTerminal;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::Receiver;
use tokio::time::{MissedTickBehavior, interval};

use crate::args::Args;
use crate::client::{Client, Transport};
use crate::event::{ClientEvent, Event};
use crate::state::{Command, Settings, State};
use crate::{keys, report, ui};

/// The shortest time from one picture to the next: however fast tasks change, the terminal is not flooded.
const PICTURE: Duration = Duration::from_millis(50);
/// Ages and waits are counted in seconds.
const TICK: Duration = Duration::from_secs(1);

/// Does what the command line asks for.
///
/// # Errors
/// If the daemon can't be found, the terminal fails, or the one answer asked for does not come.
pub async fn run(args: &Args) -> anyhow::Result<()> {
    let (target, credentials) = args.target()?;
    let settings = Settings {
        target: target.to_string(),
        readonly: args.readonly,
        color: std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        zone: Local::now().offset().fix(),
    };
    let transport = Transport::new(target, credentials).context("TLS can't be set up")?;
    if args.once {
        return report::print(&transport.overview().await?, args.json);
    }
    if !io::stdout().is_terminal() {
        bail!("the console needs a terminal: `d2d-tui --once` prints an overview without one");
    }
    let signals = Signals::new()?;
    // From here on a panic, too, gives the terminal back before it says anything.
    let result = match ratatui::try_init() {
        Ok(terminal) => watch(terminal, State::new(settings, Utc::now()), transport, signals).await,
        Err(error) => Err(error).context("the terminal can't be used"),
    };
    ratatui::restore();
    result
}

/// Watches the daemon until the operator leaves.
async fn watch(
    mut terminal: DefaultTerminal,
    mut state: State,
    transport: Transport,
    mut signals: Signals,
) -> anyhow::Result<()> {
    let (client, mut news) = Client::start(transport);
    let mut input = EventStream::new();
    let mut tick = interval(TICK);
    let mut picture = interval(PICTURE);
    picture.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut changed = true;
    loop {
        let event = tokio::select! {
            _ = picture.tick(), if changed => {
                draw(&mut terminal, &mut state)?;
                changed = false;
                continue;
            }
            input = input.next() => input.context("the terminal is gone")?.map(|event| Event::of_terminal(&event))?,
            event = next(&mut news) => Some(Event::Client(event?)),
            _ = tick.tick() => Some(Event::Tick),
            () = signals.stop() => return Ok(()),
        };
        state.advance(Utc::now());
        let command = event.and_then(|event| apply(&mut state, event));
        changed = true;
        match command {
            Some(Command::Quit) => return Ok(()),
            Some(Command::Reconnect) => client.reconnect(),
            Some(Command::Cancel(tasks)) => client.cancel(tasks),
            None => {}
        }
    }
}

async fn next(news: &mut Receiver<ClientEvent>) -> anyhow::Result<ClientEvent> {
    news.recv().await.context("the connection to the daemon is no longer kept: this is a fault of the console")
}

fn apply(state: &mut State, event: Event) -> Option<Command> {
    match event {
        Event::Key(key) => keys::action(state.context(), key).and_then(|action| state.on_action(action)),
        Event::Client(event) => {
            state.on_client(event);
            None
        }
        Event::Resized | Event::Tick => None,
    }
}

/// Draws the state in one go, so that no half picture is seen.
fn draw(terminal: &mut DefaultTerminal, state: &mut State) -> io::Result<()> {
    state.list.set_height(ui::task_lines(terminal.size()?));
    queue!(io::stdout(), BeginSynchronizedUpdate)?;
    terminal.draw(|frame| ui::draw(frame, state))?;
    crossterm::execute!(io::stdout(), EndSynchronizedUpdate)
}

/// The signals that end the console, with the terminal given back.
struct Signals([Signal; 3]);

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self([signal(SignalKind::terminate())?, signal(SignalKind::hangup())?, signal(SignalKind::interrupt())?]))
    }

    async fn stop(&mut self) {
        let [terminate, hangup, interrupt] = &mut self.0;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}
