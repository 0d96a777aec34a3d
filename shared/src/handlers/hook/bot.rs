//! The calls to bots: what a user wrote goes to the customer's server, and its answer back to the conversation (README
//! 8). What is said is looked up when the call is made, so that a job is small and the bot hears the newest context.

use std::sync::Arc;

use super::call::Missing;
use super::{DeliverHook, HookJob, job};
use crate::domain::bot::{Bot, BotAnswer, BotCall, BotOutcome, BotSaid};
use crate::domain::channel::Channel;
use crate::domain::conversation::Conversation;
use crate::domain::event::What;
use crate::domain::message::{FromUser, Received, ToUser};
use crate::domain::time::Time;
use crate::error::Result;
use crate::handlers::manage::content::NewContent;
use crate::handlers::manage::files::{self, FileLink};
use crate::partner::bot::{self, ANSWER_BYTES_MAX, Question, TIMEOUT};
use crate::ports::{Job, QueueName, Reach};
use crate::store::messages::Message;

/// What a call is made of.
struct Asked {
    bot: Option<Arc<Bot>>,
    channel: Arc<Channel>,
    conversation: Conversation,
    message: Received,
}

impl DeliverHook {
    /// One attempt. An answer, or that there will be none, goes to the event queue; else it is tried again.
    pub(super) async fn ask_bot(&self, call: BotCall, failed: u32) -> Result<()> {
        let Some(asked) = Box::pin(self.asked(&call)).await? else { return Ok(()) };
        let received = asked.message.received;
        let outcome = match self.call_bot(&call, &asked).await? {
            Ok(said) => BotOutcome::Answered(Box::new(said)),
            Err(missing) => {
                let (why, retry) = missing.and_then(failed);
                tracing::warn!(
                    bot.id = %call.bot,
                    channel.id = %call.channel,
                    message.id = %call.message,
                    attempt = failed + 1,
                    is_last = retry.is_none(),
                    why,
                    "a bot gave no useful answer"
                );
                if let Some(delay) = retry {
                    let (tenant, failed) = (call.tenant, failed + 1);
                    let id = format!("{}-{failed}", call.id);
                    let body = HookJob::Ask { call: Box::new(call), failed };
                    let job = Job { delay, ..job(tenant, id, &body) };
                    return self.queue.put(QueueName::Hook, vec![job]).await;
                }
                BotOutcome::Unavailable { why }
            }
        };
        if let BotOutcome::Answered(said) = &outcome {
            for refused in &said.refused {
                tracing::warn!(
                    bot.id = %call.bot,
                    channel.id = %call.channel,
                    message.id = %call.message,
                    reason = refused.reason,
                    detail = refused.detail,
                    "a part of a bot's answer is not done"
                );
            }
        }
        let answer = BotAnswer { bot: call.bot, message: call.message, received, outcome };
        let what = What::BotAnswered(Box::new(answer));
        self.back(call.channel, call.conversation(), call.id, what).await
    }

    /// What the call is made of; `None` if nobody waits for its answer any more: it was given already, or all is gone.
    async fn asked(&self, call: &BotCall) -> Result<Option<Asked>> {
        let now = self.clock.now();
        let (conversation, message, channel, bot) = tokio::join!(
            self.store.conversation(call.conversation(), true),
            self.store.message(call.message),
            self.store.cached_channel(call.channel, now),
            self.store.cached_bot(call.tenant, call.bot, now),
        );
        let waits = |conversation: &Conversation| {
            let asked = conversation.bot.as_ref().and_then(|talk| talk.asked.as_ref());
            asked.is_some_and(|asked| asked.message == call.message)
        };
        let (Some(conversation), Some(Message::FromUser(message)), Some(channel)) =
            (conversation?.filter(waits), message?, channel?)
        else {
            return Ok(None);
        };
        Ok(Some(Asked { bot: bot?, channel, conversation, message }))
    }

    async fn call_bot(
        &self,
        call: &BotCall,
        asked: &Asked,
    ) -> Result<std::result::Result<BotSaid, Missing>> {
        let Asked { bot, channel, conversation, message } = asked;
        let Some(terms) = bot.as_ref().and_then(|bot| bot.on(channel.id)) else {
            return Ok(Err(Missing::ForGood("the bot is not published for this channel".into())));
        };
        let start = self.clock.now();
        let link = self.link(message, start).await?;
        let question = Question {
            call,
            terms,
            channel,
            conversation,
            message,
            link: link.as_ref().map(|link| (link.url.as_str(), link.expires_date)),
            api: self.api.as_deref(),
        };
        let keys = self.tenant_keys(call.tenant, start).await?;
        let request = match bot::build(&question, &keys, start) {
            Ok(request) => request,
            Err(error) => return Ok(Err(Missing::ForGood(error.to_string()))),
        };
        let answer = self.http.call(request, Reach::Public, TIMEOUT, ANSWER_BYTES_MAX).await;
        Ok(match answer {
            Ok(response) => {
                bot::read(&response, &own_form).map_err(|error| Missing::ForNow(error.to_string()))
            }
            Err(error) => Err(error.into()),
        })
    }

    /// A link to our copy of the message's file, where it has one and the API's address is known (README 14).
    async fn link(&self, message: &Received, now: Time) -> Result<Option<FileLink>> {
        let FromUser::Media(media) = &message.content else { return Ok(None) };
        let (Some(id), Some(api)) = (media.stored, &self.api) else { return Ok(None) };
        files::link(self.keys.secrets(), api, id, now).await.map(Some)
    }
}

/// A message in a form of `POST /v1/messages`.
fn own_form(object: &serde_json::Value) -> std::result::Result<Vec<ToUser>, String> {
    let content: NewContent = serde_json::from_value(object.clone()).map_err(|e| e.to_string())?;
    content.content(None).map(|content| vec![content]).map_err(|error| error.to_string())
}
