//! A bot and a user, played in memory.

use std::time::Duration;

use super::*;
use crate::domain::bot::{Bot, Published};
use crate::domain::channel::{Channel, ProviderKind};
use crate::domain::fixtures;
use crate::domain::flow::{Config, Definition, Flow};
use crate::domain::ids::{ChannelId, TenantId};
use crate::domain::message::{Choice, Context, FromUser, Received};
use crate::domain::use_case::UseCase;
use crate::domain::user::{Address, Sender, WaId};

const TENANT: TenantId = TenantId::from_bytes([1; 16]);
const CHANNEL: ChannelId = ChannelId::from_bytes([2; 16]);
const FLOW: FlowId = FlowId::from_bytes([3; 16]);
const BOT: BotId = BotId::from_bytes([4; 16]);

struct Play {
    channel: Channel,
    bot: Bot,
    flow: Flow,
    conversation: Conversation,
    now: Time,
    count: u64,
    /// What the last decision does, in words.
    done: Vec<String>,
}

impl Play {
    fn new() -> Self {
        let now = Time::parse("2024-03-11T15:00:00Z").unwrap();
        let terms = Terms {
            name: "b".into(),
            url: "https://helper.example/".into(),
            language: None,
            unavailable_text: None,
            training: None,
            channels: Vec::new(),
        };
        let published = Some(Published { number: 1, terms: terms.clone() });
        let steps = json!([{ "id": "q", "type": "question", "answer": "text", "text": "Name?" }]);
        let draft = Definition {
            name: "f".into(),
            language: Language::En,
            channels: Vec::new(),
            config: Config::default(),
            steps: serde_json::from_value(steps).unwrap(),
        };
        let (created, updated, version) = (now, now, 1);
        let address = Address::Phone(WaId::parse("573001234567").unwrap());
        Self {
            channel: Channel {
                id: CHANNEL,
                tenant: TENANT,
                language: Language::En,
                use_case: Some(UseCase::Bot(BOT)),
                ..fixtures::channel(ProviderKind::Meta)
            },
            bot: Bot {
                id: BOT,
                tenant: TENANT,
                draft: terms,
                published,
                created,
                updated,
                version,
            },
            flow: Flow {
                id: FLOW,
                tenant: TENANT,
                draft,
                published: Some(1),
                created,
                updated,
                version,
            },
            conversation: Conversation::new(TENANT, CHANNEL, address, now),
            now,
            count: 0,
            done: Vec::new(),
        }
    }

    fn take(&mut self, decision: Decision) {
        let words = |effect: &Effect| match effect {
            Effect::Send(say) => match &say.content {
                ToUser::Text { body, .. } => body.clone(),
                other => other.kind().to_owned(),
            },
            Effect::Ask { message, .. } => format!("ask {}", self.number(*message)),
            Effect::Fail { failure, .. } => format!("fail {}", failure.code),
            other => panic!("unexpected: {other:?}"),
        };
        self.done = decision.effects.effects.iter().map(words).collect();
        self.conversation = decision.conversation;
        self.conversation.version += 1;
    }

    /// Messages are counted from 1.
    fn message(&self, number: u64) -> MessageId {
        MessageId::of(self.conversation.id, Time::from_millis(0), &[&number.to_be_bytes()])
    }

    fn number(&self, message: MessageId) -> u64 {
        (1..=self.count).find(|number| self.message(*number) == message).expect("a message")
    }

    fn facts<'a>(&'a self, cause: &'a str, start: bool) -> Facts<'a> {
        let running = self.conversation.running().is_some();
        Facts {
            channel: &self.channel,
            now: self.now,
            cause,
            running: running.then_some(&self.flow.draft),
            start: start.then_some((&self.flow, 1, &self.flow.draft)),
            bot: Some(&self.bot),
            inbound: None,
            rules: &[],
        }
    }

    fn hear(&mut self, content: FromUser) -> &[String] {
        self.count += 1;
        let address = self.conversation.address.clone();
        let said = Received {
            id: self.message(self.count),
            channel: CHANNEL,
            from: Sender { address, bsuid: None, name: None, username: None },
            provider_id: self.count.to_string(),
            time: self.now,
            received: self.now,
            content,
            context: Context::default(),
        };
        let cause = said.id.sort();
        let facts = self.facts(&cause, false);
        let decision = super::super::on_message(self.conversation.clone(), facts, &said);
        self.take(decision);
        &self.done
    }

