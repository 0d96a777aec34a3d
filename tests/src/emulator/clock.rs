//! The emulator's clock: the system's, and so far ahead as a story has turned it. The emulator and its functions read
//! the same from a file.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use aws_smithy_async::time::TimeSource;
use shared::aws::system::WallClock;
use shared::domain::time::Time;
use shared::ports::Clock;

/// Clones are the same clock.
#[derive(Debug, Clone)]
pub struct Turned {
    ahead_s: Arc<AtomicU64>,
    file: PathBuf,
}

impl Turned {
    /// A clock that is not turned yet, told in this folder.
    pub(super) fn new(folder: &Path) -> Self {
        let clock = Self { ahead_s: Arc::default(), file: folder.join("ahead") };
        clock.tell(0);
        clock
    }

    /// Where other processes read how far it is ahead, in libfaketime's words.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// Forward, in whole seconds. Whoever looks at the clock next sees it.
    pub(super) fn turn(&self, by: Duration) {
        let ahead_s = self.ahead_s.fetch_add(by.as_secs(), Ordering::SeqCst) + by.as_secs();
        self.tell(ahead_s);
    }

    /// In one step, so that nobody reads half of it.
    fn tell(&self, ahead_s: u64) {
        let new = self.file.with_extension("new");
        fs::write(&new, format!("+{ahead_s}")).expect("the clock's file can be written");
        fs::rename(new, &self.file).expect("the clock's file can be written");
    }
}

impl Clock for Turned {
    fn now(&self) -> Time {
        WallClock.now() + Duration::from_secs(self.ahead_s.load(Ordering::SeqCst))
    }
}

/// What the SDK signs by: a call from another time is refused.
impl TimeSource for Turned {
    fn now(&self) -> SystemTime {
        let millis = Clock::now(self).millis();
        UNIX_EPOCH + Duration::from_millis(u64::try_from(millis).unwrap_or_default())
    }
}

#[async_trait]
impl simulator::clock::Clock for Turned {
    fn now_millis(&self) -> i64 {
        Clock::now(self).millis()
    }

    async fn forward(&self, _millis: i64) -> Result<(), String> {
        Err("in a story the clock is turned by the story".to_owned())
    }
}
