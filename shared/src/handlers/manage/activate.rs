//! Tries a channel out when it is saved active (D6-D8): what does not work is a warning, the channel stays active.

use std::time::Duration;

use http::{Request, Response};

use super::Manage;
use crate::domain::channel::OpenChannel;
use crate::ports::{CallError, Reach};
use crate::provider::{self, Check, Registered};

/// For each of the calls: all together stay below what a caller waits for.
const TIMEOUT: Duration = Duration::from_secs(8);
/// The list of a number's templates is what some providers are asked for.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How often a webhook is registered at once.
const REGISTRATIONS_MAX: usize = 2;

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
        self.register(channel).await
    }

    /// Twice where the provider could not be reached or had a fault.
    async fn register(&self, channel: &OpenChannel) -> Option<&'static str> {
        let provider = provider::of(channel.provider);
        let url = self.webhook_url(channel);
        let request = provider.register_webhook(channel, &url)?;
        let mut warning = UNREGISTERED;
        for _ in 0..REGISTRATIONS_MAX {
            let is_worth_another = match self.ask_provider(request.clone()).await {
                Err(error) => {
                    tracing::warn!(channel.id = %channel.id, %error, "a channel cannot be reached");
                    warning = UNREACHABLE;
                    matches!(error, CallError::NotSent { .. })
                }
                Ok(response) => {
                    warning = UNREGISTERED;
                    match provider.read_registered(channel, &url, &response) {
                        Registered::Yes => return None,
                        Registered::NotNow => true,
                        Registered::Refused(reason) => {
                            tracing::warn!(channel.id = %channel.id, reason, "no webhook is registered");
                            false
                        }
                    }
                }
            };
            if !is_worth_another {
                break;
            }
        }
        Some(warning)
    }

    /// Calls a provider with what little time a caller of ours waits.
    pub(super) async fn ask_provider(
        &self,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, CallError> {
        self.ports.http.call(request, Reach::Configured, TIMEOUT, ANSWER_BYTES_MAX).await
    }
}
