//! When a bot is asked, and what its answer means (README 8). It is asked about one message at a time: what the user
//! writes meanwhile waits, so that the bot sees it in its order and with the context that it left.

use serde_json::{Value, json};

use super::super::answer;
use super::super::bot::{
    ASKED_MAX, Asked, BotAction, BotAnswer, BotOutcome, BotReply, BotSaid, NewContext, Refused,
    Talk, Terms, WAITING_MAX,
};
use super::super::channel::{Language, MarkdownType};
use super::super::conversation::{Conversation, Effect, Say, Source};
use super::super::flow::{Action, AnswerKind};
use super::super::hook::EventKind;
use super::super::ids::{BotId, FlowId, MessageId};
use super::super::menu::Menu;
use super::super::message::{Failure, Origin, Payment, ToUser};
use super::super::texts::{self, Key};
use super::super::time::Time;
use super::run::Cause;
use super::said::may_start;
use super::{Decision, Facts, Turn};

/// A payment result is kept with what its provider told, if that is not longer than this as JSON.
const PAYMENT_BYTES_MAX: usize = 4 * 1024;

/// A bot answered, or did not. `None`: it is not asked about this message (any more).
pub fn on_bot_answered(
    conversation: Conversation,
    facts: Facts<'_>,
    answer: &BotAnswer,
) -> Option<Decision> {
    let asked = conversation.bot.as_ref()?.asked.as_ref()?;
    if asked.message != answer.message {
        return None;
    }
    let mut turn = Turn::new(conversation, Source::Event, facts);
    match &answer.outcome {
        BotOutcome::Answered(said) => turn.bot_said(said, answer),
        BotOutcome::Unavailable { why } => turn.bot_unavailable(why, answer),
    }
    turn.ask_next();
    Some(turn.finish())
}

