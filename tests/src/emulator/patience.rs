//! Waiting for other processes, which nobody here can step.

use std::time::Duration;

/// Far more than anything takes; only what never happens needs it.
pub(super) const PATIENCE: Duration = Duration::from_mins(2);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// Looks until there is something to be seen. Nothing, if it never comes.
pub(super) async fn until<T>(mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let wait = async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait).await.ok()
}
