//! What a user's message means: in the order of contracts 2.3, the first that fits.

use super::super::channel::Channel;
use super::super::conversation::{Conversation, Effect, LastSend, Source};
use super::super::hook::EventKind;
use super::super::ids::{FlowId, ProcessId};
use super::super::inbound::Inbound;
use super::super::message::{FromUser, Origin, Received, ToUser};
use super::super::outbound::{self, Reply};
use super::super::process::{FollowUpAnswer, FollowUpStatus, ProcessStatus};
use super::super::text;
use super::super::texts::{self, Key};
use super::super::use_case::UseCase;
use super::follow_up;
use super::menu::is_wrong;
use super::objects::{MessageView, message_object};
use super::run::Cause;
use super::{Decision, Facts, Turn};

/// What a message is taken for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Meaning<'a> {
    /// A button of an outbound.
    Tap {
        send: &'a LastSend,
        reply: Reply,
    },
    /// A button of a follow-up, maybe an old one.
    FollowUpButton {
        process: ProcessId,
        number: u32,
        answer: FollowUpAnswer,
    },
    /// A typed yes or no while a follow-up waits for one.
    FollowUpWord(FollowUpAnswer),
    Inbound(&'a Inbound),
    /// Of the open question.
    Answer,
    /// Nothing else wants it: the channel's use case does.
    Default(UseCase),
    Nothing,
}

/// The flow that this message would start: the caller loads it for [`on_message`].
pub fn starting_flow(
    conversation: &Conversation,
    said: &FromUser,
    inbound: Option<&Inbound>,
    channel: &Channel,
) -> Option<FlowId> {
    match meaning(conversation, said, inbound, channel) {
        Meaning::Tap { send, reply: Reply::Continue } => send.flow,
        Meaning::Inbound(inbound) => Some(inbound.flow),
        Meaning::Default(use_case) => use_case.flow(),
        Meaning::Tap { reply: Reply::Cancel, .. }
        | Meaning::FollowUpButton { .. }
        | Meaning::FollowUpWord(_)
        | Meaning::Answer
        | Meaning::Nothing => None,
    }
}

/// A user wrote.
pub fn on_message(mut conversation: Conversation, facts: Facts<'_>, said: &Received) -> Decision {
    note_sender(&mut conversation, said);
    // Decided on a copy, because acting changes the conversation that the meaning borrows.
    let before = conversation.clone();
    let mut turn = Turn::new(conversation, Source::Event, facts);
    if said.content.opens_window() {
        let waiting = std::mem::take(&mut turn.conversation.waiting);
        turn.outbox.effects.extend(waiting.into_iter().map(Effect::Release));
    }
    let (said, answered) = turn.read_menu(said);
    turn.tell(EventKind::Message, "received", None, |_| {
        message_object(&MessageView::FromUser(&said))
    });
    if let FromUser::Payment(result) = &said.content
        && !turn.awaits_payment()
    {
        turn.keep_payment(result, said.time);
        // The provider speaks, not the user: it is no answer to another question.
        if turn.conversation.running().is_some() {
            return turn.finish();
        }
    }
    if said.content.is_utterance() {
        let meaning = meaning(&before, &said.content, facts.inbound, facts.channel);
        let (is_unwanted, starts_flow) = (meaning == Meaning::Nothing, facts.inbound.is_some());
        if is_wrong(answered.as_ref(), is_unwanted, starts_flow) {
            turn.show_menu_again();
        } else {
            turn.act(meaning, &said);
        }
    }
    turn.finish()
}

/// Who wrote, and from when the service window counts.
fn note_sender(conversation: &mut Conversation, said: &Received) {
    conversation.address = said.from.address.clone();
    if let Some(bsuid) = said.from.bsuid() {
        conversation.bsuid = Some(bsuid.clone());
    }
    if said.from.name.is_some() {
        conversation.name.clone_from(&said.from.name);
    }
    if said.content.opens_window() {
        // The provider's time counts, but a clock of its that is ahead must not open the window longer.
        let spoken = said.time.min(said.received);
        conversation.last_user_message = conversation.last_user_message.max(Some(spoken));
    }
}

fn meaning<'a>(
    conversation: &'a Conversation,
    said: &'a FromUser,
    inbound: Option<&'a Inbound>,
    channel: &Channel,
) -> Meaning<'a> {
    if let Some(meaning) = said.payload().and_then(|payload| button(conversation, payload)) {
        return meaning;
    }
    if let Some(meaning) = follow_up_word(conversation, said) {
        return meaning;
    }
    if let Some((send, reply)) = visible_button(conversation, said) {
        return Meaning::Tap { send, reply };
    }
    if let Some(inbound) = inbound {
        return Meaning::Inbound(inbound);
    }
    match (conversation.running(), channel.use_case) {
        (Some(_), _) => Meaning::Answer,
        (None, Some(use_case)) => Meaning::Default(use_case),
        (None, None) => Meaning::Nothing,
    }
}

/// Payloads that are ours.
fn button<'a>(conversation: &'a Conversation, payload: &str) -> Option<Meaning<'a>> {
    if let Some((process, number, answer)) = follow_up::read_payload(payload) {
        return Some(Meaning::FollowUpButton { process, number, answer });
    }
    let (outbound, reply) = outbound::read_payload(payload)?;
    let send = conversation.sends.iter().rev().find(|send| send.outbound == outbound);
    // One that is too old to be remembered must not be taken for the last one because their texts are alike.
    Some(send.map_or(Meaning::Nothing, |send| Meaning::Tap { send, reply }))
}

