//! The Webhooks actor: sends the messages about ended tasks that the store keeps for it.
//!
//! Receives word that a task has ended, ticks of its timer (messages are due again, and other nodes die), which
//! deliveries are over, and the order to drain. Claims due messages under a lease of this node, a bounded number at once and few to one host, and
//! sends each beside itself (in `sending`), so that it always listens.
//!
//! It has no child actors. When it dies its deliveries end with it and Root restarts it; it begins by giving back what
//! this node had claimed. A message whose outcome was not kept is sent again, under the same id. A store that does not
//! answer is waited for: the next tick tries again.

use std::collections::HashMap;
use std::time::Duration;

use d2d_config::WebhooksConfig;
use d2d_store::{Attempt, DueMessage, Message, Store, StoreError};
use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort, SupervisionEvent};
use tokio::task::JoinSet;

use super::delivery::{Verdict, deliver};
use super::schedule;
use crate::outbound::Outbound;
use crate::retention::Retention;

/// How often to look for messages that nobody told of.
const TICK: Duration = Duration::from_secs(2);
/// How many messages are sent to one host at once.
const MOST_PER_HOST: usize = 2;
/// How much longer a message is claimed than a receiver may take.
const SPARE: Duration = Duration::from_secs(15);

pub(crate) struct Webhooks;

/// What it is told.
#[derive(Debug)]
pub(crate) enum WebhooksMsg {
    /// A task has ended that somebody wants to know of: have a look.
    Wake,
    /// Time to have a look anyway.
    Tick,
    /// A message to this host was sent, or not: there is room for another.
    Over(String),
    /// Begin to send nothing more; answer when nothing is being sent any more, at the latest after the deadline.
    Drain(Duration, RpcReplyPort<()>),
    /// The deadline of the drain has passed.
    DrainDeadline,
    /// Answer, to show that messages are handled.
    Ping(RpcReplyPort<()>),
}

#[derive(Clone)]
pub(crate) struct WebhooksArgs {
    pub(crate) store: Store,
    pub(crate) outbound: Outbound,
    pub(crate) config: WebhooksConfig,
    pub(crate) retention: Retention,
    /// The name of this node.
    pub(crate) node: String,
}

pub(crate) struct WebhooksState {
    args: WebhooksArgs,
    me: ActorRef<WebhooksMsg>,
    sending: JoinSet<()>,
    /// How many messages are on their way to each host.
    hosts: HashMap<String, usize>,
    /// Whether nothing more is sent.
    draining: bool,
    /// Who waits for the drain to end.
    drained: Option<RpcReplyPort<()>>,
}

/// Tells the actor when a delivery is over, however it ends.
struct OnItsWay {
    host: String,
    me: ActorRef<WebhooksMsg>,
}

impl Drop for OnItsWay {
    fn drop(&mut self) {
        // An actor that is gone does not count any more.
        let _ = self.me.cast(WebhooksMsg::Over(std::mem::take(&mut self.host)));
    }
}

impl Actor for Webhooks {
    type Msg = WebhooksMsg;
    type State = WebhooksState;
    type Arguments = WebhooksArgs;

    async fn pre_start(
        &self,
        myself: ActorRef<Self::Msg>,
        args: Self::Arguments,
    ) -> Result<Self::State, ActorProcessingErr> {
        args.store.release_messages(&args.node).await?;
        drop(myself.send_interval(TICK, || WebhooksMsg::Tick));
        myself.cast(WebhooksMsg::Tick)?;
        let (sending, hosts) = (JoinSet::new(), HashMap::new());
        Ok(WebhooksState { args, me: myself, sending, hosts, draining: false, drained: None })
    }

    async fn handle(
        &self,
        myself: ActorRef<Self::Msg>,
        message: Self::Msg,
        state: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            WebhooksMsg::Wake | WebhooksMsg::Tick => state.look().await,
            WebhooksMsg::Over(host) => {
                state.over(&host);
                state.look().await;
            }
            WebhooksMsg::Drain(deadline, reply) => {
                (state.draining, state.drained) = (true, Some(reply));
                state.answer_drained();
                drop(myself.send_after(deadline, || WebhooksMsg::DrainDeadline));
            }
            WebhooksMsg::DrainDeadline => state.give_back().await,
            WebhooksMsg::Ping(reply) => drop(reply.send(())),
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<Self::Msg>,
        _: SupervisionEvent,
        _: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        Ok(())
    }
}

impl WebhooksState {
    async fn look(&mut self) {
        if self.draining {
            return;
        }
        if let Err(error) = self.claim_due().await {
            tracing::warn!(%error, "the messages that are due could not be read; will try again");
        }
    }

