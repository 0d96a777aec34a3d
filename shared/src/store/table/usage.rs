//! What the table was asked for, counted (README 17: the bundle counts its calls and units).

use std::sync::atomic::{AtomicU64, Ordering};

use aws_sdk_dynamodb::types::ConsumedCapacity;

/// What the table was asked for so far in this process (README 17: the bundle counts its calls and units).
#[derive(Debug, Default)]
pub struct Usage {
    calls: AtomicU64,
    /// In tenths, because an eventually consistent read is half a unit.
    read_tenths: AtomicU64,
    write_tenths: AtomicU64,
}

/// A reading of [`Usage`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Units {
    pub calls: u64,
    pub read: f64,
    pub write: f64,
}

impl Usage {
    #[expect(clippy::cast_precision_loss, reason = "counts of a process stay far below 2^52")]
    pub fn units(&self) -> Units {
        let tenths = |n: &AtomicU64| n.load(Ordering::Relaxed) as f64 / 10.0;
        Units {
            calls: self.calls.load(Ordering::Relaxed),
            read: tenths(&self.read_tenths),
            write: tenths(&self.write_tenths),
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "units are small and positive"
    )]
    pub(super) fn add(&self, capacity: Option<&ConsumedCapacity>, is_write: bool) {
        let tenths = capacity
            .and_then(ConsumedCapacity::capacity_units)
            .map_or(0, |units| (units * 10.0) as u64);
        let counter = if is_write { &self.write_tenths } else { &self.read_tenths };
        counter.fetch_add(tenths, Ordering::Relaxed);
    }

    pub(super) fn call(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }
}
