//! Tokens that come back with time. Sending takes one; who has none waits.

use std::time::Duration;

use super::time::Time;

/// What one token is counted as, so that slow refills are exact.
const TOKEN: u64 = 1000;

/// A bucket of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// In thousandths.
    left: u64,
    at: Time,
}

impl Bucket {
    /// With so many tokens.
    pub fn with(tokens: u32, now: Time) -> Self {
        Self { left: u64::from(tokens) * TOKEN, at: now }
    }

    /// Time has passed: `per_second` tokens, in thousandths, came back, up to `size` tokens in all.
    pub fn refill(&mut self, size: u32, per_second: u64, now: Time) {
        let millis = u64::try_from(now.since(self.at).as_millis()).unwrap_or(u64::MAX);
        let grown = self.left.saturating_add(millis.saturating_mul(per_second) / 1000);
        self.left = grown.min(u64::from(size) * TOKEN).max(self.left);
        self.at = self.at.max(now);
    }

    /// So many more.
    pub fn add(&mut self, tokens: u32) {
        self.left = self.left.saturating_add(u64::from(tokens) * TOKEN);
    }

    /// One token, if there is one.
    pub fn take(&mut self) -> bool {
        let rest = self.left.checked_sub(TOKEN);
        self.left = rest.unwrap_or(self.left);
        rest.is_some()
    }

    /// When there will be one at this rate, in thousandths per second.
    pub fn next(&self, per_second: u64) -> Duration {
        let missing = TOKEN.saturating_sub(self.left);
        Duration::from_millis((missing * 1000).div_ceil(per_second.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// whatsapp-rules 4: one message in 6 s on average, small bursts allowed.
    #[test]
    fn a_burst_is_paid_back_with_time() {
        let per_second = 167;
        let mut bucket = Bucket::with(3, Time::from_millis(0));
        assert_eq!([(); 4].map(|()| bucket.take()), [true, true, true, false]);
        assert_eq!(bucket.next(per_second), Duration::from_millis(5989));
        bucket.refill(3, per_second, Time::from_millis(5000));
        assert!(!bucket.take());
        bucket.refill(3, per_second, Time::from_millis(6000));
        assert!(bucket.take() && !bucket.take());
        bucket.refill(3, per_second, Time::from_millis(6_000_000));
        assert_eq!([(); 4].map(|()| bucket.take()), [true, true, true, false], "no more than 3");
        bucket.refill(3, per_second, Time::from_millis(0));
        assert!(!bucket.take(), "a clock that goes back gives nothing");
    }
}
