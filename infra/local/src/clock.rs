//! Turning time: the clock goes from one thing that falls due to the next, and waits until each is done, so that a
//! follow-up comes at its minute and not at the end of the turn.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use async_trait::async_trait;
use shared::domain::time::Time;
use shared::local::clock::Turned;
use shared::ports::Clock as _;
use tokio::sync::Mutex;
use tokio::time::{sleep, timeout};

use crate::loops::Host;

/// How long one thing that fell due may take before the turn is given up.
const SETTLED_WITHIN: Duration = Duration::from_secs(40);
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// The gateway's clock, as the simulator's page turns it.
pub(crate) struct HostClock {
    clock: Arc<Turned>,
    /// The host has the simulator, which has this clock.
    host: OnceLock<Weak<Host>>,
    turning: Mutex<()>,
}

impl HostClock {
    pub(crate) fn new(clock: Arc<Turned>) -> Self {
        Self { clock, host: OnceLock::new(), turning: Mutex::new(()) }
    }

    /// Whose things fall due. Before this is known the clock cannot be turned.
    pub(crate) fn connect(&self, host: &Arc<Host>) {
        // A second host would be a second gateway on one clock: the first stays.
        let _ = self.host.set(Arc::downgrade(host));
    }
}

#[async_trait]
impl simulator::clock::Clock for HostClock {
    fn now_millis(&self) -> i64 {
        self.clock.now().millis()
    }

    async fn forward(&self, millis: i64) -> Result<(), String> {
        let host = self.host.get().and_then(Weak::upgrade);
        let host = host.ok_or("the local host is still starting")?;
        let _one_at_a_time =
            self.turning.try_lock().map_err(|_| "the clock is being turned already")?;
        let end = Time::from_millis(self.clock.now().millis().saturating_add(millis));
        settled(&host).await?;
        loop {
            let now = self.clock.now();
            let poll = host.next_poll();
            let next = host.next_due().map_or(poll, |due| due.min(poll));
            if next > end {
                break;
            }
            self.turn(&host, next.since(now))?;
            if next == poll {
                host.poll_now().await;
            }
            settled(&host).await?;
        }
        self.turn(&host, end.since(self.clock.now()))?;
        host.poll_now().await;
        settled(&host).await
    }
}

impl HostClock {
    fn turn(&self, host: &Host, by: Duration) -> Result<(), String> {
        self.clock.turn(by).map_err(|error| format!("the clock cannot be turned: {error}"))?;
        host.wake();
        Ok(())
    }
}

/// Returns when everything that was due is done.
async fn settled(host: &Host) -> Result<(), String> {
    let quiet = async {
        while !host.is_idle() {
            host.wake();
            sleep(LOOK_EVERY).await;
        }
    };
    timeout(SETTLED_WITHIN, quiet)
        .await
        .map_err(|_| "the gateway is still busy with a slow call; try again in a moment".to_owned())
}
