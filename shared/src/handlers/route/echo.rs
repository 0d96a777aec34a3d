//! What the business said from its own phone, beside the gateway (coexistence): kept with its conversation and told to
//! the customer. Nothing is sent for it, and no flow takes notice.

use super::Route;
use crate::domain::channel::OpenChannel;
use crate::domain::event::MessageEchoed;
use crate::domain::ids::{ConversationId, MessageId};
use crate::domain::message::{Origin, OutsideWindow, Sending, Status, ToUser};
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::handlers::effects::TRIES;
use crate::handlers::media;
use crate::handlers::receive::follow_status;
use crate::ports::Outcome;
use crate::store::messages::Sent;
use crate::store::statuses::Step;

impl Route {
    pub(super) async fn echo(
        &self,
        channel: &OpenChannel,
        echo: MessageEchoed,
        received: Time,
        deliveries: u32,
    ) -> Result<super::Ended> {
        let provider_id = echo.provider_id.clone();
        let known = self.identity(channel).at(&echo.to, deliveries > 1).await?;
        let mut sending = sending(channel, known.id, echo);
        // One of before the talk went where it is may lie where it was.
        if let Some(place) = known.place_before(sending.time) {
            let id = MessageId::of(place, sending.time, &[provider_id.as_bytes()]);
            if self.store.message(id).await?.is_some() {
                sending.id = id;
            }
        }
        if let ToUser::Media(file) = &mut sending.content {
            let last = deliveries >= media::DELIVERIES_MAX;
            let from = media::From { channel, message: sending.id, received };
            media::copy(&self.store, &*self.http, &*self.media, &from, file, last).await?;
        }
        let is_new = self.keep(channel, &sending, &provider_id).await?;
        // Again after a crash too: what follows is derived, so twice is once.
        let now = self.clock.now();
        self.store.link_provider_id(channel.id, &provider_id, sending.id, now).await?;
        let step = Step { status: Status::Sent, time: sending.time, failure: None };
        let sent = Sent::echoed(sending, provider_id);
        follow_status(&self.store, &*self.queue, channel, &sent, &step, now).await?;
        Ok(if is_new { (Outcome::Event, "") } else { (Outcome::Duplicate, "") })
    }

    /// Stores it with its conversation; false if it is there.
    async fn keep(
        &self,
        channel: &OpenChannel,
        sending: &Sending,
        provider_id: &str,
    ) -> Result<bool> {
        for _ in 0..TRIES {
            if self.store.message(sending.id).await?.is_some() {
                return Ok(false);
            }
            let known = self.identity(channel).at(&sending.to, true).await?;
            if known.id != sending.conversation() {
                // It went elsewhere meanwhile: again from the beginning, under another id.
                break;
            }
            let mut conversation = known.or_new(channel, &sending.to, sending.time, sending.time);
            conversation.active = conversation.active.max(sending.time);
            match self.store.put_echo(sending, provider_id, &conversation).await {
                Err(Error::Changed(_)) => {}
                stored => return stored.map(|()| true),
            }
        }
        Err(Error::Changed("the conversation"))
    }
}

fn sending(channel: &OpenChannel, conversation: ConversationId, echo: MessageEchoed) -> Sending {
    Sending {
        id: MessageId::of(conversation, echo.time, &[echo.provider_id.as_bytes()]),
        channel: channel.id,
        to: echo.to,
        time: echo.time,
        received: None,
        content: echo.content,
        origin: Origin::Phone,
        reply_to: None,
        window_closes: None,
        otherwise: None,
        outside_window: OutsideWindow::Reject,
    }
}