    fn says(&mut self, body: &str) -> &[String] {
        self.hear(FromUser::Text { body: body.into() })
    }

    /// The bot's answer to a message arrives; false if nobody waits for it.
    fn outcome(&mut self, number: u64, outcome: BotOutcome) -> bool {
        let message = self.message(number);
        let answer = BotAnswer { bot: BOT, message, received: self.now, outcome };
        let facts = self.facts("answered", true);
        let Some(decision) = on_bot_answered(self.conversation.clone(), facts, &answer) else {
            return false;
        };
        self.take(decision);
        true
    }

    fn answers(&mut self, number: u64, said: BotSaid) -> &[String] {
        assert!(self.outcome(number, BotOutcome::Answered(Box::new(said))));
        &self.done
    }

    fn talk(&self) -> &Talk {
        self.conversation.bot.as_deref().expect("a talk")
    }
}

fn text(body: &str) -> BotSaid {
    let replies = vec![BotReply::Say(Box::new(ToUser::text(body)))];
    BotSaid { replies, ..BotSaid::default() }
}

/// README 8: one message at a time, in their order; an answer that nobody waits for does nothing.
#[test]
fn a_bot_is_asked_about_one_message_at_a_time() {
    let mut play = Play::new();
    assert_eq!(play.says("a"), ["ask 1"]);
    assert_eq!(play.says("b"), [""; 0]);
    assert_eq!(play.says("c"), [""; 0]);
    assert_eq!(play.answers(1, text("A")), ["A", "ask 2"]);
    assert!(!play.outcome(1, BotOutcome::Answered(Box::new(text("again")))), "it was answered");
    assert!(!play.outcome(3, BotOutcome::Answered(Box::new(text("early")))), "it waits");
    assert_eq!(play.answers(2, BotSaid::default()), ["ask 3"]);
    assert_eq!(play.answers(3, text("C")), ["C"]);
    assert_eq!(play.conversation.bot, None, "nothing is kept for nothing");
}

/// The list of those that wait is bounded, and a call that was lost is made again.
#[test]
fn waiting_has_a_limit_in_number_and_in_time() {
    let mut play = Play::new();
    for _ in 0..=WAITING_MAX + 3 {
        play.says("x");
    }
    assert_eq!(play.talk().waiting.len(), WAITING_MAX);
    play.now = play.now + ASKED_MAX.saturating_sub(Duration::from_millis(1));
    assert_eq!(play.says("y"), [""; 0]);
    play.now = play.now + Duration::from_millis(1);
    assert_eq!(play.says("z"), ["ask 1"]);
    assert_eq!(play.says("z"), [""; 0], "once");
}

/// A14, K64: what is not published, or not for this channel, is not asked, and what waits for it is let go.
#[test]
fn a_bot_that_is_not_reachable_is_not_asked() {
    let mut play = Play::new();
    play.says("a");
    play.says("b");
    let published = play.bot.published.take();
    assert_eq!(play.answers(1, text("A")), ["A"]);
    assert_eq!(play.says("c"), [""; 0]);
    play.bot.published = published;
    play.bot.published.as_mut().unwrap().terms.channels = vec![ChannelId::from_bytes([9; 16])];
    assert_eq!(play.says("d"), [""; 0]);
    play.bot.published.as_mut().unwrap().terms.channels.push(CHANNEL);
    assert_eq!(play.says("e"), ["ask 5"]);
}

/// README 8: an open question wins over the bot, and over a flow that the bot wants.
#[test]
fn an_open_question_wins() {
    let mut play = Play::new();
    let start = || BotSaid { action: Some(BotAction::StartFlow(FLOW)), ..text("Let us begin") };
    play.says("a");
    play.says("b");
    assert_eq!(play.answers(1, start()), ["Let us begin", "Name?", "ask 2"]);
    assert_eq!(play.answers(2, start()), ["Let us begin"], "one goes on already");
    assert_eq!(play.says("Ana"), [""; 0], "the flow heard it");
    assert_eq!(play.says("more"), ["ask 4"]);
}

