//! What the operating system gives: the time and random bytes.

use std::time::{SystemTime, UNIX_EPOCH};

use ring::rand::SecureRandom;

use crate::domain::time::Time;
use crate::ports::{Clock, Random};

/// The wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct WallClock;

impl Clock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn now(&self) -> Time {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Random bytes of the operating system.
#[derive(Debug, Clone)]
pub struct SystemRandom(ring::rand::SystemRandom);

impl Default for SystemRandom {
    fn default() -> Self {
        Self(ring::rand::SystemRandom::new())
    }
}

impl Random for SystemRandom {
    /// # Panics
    /// Where the operating system has no random bytes: nothing secret can be made then, so nothing goes on.
    fn fill(&self, bytes: &mut [u8]) {
        assert!(self.0.fill(bytes).is_ok(), "the operating system gives no random bytes");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_of_this_century_and_random_bytes_differ() {
        assert!(WallClock.now() > Time::parse("2025-01-01T00:00:00Z").unwrap());
        let (mut a, mut b) = ([0; 32], [0; 32]);
        SystemRandom::default().fill(&mut a);
        SystemRandom::default().fill(&mut b);
        assert_ne!(a, b);
    }
}
