//! What befalls the functions of a story: each call that one makes is noted, and one of them may go wrong. Death is
//! that nothing goes on: whoever waited for the function hears nothing, and a job that it had stays in flight.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use shared::faults::{Fault, Plan};
use tokio::sync::Notify;

use crate::dice::Dice;

/// A call of a function: the first, second, … of its kind since the story began to be watched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    pub function: String,
    pub call: String,
    /// From 1.
    pub number: usize,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.function, self.call, self.number)
    }
}

/// The fate of all functions of a story.
#[derive(Default)]
pub struct Fate {
    state: Mutex<State>,
    died: Notify,
}

#[derive(Default)]
struct State {
    is_watching: bool,
    reached: Vec<Point>,
    counts: BTreeMap<(String, String), usize>,
    strikes: Vec<(Point, Fault)>,
    chance: Option<Chance>,
    struck: Vec<(Point, Fault)>,
}

/// Any call may go wrong.
struct Chance {
    dice: Dice,
    one_in: usize,
    left: usize,
    faults: &'static [Fault],
}

impl Fate {
    /// From now on one call in so many goes wrong in one of these ways, until `times` have.
    pub fn is_fickle(&self, dice: Dice, one_in: usize, times: usize, faults: &'static [Fault]) {
        let chance = Some(Chance { dice, one_in, left: times, faults });
        *self.lock() = State { is_watching: true, chance, ..State::default() };
    }

    /// From now on nothing goes wrong any more.
    pub fn calms(&self) {
        let mut state = self.lock();
        state.chance = None;
        state.strikes.clear();
    }

    /// From now on calls are noted, and these go wrong.
    pub fn watch(&self, strikes: Vec<(Point, Fault)>) {
        *self.lock() = State { is_watching: true, strikes, ..State::default() };
    }

    /// Every call since then, in order.
    pub fn reached(&self) -> Vec<Point> {
        self.lock().reached.clone()
    }

    /// What has gone wrong since then.
    pub fn struck(&self) -> Vec<(Point, Fault)> {
        self.lock().struck.clone()
    }

    /// What a function does; `None` if it died of it.
    pub(crate) async fn survives<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.died.notified() => None,
            done = work => Some(done),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chance {
    fn fault(&mut self) -> Option<Fault> {
        if self.left == 0 || !self.dice.one_in(self.one_in) {
            return None;
        }
        self.left -= 1;
        Some(*self.dice.one_of(self.faults))
    }
}

#[async_trait]
impl Plan for Fate {
    fn meet(&self, function: &str, call: &str) -> Option<Fault> {
        let mut state = self.lock();
        if !state.is_watching {
            return None;
        }
        let count = state.counts.entry((function.to_owned(), call.to_owned())).or_default();
        *count += 1;
        let (function, call) = (function.to_owned(), call.to_owned());
        let point = Point { function, call, number: *count };
        state.reached.push(point.clone());
        let fault = match state.strikes.iter().position(|(at, _)| *at == point) {
            Some(place) => state.strikes.remove(place).1,
            None => state.chance.as_mut()?.fault()?,
        };
        state.struck.push((point, fault));
        Some(fault)
    }

    async fn die(&self) -> Infallible {
        self.died.notify_one();
        std::future::pending().await
    }
}
