//! Thousands of users who send what they like, against the scheduler: in steps of the time that a page takes, with the pool
//! as it takes pages of running tasks in turn.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use chrono::DateTime;
use d2d_api::TaskId;
use d2d_store::Candidate;

use super::{Running, Waiting};

/// A daemon: how many tasks it runs, and how many pages at once.
#[derive(Debug, Clone, Copy)]
struct Machine {
    limit: usize,
    per_owner: Option<usize>,
    workers: usize,
}

/// A task of the simulation.
#[derive(Debug, Clone)]
struct Job {
    task: Candidate,
    arrives: usize,
    pages: usize,
}

/// What became of a task, in steps.
#[derive(Debug, Clone, Copy)]
struct Fate {
    started: usize,
    ended: usize,
}

struct Simulation {
    machine: Machine,
    waiting: Waiting,
    /// What waits, as the store knows it.
    queue: BTreeMap<TaskId, Candidate>,
    /// The pages that are left of what runs, by account and task.
    running: HashMap<String, VecDeque<(TaskId, usize)>>,
    /// Accounts with pages, the one served longest ago first.
    turns: VecDeque<String>,
    started: HashMap<TaskId, usize>,
}

impl Simulation {
    fn new(machine: Machine) -> Self {
        let (waiting, queue, running) = (Waiting::default(), BTreeMap::new(), HashMap::new());
        Self { machine, waiting, queue, running, turns: VecDeque::new(), started: HashMap::new() }
    }

    fn load(&self) -> Running {
        let mut load = Running::within(self.machine.limit, self.machine.per_owner);
        for (owner, tasks) in &self.running {
            load.add(owner, tasks.len());
        }
        load
    }

    fn arrive(&mut self, job: &Job) {
        self.waiting.add(&job.task);
        self.queue.insert(job.task.id, job.task.clone());
    }

    /// Starts what may run, and checks that the choice is one.
    fn start(&mut self, now: usize, pages: &HashMap<TaskId, usize>) {
        let mut load = self.load();
        for id in self.waiting.take(&mut load) {
            let Some(task) = self.queue.remove(&id) else { panic!("{id} was started twice") };
            self.check_priority(&task);
            self.started.insert(id, now);
            let tasks = self.running.entry(task.owner.clone()).or_default();
            tasks.push_back((id, pages[&id]));
            if !self.turns.contains(&task.owner) {
                // Who was not served lately is next.
                self.turns.push_front(task.owner);
            }
        }
        assert!(self.running.values().map(VecDeque::len).sum::<usize>() <= 2 * self.machine.limit);
        let most = self.machine.per_owner.unwrap_or(usize::MAX);
        assert!(self.running.values().all(|tasks| tasks.len() <= most), "the bound of an account");
        let idle = self.running.values().map(VecDeque::len).sum::<usize>() < self.machine.limit;
        let may = |task: &Candidate| self.running.get(&task.owner).map_or(0, VecDeque::len) < most;
        assert!(!idle || !self.queue.values().any(may), "a place is free, and somebody who may have it waits");
    }

    fn check_priority(&self, task: &Candidate) {
        let rank = |task: &Candidate| (-task.priority, task.queued_at, task.id);
        let better = self.queue.values().find(|other| other.owner == task.owner && rank(other) < rank(task));
        assert!(better.is_none(), "{better:?} was passed over for {task:?}");
    }

    /// Lets each worker do a page; answers what has ended.
    fn work(&mut self) -> Vec<TaskId> {
        let mut ended = Vec::new();
        for _ in 0..self.machine.workers {
            let Some(owner) = self.turns.pop_front() else { break };
            let Some(tasks) = self.running.get_mut(&owner) else { continue };
            if let Some((id, left)) = tasks.pop_front() {
                if left > 1 { tasks.push_back((id, left - 1)) } else { ended.push(id) }
            }
            if tasks.is_empty() {
                self.running.remove(&owner);
            } else {
                self.turns.push_back(owner);
            }
        }
        ended
    }
}

/// Runs the jobs, which are in the order of their arrival, to their end.
fn run(machine: Machine, jobs: &[Job]) -> HashMap<TaskId, Fate> {
    let pages: HashMap<_, _> = jobs.iter().map(|job| (job.task.id, job.pages)).collect();
    let mut simulation = Simulation::new(machine);
    let (mut fates, mut next) = (HashMap::new(), 0);
    for now in 0.. {
        while let Some(job) = jobs.get(next).filter(|job| job.arrives <= now) {
            simulation.arrive(job);
            next += 1;
        }
        simulation.start(now, &pages);
        for id in simulation.work() {
            fates.insert(id, Fate { started: simulation.started[&id], ended: now + 1 });
        }
        if fates.len() == jobs.len() {
            break;
        }
        assert!(now < 1_000_000, "it never ends");
    }
    fates
}

