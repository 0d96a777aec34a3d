//! Clocks that can be turned: the wall clock with an offset for the local host, and one that stands still until a
//! test turns it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use super::shelf::Shelf;
use crate::domain::time::Time;
use crate::error::Result;
use crate::ports::Clock;

const COMPARTMENT: &str = "CLOCK";
const OFFSET: &str = "offset_ms";

/// Another clock, ahead by what it was turned. The offset survives a restart.
pub struct Turned {
    base: Arc<dyn Clock>,
    offset_ms: AtomicI64,
    shelf: Shelf,
}

impl Turned {
    /// Goes on where it was left.
    pub fn new(base: Arc<dyn Clock>, shelf: Shelf) -> Result<Self> {
        let entries = shelf.entries::<i64>(COMPARTMENT)?;
        let offset = entries.into_iter().find(|(name, _)| name == OFFSET).map_or(0, |(_, ms)| ms);
        Ok(Self { base, offset_ms: AtomicI64::new(offset), shelf })
    }

    /// Forward only: what has happened stays in the past. Answers the new time.
    pub fn turn(&self, by: Duration) -> Result<Time> {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        let offset = self.offset_ms.load(Ordering::SeqCst).saturating_add(by);
        self.shelf.put(COMPARTMENT, OFFSET, &offset)?;
        self.offset_ms.store(offset, Ordering::SeqCst);
        Ok(self.now())
    }

    /// How far it is ahead.
    pub fn offset(&self) -> Duration {
        let offset = self.offset_ms.load(Ordering::SeqCst);
        Duration::from_millis(u64::try_from(offset).unwrap_or(0))
    }
}

impl Clock for Turned {
    fn now(&self) -> Time {
        self.base.now().plus(self.offset())
    }
}

/// A clock that moves only by hand.
#[derive(Debug)]
pub struct Hand(AtomicI64);

impl Hand {
    pub fn new(time: Time) -> Self {
        Self(AtomicI64::new(time.millis()))
    }

    /// Forward. Answers the new time.
    pub fn turn(&self, by: Duration) -> Time {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.0.fetch_add(by, Ordering::SeqCst);
        self.now()
    }

    /// To any time, also an earlier one.
    pub fn set(&self, time: Time) {
        self.0.store(time.millis(), Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> Time {
        Time::from_millis(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::super::engine::Engine;
    use super::*;

    #[tokio::test]
    async fn a_turned_clock_goes_on_with_its_base_and_keeps_its_offset() {
        let engine = Engine::memory().unwrap();
        let base = Arc::new(Hand::new(Time::from_millis(1000)));
        let clock = Turned::new(base.clone(), engine.shelf()).unwrap();
        assert_eq!(clock.now().millis(), 1000);
        assert_eq!(clock.turn(Duration::from_mins(1)).unwrap().millis(), 61_000);
        base.turn(Duration::from_secs(1));
        assert_eq!(clock.now().millis(), 62_000);
        clock.turn(Duration::from_secs(1)).unwrap();
        let again = Turned::new(base, engine.shelf()).unwrap();
        assert_eq!(again.now().millis(), 63_000);
        assert_eq!(again.offset(), Duration::from_secs(61));
    }
}