/// K53, D24: a menu is laid out and remembered for the next answer only.
#[test]
fn a_menu_is_remembered_until_the_next_answer() {
    let mut play = Play::new();
    let option = |id: &str| Choice { id: id.into(), title: id.into(), description: None };
    let options = vec![option("a"), option("b")];
    let menu = BotReply::Menu { body: "Choose".into(), options: options.clone() };
    play.says("a");
    assert_eq!(
        play.answers(1, BotSaid { replies: vec![menu], ..BotSaid::default() }),
        ["interactive"]
    );
    assert_eq!(play.talk().options, options);
    play.says("b");
    play.answers(2, text("ok"));
    assert_eq!(play.conversation.bot, None);
}

/// K46: orders go to the provider that takes them, and fail elsewhere.
#[test]
fn only_one_provider_takes_orders() {
    let order = json!({ "type": "order_details" });
    let order = BotReply::Say(Box::new(ToUser::Interactive { interactive: order }));
    for (provider, done) in
        [(ProviderKind::Gupshup, "interactive"), (ProviderKind::Meta, "fail unsupported_type")]
    {
        let mut play = Play::new();
        play.channel.provider = provider;
        play.says("a");
        let said = BotSaid { replies: vec![order.clone()], ..BotSaid::default() };
        assert_eq!(play.answers(1, said), [done]);
    }
}

/// README 8: nobody hears twice that the bot does not answer what was written before.
#[test]
fn that_nobody_answers_is_said_once() {
    let mut play = Play::new();
    let gone = || BotOutcome::Unavailable { why: "status 500".into() };
    play.says("a");
    play.says("b");
    let words = "We cannot answer right now. Please try again in a few minutes.";
    assert!(play.outcome(1, gone()));
    assert_eq!(play.done, [words, "ask 2"]);
    assert!(play.outcome(2, gone()));
    assert_eq!(play.done, [""; 0], "it was written before");
    play.now = play.now + Duration::from_secs(1);
    play.bot.published.as_mut().unwrap().terms.unavailable_text = Some("Back at nine".into());
    play.says("c");
    assert!(play.outcome(3, gone()));
    assert_eq!(play.done, ["Back at nine"]);
}

fn payment(raw: Value) -> FromUser {
    FromUser::Payment(Payment {
        transaction_id: None,
        reference_id: "r-1".into(),
        amount_minor: 300,
        offset: 100,
        currency: "INR".into(),
        transaction_type: None,
        status: "success".into(),
        raw,
    })
}

/// K50, contracts 11.5: a payment that no question waits for is kept beside the context, which no answer wipes; it is
/// no answer to another question.
#[test]
fn a_payment_is_kept_and_is_no_answer() {
    let mut play = Play::new();
    assert_eq!(play.hear(payment(json!({ "a": 1 }))), ["ask 1"]);
    let context = BotSaid { context: NewContext::Is(json!({ "b": 2 })), ..BotSaid::default() };
    play.answers(1, context);
    let told = play.talk().told_context();
    assert_eq!((&told["b"], &told["last_payment"]["amount"]), (&json!(2), &json!("3.00")));
    assert_eq!(told["last_payment"]["raw"], json!({ "a": 1 }));
    play.hear(payment(json!({ "a": "x".repeat(PAYMENT_BYTES_MAX) })));
    assert_eq!(play.talk().told_context()["last_payment"]["raw"], Value::Null, "too long");
    let start = BotSaid { action: Some(BotAction::StartFlow(FLOW)), ..BotSaid::default() };
    assert_eq!(play.answers(2, start), ["Name?"]);
    assert_eq!(play.hear(payment(json!({}))), [""; 0]);
    assert_eq!(play.conversation.process.as_ref().unwrap().question.as_ref().unwrap().attempts, 0);
    play.says("Ana");
    play.says("b");
    let end = BotSaid { action: Some(BotAction::End), ..text("Bye") };
    assert_eq!(play.answers(5, end), ["Bye"]);
    assert_eq!(play.conversation.bot, None);
}