/// A typed yes or no, or the title of a button that carries no payload, while a follow-up waits (F3, F4).
fn follow_up_word<'a>(conversation: &Conversation, said: &FromUser) -> Option<Meaning<'a>> {
    let follow_up = &conversation.running()?.follow_up;
    if follow_up.status != FollowUpStatus::Sent || follow_up.answer.is_some() {
        return None;
    }
    match said {
        FromUser::Text { body } => texts::yes_or_no(body).map(Meaning::FollowUpWord),
        FromUser::TemplateButton { text, .. } => {
            let same = |title: &Option<String>| {
                title.as_deref().is_some_and(|t| text::normal(t) == text::normal(text))
            };
            if same(&follow_up.yes_text) {
                Some(Meaning::FollowUpWord(FollowUpAnswer::Yes))
            } else if same(&follow_up.no_text) {
                Some(Meaning::FollowUpWord(FollowUpAnswer::No))
            } else {
                None
            }
        }
        _ => None,
    }
}

/// A button of the last outbound, told by what stands on it: some providers carry no payload (contracts 3.1).
fn visible_button<'a>(
    conversation: &'a Conversation,
    said: &FromUser,
) -> Option<(&'a LastSend, Reply)> {
    let FromUser::TemplateButton { text, .. } = said else { return None };
    let send = conversation.sends.last()?;
    let same = |title: &Option<String>| {
        title.as_deref().is_some_and(|t| text::normal(t) == text::normal(text))
    };
    if same(&send.continue_text) {
        Some((send, Reply::Continue))
    } else if same(&send.cancel_text) {
        Some((send, Reply::Cancel))
    } else {
        None
    }
}

impl Turn<'_> {
    fn act(&mut self, meaning: Meaning<'_>, said: &Received) {
        match meaning {
            Meaning::Tap { send, reply } => self.tapped(send, reply),
            Meaning::FollowUpButton { process, number, answer } => {
                self.follow_up_button(process, number, answer);
            }
            Meaning::FollowUpWord(answer) => self.follow_up_answered(answer),
            Meaning::Inbound(inbound) => self.start_or_answer(&Cause::Inbound(inbound.id), said),
            Meaning::Answer => self.answer_open_question(said),
            Meaning::Default(UseCase::Flow(_)) => self.start_or_answer(&Cause::Default, said),
            Meaning::Default(UseCase::Bot(_)) => self.ask_bot(said.id),
            Meaning::Nothing => {}
        }
    }

    /// Starts the flow, if it may start here (A14); otherwise the message is as good an answer as any, and where
    /// nothing is asked, as good a word to the bot.
    fn start_or_answer(&mut self, cause: &Cause<'_>, said: &Received) {
        match self.facts.start {
            Some((flow, version, definition)) if may_start(definition, self.facts.channel) => {
                self.begin(flow, version, definition, cause);
            }
            Some(_) | None if self.conversation.running().is_some() => {
                self.answer_open_question(said);
            }
            Some(_) | None => self.ask_bot(said.id),
        }
    }

    fn answer_open_question(&mut self, said: &Received) {
        let waiting =
            self.conversation.running().filter(|p| p.status == ProcessStatus::Waiting).cloned();
        if let (Some(process), Some(definition)) = (waiting, self.facts.running) {
            self.answer(process, definition, said);
        }
    }

    /// A button of an outbound: acts once, whatever comes how often (T55, T56).
    fn tapped(&mut self, send: &LastSend, reply: Reply) {
        if send.reply.is_some() {
            return;
        }
        for kept in &mut self.conversation.sends {
            if kept.send == send.send {
                kept.reply = Some(reply);
            }
        }
        self.outbox.effects.push(Effect::Reply { send: send.send, reply });
        let object = |turn: &Self| {
            serde_json::json!({
                "outbound_id": send.outbound, "outbound_message_id": send.send, "account_id": send.account_id,
                "conversation_id": turn.conversation.id, "phone_number": turn.conversation.address.phone(),
                "waba_phone_number": turn.facts.channel.phone_number, "flow_id": send.flow, "platform": "whatsapp",
                "reply": reply,
            })
        };
        match reply {
            Reply::Continue => {
                self.tell(EventKind::WhatsappOutbound, "approved", send.flow, object);
                if let Some((flow, version, definition)) = self.facts.start {
                    let account_id = send.account_id.as_deref();
                    let cause = Cause::Outbound { send: send.send, account_id };
                    self.begin(flow, version, definition, &cause);
                }
            }
            Reply::Cancel => self.tell(EventKind::WhatsappOutbound, "canceled", send.flow, object),
        }
    }

    /// Says one of the built-in texts in the language of the channel.
    pub(super) fn say_text(&mut self, key: Key, process: ProcessId) {
        let language = self.facts.running.map_or(self.facts.channel.language, |d| d.language);
        let origin = Origin::Process { process, question: None };
        self.say(ToUser::text(texts::text(language, key)), origin);
    }
}

pub(super) fn may_start(definition: &super::super::flow::Definition, channel: &Channel) -> bool {
    definition.channels.is_empty() || definition.channels.contains(&channel.id)
}
