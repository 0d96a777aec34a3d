//! The time as the simulator takes it. It is turned from outside: by a test, or by the host that runs it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;

/// Tells the time and, where the host allows it, turns it.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970.
    fn now_millis(&self) -> i64;

    /// Moves forward, and returns when everything that falls due on the way has happened. The sentence of an error
    /// is for the person who asked.
    async fn forward(&self, millis: i64) -> Result<(), String>;
}

/// A clock that stands still until it is turned.
#[derive(Debug, Clone)]
pub struct StillClock(Arc<AtomicI64>);

impl StillClock {
    /// Stands at these milliseconds since 1970.
    pub fn at_millis(millis: i64) -> Self {
        Self(Arc::new(AtomicI64::new(millis)))
    }
}

#[async_trait]
impl Clock for StillClock {
    fn now_millis(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    async fn forward(&self, millis: i64) -> Result<(), String> {
        self.0.fetch_add(millis, Ordering::SeqCst);
        Ok(())
    }
}
