//! The queues in one process: nothing moves until somebody takes a job. They keep what the queues of AWS promise:
//! order within a group (FIFO), delay (standard), no second job with an id within five minutes (FIFO), visibility,
//! redelivery, dead letters. All of it lies on the shelf, so a job survives the process, as does one in its hands.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::shelf::Shelf;
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::ports::{Clock, Done, Job, Queue, QueueName, RECEIVES_MAX, Taken};

/// How long a taken job stays hidden if nobody says what became of it.
pub const VISIBILITY: Duration = Duration::from_mins(1);
/// How long a FIFO queue knows the id of a job.
const DEDUPE: Duration = Duration::from_mins(5);
const DELAY_MAX: Duration = Duration::from_mins(15);
const GROUP_CHARACTERS_MAX: usize = 128;
const ID_CHARACTERS_MAX: usize = 128;
const BODY_BYTES_MAX: usize = 1 << 20;

/// All queues.
pub struct Queues {
    state: Mutex<HashMap<QueueName, Line>>,
    shelf: Shelf,
    clock: Arc<dyn Clock>,
    put: Notify,
}

/// The right to say what became of a job. Worth nothing once the job was delivered again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    queue: QueueName,
    place: u64,
    deliveries: u32,
}

/// A job that was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dead {
    pub id: String,
    pub group: String,
    pub body: String,
    pub deliveries: u32,
    /// Why, in a sentence.
    pub reason: String,
}

#[derive(Default)]
struct Line {
    /// By place: the order in which they came.
    jobs: BTreeMap<u64, Entry>,
    /// Until when a (group, id) is known. FIFO only.
    seen: HashMap<(String, String), Time>,
    dead: BTreeMap<u64, Dead>,
    next_place: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    id: String,
    group: String,
    body: String,
    /// Not before.
    visible: Time,
    deliveries: u32,
    /// Somebody works on it, until `visible` at the longest.
    is_taken: bool,
}

#[derive(Serialize, Deserialize)]
struct Seen {
    group: String,
    id: String,
    until: Time,
}

impl Queues {
    /// With what was left on the shelf. Jobs that were being worked on come back at once: whoever had them is gone.
    pub fn new(shelf: Shelf, clock: Arc<dyn Clock>) -> Result<Self> {
        let mut state = HashMap::new();
        for queue in QueueName::ALL {
            state.insert(queue, Line::load(&shelf, queue, clock.now())?);
        }
        Ok(Self { state: Mutex::new(state), shelf, clock, put: Notify::new() })
    }

    /// The next job that may be worked on at `now`, hidden from then on for [`VISIBILITY`].
    pub fn take(&self, queue: QueueName, now: Time) -> Result<Option<(Taken, Receipt)>> {
        let mut state = self.lock();
        let line = state.entry(queue).or_default();
        while let Some(place) = line.ready(queue, now) {
            let entry = line.entry(place)?;
            if entry.deliveries >= RECEIVES_MAX {
                let reason = format!("it was delivered {RECEIVES_MAX} times to no end");
                line.bury(&self.shelf, queue, place, reason)?;
                continue;
            }
            entry.deliveries += 1;
            entry.is_taken = true;
            entry.visible = now.plus(VISIBILITY);
            let taken = Taken {
                id: entry.id.clone(),
                body: entry.body.clone(),
                deliveries: entry.deliveries,
            };
            let receipt = Receipt { queue, place, deliveries: entry.deliveries };
            self.shelf.put(&jobs(queue), &name(place), entry)?;
            return Ok(Some((taken, receipt)));
        }
        Ok(None)
    }

    /// Says what became of a job. Does nothing if it was delivered again in the meantime.
    pub fn settle(&self, receipt: &Receipt, done: Done) -> Result<()> {
        let mut state = self.lock();
        let line = state.entry(receipt.queue).or_default();
        let Some(entry) = line.held(receipt) else { return Ok(()) };
        match done {
            Done::Finished => {
                self.shelf.remove(&jobs(receipt.queue), &name(receipt.place))?;
                line.jobs.remove(&receipt.place);
            }
            Done::Again { .. } if entry.deliveries >= RECEIVES_MAX => {
                let reason = format!("it failed {RECEIVES_MAX} times");
                line.bury(&self.shelf, receipt.queue, receipt.place, reason)?;
            }
            Done::Again { after } => {
                entry.is_taken = false;
                if let Some(after) = after {
                    entry.visible = self.clock.now().plus(after);
                }
                self.shelf.put(&jobs(receipt.queue), &name(receipt.place), entry)?;
            }
        }
        self.put.notify_waiters();
        Ok(())
    }