fn job(owner: usize, priority: i32, arrives: usize, pages: usize) -> Job {
    let seconds = i64::try_from(arrives).unwrap_or_default();
    let queued_at = DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap_or_default();
    let task = Candidate { id: TaskId::generate(), owner: format!("user-{owner}"), priority, queued_at };
    Job { task, arrives, pages }
}

/// So many users; some send much, most send little, at any time.
fn crowd(random: &mut fastrand::Rng, users: usize) -> Vec<Job> {
    let mut jobs = Vec::new();
    for owner in 0..users {
        let greedy = random.u8(..) < 8;
        let tasks = if greedy { random.usize(20..60) } else { random.usize(1..4) };
        let from = random.usize(..200);
        for _ in 0..tasks {
            let pages = if greedy { random.usize(1..60) } else { random.usize(1..6) };
            jobs.push(job(owner, random.i32(-2..3), from + random.usize(..50), pages));
        }
    }
    jobs.sort_by_key(|job| job.arrives);
    jobs
}

#[test]
fn thousands_of_users_get_their_shares() {
    for seed in 0..3 {
        let mut random = fastrand::Rng::with_seed(seed);
        let users = 2_000;
        let jobs = crowd(&mut random, users);
        let workers = random.usize(1..9);
        let per_owner = [None, Some(1), Some(3)][random.usize(..3)];
        let machine = Machine { limit: 4 * workers, per_owner, workers };
        // That the limits hold, that priorities do, and that no place is idle, is checked at each step.
        let fates = run(machine, &jobs);

        // Together they take no longer than their pages do, but for the last ones, which are few and run one after the other.
        let all: usize = jobs.iter().map(|job| job.pages).sum();
        let last = fates.values().map(|fate| fate.ended).max().unwrap_or_default();
        let busy = jobs.first().map_or(0, |job| job.arrives) + all.div_ceil(workers);
        assert!(last <= busy + 60 * 60 * 2, "{last} steps for {busy}, seed {seed}");
        let owners: BTreeSet<_> = jobs.iter().map(|job| &job.task.owner).collect();
        assert_eq!(owners.len(), users);
    }
}

/// Whatever others have queued before: the first task of everybody starts before the second one of anybody who came later,
/// and before the third of anybody.
#[test]
fn nobody_has_two_turns_while_another_waits_for_its_first() {
    for seed in 0..3 {
        let mut random = fastrand::Rng::with_seed(seed);
        // All are here from the beginning, with tasks of one page each: a turn is a task.
        let mut jobs: Vec<_> = (0..2_000)
            .flat_map(|owner| {
                let tasks = if random.u8(..) < 8 { 40 } else { random.usize(1..4) };
                (0..tasks).map(move |_| job(owner, 0, 0, 1))
            })
            .collect();
        random.shuffle(&mut jobs);
        let workers = random.usize(1..9);
        let fates = run(Machine { limit: 2 * workers, per_owner: None, workers }, &jobs);
        let mut turns: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for job in &jobs {
            turns.entry(&job.task.owner).or_default().push(fates[&job.task.id].started);
        }
        let fair = 2_000_usize.div_ceil(workers) + 1;
        let slowest = turns.values().filter_map(|started| started.iter().min()).max().copied().unwrap_or_default();
        assert!(slowest <= fair, "somebody waited {slowest} steps for a first turn, of {fair}; seed {seed}");
    }
}

/// The floods of others do not matter to who sends a single page: it is done in two page times.
#[test]
fn a_single_page_ends_within_two_page_times() {
    for workers in 1..=4 {
        for flood in [1, 10, 500] {
            let machine = Machine { limit: 4 * workers, per_owner: None, workers };
            let mut jobs: Vec<_> = (0..flood).map(|_| job(0, 100, 0, 1_000 / flood + 5)).collect();
            let single = job(1, -100, 7, 1);
            let id = single.task.id;
            jobs.push(single);
            let fate = run(machine, &jobs)[&id];
            assert!(fate.ended <= 7 + 2, "{fate:?} with {workers} workers and {flood} tasks");
        }
    }
}
