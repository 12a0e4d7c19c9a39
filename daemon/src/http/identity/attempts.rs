//! How many logins may fail: counted by account and source, by source, and by account.
//!
//! A source that guesses at one account is stopped first, and nobody else with it. One that guesses at many is stopped at
//! five times as many failures. Many sources that guess at one account together are stopped at twenty times as many; this
//! last bound does not hold for sources from which the account was logged in to before, so that nobody can shut others out
//! of their accounts. Names that nobody has are counted like others. Failures are forgotten one by one, as they get older
//! than the window, so that it is known exactly when the next login is let in.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hash};
use std::time::{Duration, Instant};

use super::address::Source;

/// How many times the failures of one account and source one source may have.
const SOURCE_FACTOR: usize = 5;
/// How many times the failures of one account and source one account may have.
const ACCOUNT_FACTOR: usize = 20;
/// How many accounts, sources and pairs of them are kept in mind at most; past that the stalest is forgotten.
const MOST_KEYS: usize = 16 << 10;

/// The failed logins that count.
pub(super) struct Attempts {
    /// Names are kept as hashes under a key of this process: strangers can send long ones.
    names: RandomState,
    pairs: Failures<(u64, Source)>,
    sources: Failures<Source>,
    accounts: Failures<u64>,
    /// Where accounts were logged in to from, and when last.
    known: HashMap<(u64, Source), Instant>,
}

impl Attempts {
    /// Lets `failures` logins fail within `window`.
    pub(super) fn new(failures: usize, window: Duration) -> Self {
        Self {
            names: RandomState::new(),
            pairs: Failures::new(failures, window),
            sources: Failures::new(failures * SOURCE_FACTOR, window),
            accounts: Failures::new(failures * ACCOUNT_FACTOR, window),
            known: HashMap::new(),
        }
    }

    /// How long a login has to wait, if it has to. To be asked before the password is checked.
    pub(super) fn wait(&self, name: &str, source: Source, now: Instant) -> Option<Duration> {
        let account = self.names.hash_one(name);
        let pair = (account, source);
        if self.known.contains_key(&pair) {
            return self.pairs.wait(&pair, now);
        }
        let waits = [self.pairs.wait(&pair, now), self.sources.wait(&source, now), self.accounts.wait(&account, now)];
        waits.into_iter().flatten().max()
    }

    /// Takes down how a login went. If by now it has to wait, because others failed while its password was checked,
    /// nothing is taken down, and nobody must learn how it went.
    pub(super) fn settle(&mut self, name: &str, source: Source, success: bool, now: Instant) -> Result<(), Duration> {
        if let Some(wait) = self.wait(name, source, now) {
            return Err(wait);
        }
        let account = self.names.hash_one(name);
        let pair = (account, source);
        if success {
            self.pairs.forget(&pair);
            make_room(&mut self.known, &pair, |last| *last);
            self.known.insert(pair, now);
        } else {
            self.pairs.add(pair, now);
            self.sources.add(source, now);
            self.accounts.add(account, now);
        }
        Ok(())
    }
}

/// The failures of each key, oldest first: at most as many as may be.
struct Failures<K> {
    most: usize,
    window: Duration,
    times: HashMap<K, VecDeque<Instant>>,
}

impl<K: Copy + Eq + Hash> Failures<K> {
    fn new(most: usize, window: Duration) -> Self {
        Self { most: most.max(1), window, times: HashMap::new() }
    }

    /// How long until there may be one more.
    fn wait(&self, key: &K, now: Instant) -> Option<Duration> {
        let times = self.times.get(key).filter(|times| times.len() >= self.most)?;
        let free_at = times.front().map(|oldest| *oldest + self.window)?;
        free_at.checked_duration_since(now).filter(|wait| !wait.is_zero())
    }

    fn add(&mut self, key: K, now: Instant) {
        let window = self.window;
        let is_over = |time: &Instant| *time + window <= now;
        if self.times.len() >= MOST_KEYS {
            self.times.retain(|_, times| times.back().is_some_and(|last| !is_over(last)));
        }
        make_room(&mut self.times, &key, |times| times.back().copied().unwrap_or(now));
        let times = self.times.entry(key).or_default();
        while times.len() >= self.most || times.front().is_some_and(is_over) {
            times.pop_front();
        }
        times.push_back(now);
    }

    fn forget(&mut self, key: &K) {
        self.times.remove(key);
    }
}