    /// Gives a job up, because a further delivery would not help.
    pub fn bury(&self, receipt: &Receipt, reason: impl Into<String>) -> Result<()> {
        let mut state = self.lock();
        let line = state.entry(receipt.queue).or_default();
        if line.held(receipt).is_none() {
            return Ok(());
        }
        line.bury(&self.shelf, receipt.queue, receipt.place, reason.into())
    }

    /// How many jobs wait or are being worked on.
    pub fn len(&self, queue: QueueName) -> usize {
        self.lock().get(&queue).map_or(0, |line| line.jobs.len())
    }

    /// Whether nothing waits and nothing is being worked on, in any queue.
    pub fn is_empty(&self) -> bool {
        self.lock().values().all(|line| line.jobs.is_empty())
    }

    /// What the jobs of a queue carry, in the order in which they came.
    pub fn bodies(&self, queue: QueueName) -> Vec<String> {
        let state = self.lock();
        state
            .get(&queue)
            .map(|line| line.jobs.values().map(|entry| entry.body.clone()).collect())
            .unwrap_or_default()
    }

    /// The jobs that were given up, oldest first.
    pub fn dead_letters(&self, queue: QueueName) -> Vec<Dead> {
        let state = self.lock();
        state.get(&queue).map(|line| line.dead.values().cloned().collect()).unwrap_or_default()
    }

    /// When the next job of a queue may be taken, if nothing is put or settled until then.
    pub fn next_visible(&self, queue: QueueName) -> Option<Time> {
        let state = self.lock();
        let line = state.get(&queue)?;
        let mut groups = HashSet::new();
        line.jobs
            .values()
            .filter(|entry| !queue.is_fifo() || groups.insert(entry.group.as_str()))
            .map(|entry| entry.visible)
            .min()
    }