    /// Begins to send what is due, as far as there is room.
    async fn claim_due(&mut self) -> Result<(), StoreError> {
        loop {
            let room = self.room();
            if room == 0 {
                return Ok(());
            }
            let due = self.args.store.due_messages(&self.busy(), room).await?;
            if due.is_empty() {
                return Ok(());
            }
            for DueMessage { key, host } in due {
                if self.is_busy(&host) {
                    continue;
                }
                // Another node may have been faster: then there is nothing to send.
                let ttl = self.args.config.timeout + SPARE;
                if let Some(message) = self.args.store.claim_message(key, &self.args.node, ttl).await? {
                    self.send(host, message);
                }
            }
        }
    }

    fn send(&mut self, host: String, mut message: Message) {
        self.args.retention.fill_ended(&mut message.task, message.keep);
        *self.hosts.entry(host.clone()).or_default() += 1;
        let (args, on_its_way) = (self.args.clone(), OnItsWay { host, me: self.me.clone() });
        self.sending.spawn(async move {
            Box::pin(send(&args, &message)).await;
            drop(on_its_way);
        });
    }

    fn over(&mut self, host: &str) {
        while self.sending.try_join_next().is_some() {}
        if let Some(count) = self.hosts.get_mut(host) {
            *count = count.saturating_sub(1);
        }
        self.hosts.retain(|_, count| *count > 0);
        self.answer_drained();
    }

    /// Gives up what is being sent, and lets others send it.
    async fn give_back(&mut self) {
        self.sending.shutdown().await;
        if let Err(error) = self.args.store.release_messages(&self.args.node).await {
            tracing::warn!(%error, "messages can't be given back; their leases run out");
        }
        self.hosts.clear();
        self.answer_drained();
    }

    fn answer_drained(&mut self) {
        if self.hosts.is_empty()
            && let Some(reply) = self.drained.take()
        {
            drop(reply.send(()));
        }
    }

    fn room(&self) -> usize {
        self.args.config.parallel.saturating_sub(self.hosts.values().sum())
    }

    fn is_busy(&self, host: &str) -> bool {
        self.hosts.get(host).is_some_and(|count| *count >= MOST_PER_HOST)
    }

    fn busy(&self) -> Vec<String> {
        self.hosts.keys().filter(|host| self.is_busy(host)).cloned().collect()
    }
}

/// Sends a message and keeps what came of it.
async fn send(args: &WebhooksArgs, message: &Message) {
    let verdict = deliver(&args.outbound, message, args.config.timeout).await;
    let (task, attempt) = (message.key.task, message.attempts + 1);
    let outcome = outcome(verdict, attempt, args.config.attempts);
    match &outcome {
        Attempt::Delivered => tracing::info!(task.id = %task, attempt, "webhook delivered"),
        Attempt::Failed { error, again_in: Some(wait) } => {
            tracing::info!(task.id = %task, attempt, error, again_in_ms = wait.as_millis(), "webhook not delivered");
        }
        Attempt::Failed { error, again_in: None } => {
            tracing::warn!(task.id = %task, attempt, error, "webhook given up");
        }
    }
    match args.store.settle_message(message, &outcome).await {
        Ok(true) => {}
        Ok(false) => tracing::debug!(task.id = %task, "a message was taken over, or removed with its task"),
        Err(error) => {
            tracing::warn!(task.id = %task, %error, "what came of a webhook could not be kept: it is sent again");
        }
    }
}

/// What the store keeps of the attempt of this number, of at most `most`.
fn outcome(verdict: Verdict, attempt: u32, most: u32) -> Attempt {
    match verdict {
        Verdict::Taken => Attempt::Delivered,
        Verdict::Gone => {
            Attempt::Failed { error: "it answered 410 Gone: it wants no more messages".to_owned(), again_in: None }
        }
        Verdict::NotTaken { error, .. } if attempt >= most => Attempt::Failed { error, again_in: None },
        Verdict::NotTaken { error, asked } => {
            Attempt::Failed { error, again_in: Some(schedule::wait(attempt, asked, fastrand::f64())) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_attempt_is_the_last() {
        let not_taken = || Verdict::NotTaken { error: "no".to_owned(), asked: None };
        assert!(matches!(outcome(not_taken(), 2, 3), Attempt::Failed { again_in: Some(_), .. }));
        assert!(matches!(outcome(not_taken(), 3, 3), Attempt::Failed { again_in: None, .. }));
        assert!(matches!(outcome(Verdict::Gone, 1, 3), Attempt::Failed { again_in: None, .. }));
        assert_eq!(outcome(Verdict::Taken, 3, 3), Attempt::Delivered);
    }
}
