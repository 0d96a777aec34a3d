//! The gateway's clock as the simulator sees it: one time for both sides.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use shared::local::clock::Hand;
use shared::ports::Clock as _;

/// The hand clock, in the simulator's words.
pub(crate) struct OneTime(pub(crate) Arc<Hand>);

#[async_trait]
impl simulator::clock::Clock for OneTime {
    fn now_millis(&self) -> i64 {
        self.0.now().millis()
    }

    async fn forward(&self, _millis: i64) -> Result<(), String> {
        // Time passes through `Bundle::turn`, which lets happen what falls due on the way.
        Err("in a story the clock is turned by the story".to_owned())
    }
}

pub const MILLISECOND: Duration = Duration::from_millis(1);
pub const SECOND: Duration = Duration::from_secs(1);

/// So many minutes.
pub const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

/// So many hours.
pub const fn hours(count: u64) -> Duration {
    minutes(count * 60)
}