/// Forgets the stalest entry, if there are as many as may be and `key` is not among them.
fn make_room<K: Copy + Eq + Hash, V>(map: &mut HashMap<K, V>, key: &K, last: impl Fn(&V) -> Instant) {
    if map.len() < MOST_KEYS || map.contains_key(key) {
        return;
    }
    if let Some(stalest) = map.iter().min_by_key(|(_, value)| last(value)).map(|(key, _)| *key) {
        map.remove(&stalest);
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn source(number: u32) -> Source {
        Source::Network(IpAddr::V4(Ipv4Addr::from_bits(number)))
    }

    fn attempts() -> (Attempts, Instant) {
        (Attempts::new(3, MINUTE), Instant::now())
    }

    fn fail(attempts: &mut Attempts, name: &str, from: u32, now: Instant) -> Result<(), Duration> {
        attempts.settle(name, source(from), false, now)
    }

    #[test]
    fn the_wait_is_exact_and_failures_are_forgotten_one_by_one() {
        let (mut attempts, start) = attempts();
        for second in 0..3 {
            assert_eq!(fail(&mut attempts, "anna", 1, start + Duration::from_secs(10 * second)), Ok(()));
        }
        let at = |second| start + Duration::from_secs(second);
        assert_eq!(attempts.wait("anna", source(1), at(20)), Some(Duration::from_secs(40)));
        assert_eq!(fail(&mut attempts, "anna", 1, at(59)), Err(Duration::from_secs(1)), "and it does not count");
        assert_eq!(attempts.wait("anna", source(1), at(60)), None);
        assert_eq!(fail(&mut attempts, "anna", 1, at(60)), Ok(()));
        assert_eq!(attempts.wait("anna", source(1), at(60)), Some(Duration::from_secs(10)));
        assert_eq!(attempts.wait("anna", source(2), at(60)), None, "others are let in");
        assert_eq!(attempts.wait("berta", source(1), at(60)), None);
    }

    #[test]
    fn a_success_clears_the_account_for_its_source_only() {
        let (mut attempts, now) = attempts();
        for from in [1, 2] {
            for _ in 0..2 {
                fail(&mut attempts, "anna", from, now).unwrap();
            }
        }
        attempts.settle("anna", source(1), true, now).unwrap();
        for from in [1, 2] {
            fail(&mut attempts, "anna", from, now).unwrap();
        }
        assert_eq!(attempts.wait("anna", source(1), now), None);
        assert!(attempts.wait("anna", source(2), now).is_some());
    }

    #[test]
    fn one_source_cannot_try_all_accounts() {
        let (mut attempts, now) = attempts();
        for number in 0..15 {
            fail(&mut attempts, &format!("name-{number}"), 1, now).unwrap();
        }
        assert!(attempts.wait("one more", source(1), now).is_some());
        assert_eq!(attempts.wait("one more", source(2), now), None);
    }

    #[test]
    fn many_sources_cannot_shut_an_account_out_of_where_it_is_known() {
        let (mut attempts, now) = attempts();
        attempts.settle("anna", source(1), true, now).unwrap();
        for number in 0..60 {
            fail(&mut attempts, "anna", 100 + number, now).unwrap();
        }
        assert!(attempts.wait("anna", source(7), now).is_some(), "guessed at by many");
        assert_eq!(attempts.wait("anna", source(1), now), None);
        for _ in 0..3 {
            fail(&mut attempts, "anna", 1, now).unwrap();
        }
        assert!(attempts.wait("anna", source(1), now).is_some(), "but not guessed from there without end");
    }

    #[test]
    fn of_guesses_made_at_once_only_so_many_are_told() {
        let (mut attempts, now) = attempts();
        assert!((0..10).all(|_| attempts.wait("anna", source(1), now).is_none()), "all let in before any has failed");
        let told = (0..9).filter(|_| fail(&mut attempts, "anna", 1, now).is_ok()).count();
        assert_eq!(told, 3);
        assert!(attempts.settle("anna", source(1), true, now).is_err(), "even the one that is right");
    }

    #[test]
    fn memory_is_bounded() {
        let (mut attempts, start) = attempts();
        for number in 0..u32::try_from(MOST_KEYS).unwrap() + 100 {
            let now = start + Duration::from_micros(number.into());
            fail(&mut attempts, &number.to_string(), number, now).unwrap();
        }
        assert_eq!(attempts.pairs.times.len(), MOST_KEYS);
        assert_eq!(attempts.accounts.times.len(), MOST_KEYS);
        let later = start + 2 * MINUTE;
        fail(&mut attempts, "anna", 0, later).unwrap();
        assert_eq!(attempts.sources.times.len(), 1, "what is over goes first");
    }
}
