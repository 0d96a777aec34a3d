//! The call to the provider itself, and to whom it goes. Not: what its answer means.

use http::{Request, Response};

use super::{ANSWER_BYTES_MAX, Deliver, TIMEOUT};
use crate::domain::channel::OpenChannel;
use crate::domain::message::Sending;
use crate::domain::user::{Address, WaId};
use crate::ports::{CallError, Reach};
use crate::provider;

/// The provider's answer, and what it calls the user where it had to be asked.
pub(super) struct HandedOver {
    pub(super) response: Response<Vec<u8>>,
    pub(super) asked: Option<WaId>,
}

impl Deliver {
    /// Calls the provider; a second time where it did not know the user by this address and says what it calls him.
    pub(super) async fn hand_over(
        &self,
        channel: &OpenChannel,
        sending: &Sending,
        request: Request<Vec<u8>>,
    ) -> Result<HandedOver, CallError> {
        let provider = provider::of(channel.provider);
        let response = self.ask(request).await?;
        match provider.ask_contact(channel, sending, &response) {
            Some(question) => Box::pin(self.look_up(channel, sending, response, question)).await,
            None => Ok(HandedOver { response, asked: None }),
        }
    }

    /// Sends it again to whom the provider names; else what it answered first stands.
    async fn look_up(
        &self,
        channel: &OpenChannel,
        sending: &Sending,
        refused: Response<Vec<u8>>,
        question: Request<Vec<u8>>,
    ) -> Result<HandedOver, CallError> {
        let provider = provider::of(channel.provider);
        let host = question.uri().host().unwrap_or_default().to_owned();
        // The message was refused, so that it can be sent again later.
        let answer = self.ask(question).await;
        let answer =
            answer.map_err(|error| CallError::NotSent { host, source: Some(Box::new(error)) })?;
        let asked = provider.read_contact(channel, &answer);
        let again = asked.clone().and_then(|id| {
            let to = Address::Phone(id);
            provider.build(channel, &Sending { to, ..sending.clone() }).ok()
        });
        match again {
            Some(request) => Ok(HandedOver { response: self.ask(request).await?, asked }),
            None => Ok(HandedOver { response: refused, asked: None }),
        }
    }

    pub(super) async fn ask(
        &self,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, CallError> {
        self.http.call(request, Reach::Configured, TIMEOUT, ANSWER_BYTES_MAX).await
    }
}
