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
        let as_it_is = |response| Ok(HandedOver { response, asked: None });
        let Some(question) = provider.ask_contact(channel, sending, &response) else {
            return as_it_is(response);
        };
        let host = question.uri().host().unwrap_or_default().to_owned();
        // The message was refused, so that it can be sent again later.
        let answer = self.ask(question).await;
        let answer =
            answer.map_err(|error| CallError::NotSent { host, source: Some(Box::new(error)) })?;
        let Some(id) = provider.read_contact(channel, &answer) else { return as_it_is(response) };
        let to = Address::Phone(id.clone());
        match provider.build(channel, &Sending { to, ..sending.clone() }) {
            Ok(request) => Ok(HandedOver { response: self.ask(request).await?, asked: Some(id) }),
            Err(_) => as_it_is(response),
        }
    }

    pub(super) async fn ask(
        &self,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, CallError> {
        self.http.call(request, Reach::Configured, TIMEOUT, ANSWER_BYTES_MAX).await
    }
}
