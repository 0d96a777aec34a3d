//! Business hours and when a follow-up goes out (contracts 7.2, 7.3). Everything is UTC, to the millisecond: no local
//! time zone is involved, so daylight saving has no effect (T73). Whether the service window is still open then is
//! not asked here.

use std::cmp::Ordering;
use std::time::Duration;

use super::time::Time;

/// The shortest delay of a follow-up (T59).
pub const DELAY_MINUTES_MIN: u32 = 30;
/// The longest delay of a follow-up: 23 hours (T60).
pub const DELAY_MINUTES_MAX: u32 = 1380;
/// The delay where a flow sets none: 2 hours (T69).
pub const DELAY_MINUTES_DEFAULT: u32 = 120;

const HOUR_MILLIS: i64 = 3_600_000;
const DAY_MILLIS: i64 = 24 * HOUR_MILLIS;
/// `2021-01-01T13:00:00.000Z` (T71).
const START_MILLIS_DEFAULT: i64 = 13 * HOUR_MILLIS;
/// `2021-01-01T00:00:00.000Z` (T72).
const END_MILLIS_DEFAULT: i64 = 0;

/// The part of each day in which follow-ups may go out: from the start to before the end. Times of day, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BusinessHours {
    /// Milliseconds since midnight.
    start: i64,
    /// Milliseconds since midnight. Not after the start: the hours go over midnight. Equal to it: always open.
    end: i64,
}

/// When a follow-up was to go out, and when it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The question's time and the delay.
    pub due: Time,
    /// The same, or the next start of the business hours.
    pub send_at: Time,
}

impl BusinessHours {
    /// Only the time of day of `start` and `end` counts. Each default applies on its own: 13:00Z and 00:00Z.
    pub fn new(start: Option<Time>, end: Option<Time>) -> Self {
        Self {
            start: start.map_or(START_MILLIS_DEFAULT, time_of_day),
            end: end.map_or(END_MILLIS_DEFAULT, time_of_day),
        }
    }

    /// Whether a follow-up may go out at this moment: exactly at the start it may, exactly at the end it may not.
    pub fn is_open(self, at: Time) -> bool {
        let now = time_of_day(at);
        match self.start.cmp(&self.end) {
            Ordering::Equal => true,
            Ordering::Less => self.start <= now && now < self.end,
            Ordering::Greater => now >= self.start || now < self.end,
        }
    }

    /// The first start of the business hours at or after `at`.
    pub fn next_start(self, at: Time) -> Time {
        let wait = (self.start - time_of_day(at)).rem_euclid(DAY_MILLIS);
        Time::from_millis(at.millis().saturating_add(wait))
    }
}

impl Default for BusinessHours {
    fn default() -> Self {
        Self::new(None, None)
    }
}

/// When the follow-up of a question goes out that was sent at `sent`.
pub fn send_at(sent: Time, delay_minutes: u32, hours: BusinessHours) -> Due {
    let due = sent + Duration::from_secs(u64::from(delay_minutes) * 60);
    let send_at = if hours.is_open(due) { due } else { hours.next_start(due) };
    Due { due, send_at }
}

fn time_of_day(time: Time) -> i64 {
    time.millis().rem_euclid(DAY_MILLIS)
}

#[cfg(test)]
#[path = "hours_tests.rs"]
mod tests;