impl Turn<'_> {
    /// The channel's bot hears a message: at once, or after those that came before. Without one, or where it is not
    /// reachable (A14, K64), nobody does.
    pub(super) fn ask_bot(&mut self, message: MessageId) {
        let Some((bot, _)) = self.bot() else { return };
        let now = self.facts.now;
        let talk = self.talk();
        let mut again = None;
        match &mut talk.asked {
            None => {
                talk.asked = Some(Asked { bot, message, since: now });
                again = Some((bot, message));
            }
            Some(asked) => {
                if asked.since + ASKED_MAX <= now {
                    asked.since = now;
                    again = Some((asked.bot, asked.message));
                }
                if talk.waiting.len() < WAITING_MAX {
                    talk.waiting.push(message);
                } else {
                    let detail = format!("{WAITING_MAX} messages wait for the bot already");
                    let refused = Refused::new("too_many_waiting", detail);
                    self.tell_bot(&refused, bot, message);
                }
            }
        }
        if let Some((bot, message)) = again {
            self.outbox.effects.push(Effect::Ask { bot, message });
        }
    }

    /// The next message that waits, now that the one before is done with.
    fn ask_next(&mut self) {
        let (bot, now) = (self.bot().map(|(bot, _)| bot), self.facts.now);
        let talk = self.talk();
        talk.asked = None;
        if let Some(bot) = bot
            && !talk.waiting.is_empty()
        {
            let message = talk.waiting.remove(0);
            talk.asked = Some(Asked { bot, message, since: now });
            self.outbox.effects.push(Effect::Ask { bot, message });
        } else {
            talk.waiting.clear();
        }
        // What says nothing is not paid for.
        if self.conversation.bot.as_deref() == Some(&Talk::default()) {
            self.conversation.bot = None;
        }
    }

    fn talk(&mut self) -> &mut Talk {
        self.conversation.bot.get_or_insert_default()
    }

    /// The channel's bot as it is published, if it is reachable from here.
    fn bot(&self) -> Option<(BotId, &Terms)> {
        let bot = self.facts.bot?;
        bot.on(self.facts.channel.id).map(|terms| (bot.id, terms))
    }

    /// In which the gateway speaks for the bot.
    fn bot_language(&self) -> Language {
        let own = self.bot().and_then(|(_, terms)| terms.language);
        own.unwrap_or(self.facts.channel.language)
    }

    fn bot_said(&mut self, said: &BotSaid, answer: &BotAnswer) {
        let talk = self.talk();
        talk.told_unavailable = None;
        talk.options = Vec::new();
        match &said.context {
            NewContext::Same => {}
            NewContext::Is(context) => talk.context = Some(context.clone()),
            NewContext::Gone => talk.context = None,
        }
        for reply in &said.replies {
            self.reply(reply, None, answer.bot);
        }
        match &said.action {
            None => {}
            Some(BotAction::StartFlow(flow)) => self.start_for_bot(*flow, answer),
            Some(BotAction::End) => {
                let talk = self.talk();
                let (asked, waiting) = (talk.asked.take(), std::mem::take(&mut talk.waiting));
                *talk = Talk { asked, waiting, ..Talk::default() };
            }
        }
        for refused in &said.refused {
            self.tell_bot(refused, answer.bot, answer.message);
        }
    }

    fn reply(&mut self, reply: &BotReply, markdown: Option<MarkdownType>, bot: BotId) {
        let origin = Origin::Bot { bot };
        match reply {
            BotReply::Say(content) => {
                let takes_orders = self.facts.channel.provider.takes_orders();
                if let Some(kind) = content.order().filter(|_| !takes_orders) {
                    let failure = unsupported(&format!("this provider takes no {kind}"));
                    return self.fail((**content).clone(), origin, failure);
                }
                self.say_as(markdown, (**content).clone(), origin);
            }
            BotReply::Menu { body, options } => {
                let language = Some(self.bot_language());
                let menu = Menu { markdown, language, body, options };
                self.send_all(menu.messages(self.facts.channel), origin);
                self.talk().options.clone_from(options);
            }
            BotReply::Marked { markdown, reply } => self.reply(reply, Some(*markdown), bot),
            BotReply::Failed { object, failure } => {
                let content = ToUser::Interactive { interactive: object.clone() };
                self.fail(content, origin, failure.clone());
            }
        }
    }

    /// A message that has failed, and the customer is told.
    fn fail(&mut self, content: ToUser, origin: Origin, failure: Failure) {
        let (conversation, channel) = (self.conversation.id, self.conversation.channel);
        let place = self.outbox.effects.len();
        let message = self.outbox.message_id(conversation, place);
        let object = json!({
            "message_id": message, "conversation_id": conversation, "channel_id": channel,
            "direction": "to_user", "to": { "phone_number": self.conversation.address.phone(),
                                            "user_id": self.conversation.bsuid },
            "message": super::content_object(&content), "status": "failed", "error": failure,
            "timestamp": self.facts.now,
        });
        let say = Box::new(Say { content, origin });
        self.outbox.effects.push(Effect::Fail { say, failure });
        self.tell(EventKind::Message, "failed", None, |_| object);
    }

    /// A flow that the bot asks for starts if it may start here and nothing else goes on: a question that is open wins.
    fn start_for_bot(&mut self, wanted: FlowId, answer: &BotAnswer) {
        let channel = self.facts.channel;
        let startable = self
            .facts
            .start
            .filter(|(flow, _, definition)| flow.id == wanted && may_start(definition, channel));
        let refused = match (self.conversation.running(), startable) {
            (Some(process), _) => Refused::new("process_running", process.id.to_string()),
            (None, None) => Refused::new("flow_not_startable", wanted.to_string()),
            (None, Some((flow, version, definition))) => {
                return self.begin(flow, version, definition, &Cause::Bot);
            }
        };
        self.tell_bot(&refused, answer.bot, answer.message);
    }

    /// The user hears once that nobody answers, whatever was written before that.
    fn bot_unavailable(&mut self, why: &str, answer: &BotAnswer) {
        let refused = Refused::new("unavailable", why);
        self.tell_bot(&refused, answer.bot, answer.message);
        let now = self.facts.now;
        let talk = self.talk();
        if talk.told_unavailable.is_some_and(|told| answer.received <= told) {
            return;
        }
        talk.told_unavailable = Some(now);
        let language = self.bot_language();
        let own = self.bot().and_then(|(_, terms)| terms.unavailable_text.clone());
        let text = own.unwrap_or_else(|| texts::text(language, Key::BotUnavailable).to_owned());
        self.say(ToUser::text(text), Origin::Bot { bot: answer.bot });
    }

    /// Tells the customer what a bot did not do, or wanted in vain. A handover that it wants is told as one.
    fn tell_bot(&mut self, refused: &Refused, bot: BotId, message: MessageId) {
        let kind =
            if refused.reason == Refused::HANDOVER { EventKind::Handover } else { EventKind::Bot };
        self.tell(kind, "failed", None, |turn| {
            json!({
                "bot_id": bot, "message_id": message, "conversation_id": turn.conversation.id,
                "phone_number": turn.conversation.address.phone(),
                "waba_phone_number": turn.facts.channel.phone_number,
                "reason": refused.reason, "detail": refused.detail,
            })
        });
    }

    /// Whether the open question is for a payment.
    pub(super) fn awaits_payment(&self) -> bool {
        let question = self.conversation.running().and_then(|process| process.question.as_ref());
        let step = question.zip(self.facts.running).and_then(|(q, d)| d.step(&q.step));
        step.is_some_and(|(_, step)| {
            matches!(step.action, Action::Question { answer: AnswerKind::Payment, .. })
        })
    }

    /// A payment that no question waits for is kept for the bot (contracts 11.5, K50).
    pub(super) fn keep_payment(&mut self, result: &Payment, time: Time) {
        let mut value = answer::payment(result, Some(time));
        if value.to_string().len() > PAYMENT_BYTES_MAX {
            value["raw"] = Value::Null;
        }
        self.talk().last_payment = Some(value);
    }
}

fn unsupported(message: &str) -> Failure {
    let (provider, code) = ("wharf".to_owned(), "unsupported_type".to_owned());
    Failure { provider, code, message: message.to_owned() }
}

#[cfg(test)]
#[path = "bot_tests.rs"]
mod tests;
