//! Tries a channel out when it is saved active (D6-D8): what does not work is a warning, the channel stays active.

use std::time::Duration;

use http::{Request, Response};

use super::Manage;
use crate::domain::channel::OpenChannel;
use crate::ports::{CallError, Reach};
use crate::provider::{self, Check};

/// For each of the two calls: both together stay below what a caller waits for.
const TIMEOUT: Duration = Duration::from_secs(8);
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// D6.
const UNREACHABLE: &str = "Can't reach channel";
/// D7.
const UNREGISTERED: &str = "Couldn't register agent webhook";

impl Manage {
    /// What does not work, in the exact words of contracts 13.
    pub(super) async fn try_out(&self, channel: &OpenChannel) -> Vec<String> {
        match self.first_problem(channel).await {
            Some(warning) => vec![warning.to_owned()],
            None => Vec::new(),
        }
    }

    async fn first_problem(&self, channel: &OpenChannel) -> Option<&'static str> {
        let provider = provider::of(channel.provider);
        match self.ask_provider(provider.check(channel)).await {
            Err(error) => {
                tracing::warn!(channel.id = %channel.id, %error, "a channel cannot be reached");
                return Some(UNREACHABLE);
            }
            Ok(response) => match provider.read_check(channel, &response) {
                Check::Good => {}
                // Whoever is refused cannot register anything either.
                Check::Refused => return Some(UNREGISTERED),
            },
        }
        let request = provider.register_webhook(channel, &self.webhook_url(channel))?;
        match self.ask_provider(request).await {
            Err(error) => {
                tracing::warn!(channel.id = %channel.id, %error, "a channel cannot be reached");
                Some(UNREACHABLE)
            }
            Ok(response) if response.status().is_success() => None,
            Ok(_) => Some(UNREGISTERED),
        }
    }

    /// Calls a provider with what little time a caller of ours waits.
    pub(super) async fn ask_provider(
        &self,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, CallError> {
        self.ports.http.call(request, Reach::Configured, TIMEOUT, ANSWER_BYTES_MAX).await
    }
}