    /// Returns when a job was put or came back. Take first: what was put before the call is not waited for.
    pub async fn changed(&self) {
        self.put.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<QueueName, Line>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Queue for Queues {
    async fn put(&self, queue: QueueName, jobs: Vec<Job>) -> Result<()> {
        for job in &jobs {
            check(queue, job)?;
        }
        let now = self.clock.now();
        let mut state = self.lock();
        let line = state.entry(queue).or_default();
        for job in jobs {
            line.put(&self.shelf, queue, job, now)?;
        }
        drop(state);
        self.put.notify_waiters();
        Ok(())
    }
}

impl Line {
    fn load(shelf: &Shelf, queue: QueueName, now: Time) -> Result<Self> {
        let mut line = Self::default();
        for (place, mut entry) in shelf.entries::<Entry>(&jobs(queue))? {
            if entry.is_taken {
                entry.is_taken = false;
                entry.visible = now;
            }
            line.jobs.insert(number(&place)?, entry);
        }
        for (place, dead) in shelf.entries(&dead(queue))? {
            line.dead.insert(number(&place)?, dead);
        }
        for (_, known) in shelf.entries::<Seen>(&seen(queue))? {
            line.seen.insert((known.group, known.id), known.until);
        }
        let last = |places: Option<(&u64, _)>| places.map_or(0, |(place, ())| place + 1);
        line.next_place = last(line.jobs.last_key_value().map(|(p, _)| (p, ())))
            .max(last(line.dead.last_key_value().map(|(p, _)| (p, ()))));
        Ok(line)
    }

    fn put(&mut self, shelf: &Shelf, queue: QueueName, job: Job, now: Time) -> Result<()> {
        if queue.is_fifo() && !self.first_time(shelf, queue, &job, now)? {
            return Ok(());
        }
        let place = self.next_place;
        let entry = Entry {
            id: format!("{}-{place}-{}", queue.word(), now.millis()),
            group: job.group,
            body: job.body,
            visible: now.plus(job.delay),
            deliveries: 0,
            is_taken: false,
        };
        shelf.put(&jobs(queue), &name(place), &entry)?;
        self.jobs.insert(place, entry);
        self.next_place += 1;
        Ok(())
    }

    /// Whether a FIFO queue has not had this id within five minutes. From now on it has.
    fn first_time(
        &mut self,
        shelf: &Shelf,
        queue: QueueName,
        job: &Job,
        now: Time,
    ) -> Result<bool> {
        let past: Vec<_> =
            self.seen.iter().filter(|(_, until)| **until <= now).map(|(k, _)| k.clone()).collect();
        for (group, id) in past {
            shelf.remove(&seen(queue), &format!("{group} {id}"))?;
            self.seen.remove(&(group, id));
        }
        let key = (job.group.clone(), job.id.clone());
        if self.seen.contains_key(&key) {
            return Ok(false);
        }
        let until = now.plus(DEDUPE);
        let known = Seen { group: job.group.clone(), id: job.id.clone(), until };
        shelf.put(&seen(queue), &format!("{} {}", job.group, job.id), &known)?;
        self.seen.insert(key, until);
        Ok(true)
    }

    /// The place of the job that is next. FIFO: a group has one job in flight, and its first one blocks the others.
    /// Standard: the group with the fewest jobs in flight is served first.
    fn ready(&self, queue: QueueName, now: Time) -> Option<u64> {
        if queue.is_fifo() {
            let mut groups = HashSet::new();
            return self
                .jobs
                .iter()
                .filter(|(_, entry)| groups.insert(entry.group.as_str()))
                .find(|(_, entry)| entry.visible <= now)
                .map(|(place, _)| *place);
        }
        let mut in_flight: HashMap<&str, usize> = HashMap::new();
        for entry in self.jobs.values().filter(|e| e.is_taken && e.visible > now) {
            *in_flight.entry(&entry.group).or_default() += 1;
        }
        self.jobs
            .iter()
            .filter(|(_, entry)| entry.visible <= now)
            .min_by_key(|(_, entry)| in_flight.get(entry.group.as_str()).copied().unwrap_or(0))
            .map(|(place, _)| *place)
    }

    fn entry(&mut self, place: u64) -> Result<&mut Entry> {
        self.jobs.get_mut(&place).ok_or_else(|| Error::internal("a job left its queue unseen"))
    }

    /// The job of a receipt that still counts.
    fn held(&mut self, receipt: &Receipt) -> Option<&mut Entry> {
        self.jobs
            .get_mut(&receipt.place)
            .filter(|entry| entry.is_taken && entry.deliveries == receipt.deliveries)
    }

    fn bury(&mut self, shelf: &Shelf, queue: QueueName, place: u64, reason: String) -> Result<()> {
        let entry = self.entry(place)?.clone();
        let letter = Dead {
            id: entry.id,
            group: entry.group,
            body: entry.body,
            deliveries: entry.deliveries,
            reason,
        };
        shelf.put(&dead(queue), &name(place), &letter)?;
        shelf.remove(&jobs(queue), &name(place))?;
        self.jobs.remove(&place);
        self.dead.insert(place, letter);
        Ok(())
    }
}

/// The limits of the real queues.
fn check(queue: QueueName, job: &Job) -> Result<()> {
    let is_word = |text: &str, max| {
        (1..=max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
    };
    let rule = if !is_word(&job.group, GROUP_CHARACTERS_MAX) {
        "a group of 1 to 128 visible ASCII characters"
    } else if queue.is_fifo() && !is_word(&job.id, ID_CHARACTERS_MAX) {
        "an id of 1 to 128 visible ASCII characters"
    } else if job.body.is_empty() || job.body.len() > BODY_BYTES_MAX {
        "a body of 1 byte to 1 MiB"
    } else if queue.is_fifo() && !job.delay.is_zero() {
        "no delay, for its queue keeps the order"
    } else if job.delay > DELAY_MAX {
        "a delay of 15 minutes at most"
    } else {
        return Ok(());
    };
    Err(Error::internal(format!("a job of the {} queue must have {rule}", queue.word())))
}

fn jobs(queue: QueueName) -> String {
    format!("JOBS#{}", queue.word())
}

fn dead(queue: QueueName) -> String {
    format!("DEAD#{}", queue.word())
}

fn seen(queue: QueueName) -> String {
    format!("SEEN#{}", queue.word())
}

/// Sorts as the number does.
fn name(place: u64) -> String {
    format!("{place:020}")
}

fn number(name: &str) -> Result<u64> {
    name.parse().map_err(|_| Error::internal(format!("{name} is no place in a queue")))
}

#[cfg(test)]
mod tests;
