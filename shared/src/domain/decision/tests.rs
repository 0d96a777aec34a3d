//! Runs played in memory: messages and timers in, what is said and told out.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::domain::channel::{Language, ProviderKind};
use crate::domain::conversation::LastSend;
use crate::domain::fixtures;
use crate::domain::flow::Config;
use crate::domain::ids::{
    ChannelId, FlowId, HookRuleId, InboundId, OutboundId, ProcessId, TenantId,
};
use crate::domain::message::{Context, FromUser, Received};
use crate::domain::outbound::{self, Reply};
use crate::domain::process::{
    FailureReason, FollowUpAnswer, FollowUpStatus, ProcessStatus, StepAnswer, Validation,
    ValidationStatus,
};
use crate::domain::user::{Address, Sender, WaId};

const TENANT: TenantId = TenantId::from_bytes([1; 16]);
const CHANNEL: ChannelId = ChannelId::from_bytes([2; 16]);
const FLOW: FlowId = FlowId::from_bytes([3; 16]);
const OTHER_FLOW: FlowId = FlowId::from_bytes([4; 16]);

/// One user, one channel, two flows, and everything that goes out.
struct Play {
    channel: Channel,
    definition: Definition,
    rules: Vec<HookRule>,
    conversation: Conversation,
    now: Time,
    count: u32,
    said: Vec<String>,
    told: Vec<String>,
    /// Of the last event told (T74: a receiver can order them).
    sequence: Option<u64>,
    timers: Vec<(Timer, Time)>,
}

fn steps() -> serde_json::Value {
    json!([
        { "id": "name", "type": "question", "answer": "text", "text": "Name?" },
        { "id": "plan", "type": "question", "answer": "choice", "text": "Plan?", "max_attempts": 3,
          "options": [{ "id": "a", "title": "Basic" }, { "id": "b", "title": "Pro" }] },
        { "id": "bye", "type": "message", "text": "Thanks" }
    ])
}

fn rule() -> HookRule {
    let events: Vec<_> = [
        ("identity_process", vec!["created", "succeeded", "failed", "expired"]),
        ("whatsapp_session", vec!["started", "expired", "canceled", "restarted"]),
        ("whatsapp_outbound", vec!["approved", "canceled"]),
    ]
    .into_iter()
    .flat_map(|(kind, actions)| {
        actions.into_iter().map(move |action| json!({ "event_type": kind, "event_action": action }))
    })
    .collect();
    serde_json::from_value(json!({
        "id": HookRuleId::from_bytes([5; 16]), "tenant": TENANT, "name": "all", "events": events,
        "action": { "method": "POST", "url": "https://customer.example/hook", "headers": {}, "parameters": {} },
        "schedule_s": [0], "keys": { "current": "sealed", "since": Time::default(), "previous": [] },
        "created": Time::default(), "updated": Time::default(), "version": 1
    }))
    .unwrap()
}

impl Play {
    fn new(steps: serde_json::Value) -> Self {
        let now = Time::parse("2024-03-11T15:00:00Z").unwrap();
        let config = Config { enable_follow_up: true, ..Config::default() };
        let definition = Definition {
            name: "flow".into(),
            language: Language::En,
            channels: Vec::new(),
            config,
            steps: serde_json::from_value(steps).unwrap(),
        };
        let channel = Channel {
            id: CHANNEL,
            tenant: TENANT,
            language: Language::En,
            ..fixtures::channel(ProviderKind::Meta)
        };
        let address = Address::Phone(WaId::parse("573001234567").unwrap());
        Self {
            conversation: Conversation::new(TENANT, CHANNEL, address, now),
            channel,
            definition,
            rules: vec![rule()],
            now,
            count: 0,
            said: Vec::new(),
            told: Vec::new(),
            sequence: None,
            timers: Vec::new(),
        }
    }

    fn flow(id: FlowId, definition: &Definition) -> Flow {
        Flow {
            id,
            tenant: TENANT,
            draft: definition.clone(),
            published: Some(1),
            created: Time::default(),
            updated: Time::default(),
            version: 1,
        }
    }

    fn inbound(flow: FlowId, message: &str) -> Inbound {
        Inbound {
            id: InboundId::from_bytes([6; 16]),
            tenant: TENANT,
            channel: CHANNEL,
            provider: ProviderKind::Meta,
            phone_number: "573177700000".into(),
            flow,
            message: message.into(),
            created: Time::default(),
        }
    }

    fn take(&mut self, decision: Decision) {
        self.said.clear();
        self.told.clear();
        for effect in &decision.effects.effects {
            match effect {
                Effect::Send(say) => self.said.push(match &say.content {
                    ToUser::Text { body, .. } => body.clone(),
                    ToUser::Buttons { body, buttons, .. } => {
                        let titles: Vec<_> = buttons.iter().map(|b| b.title.as_str()).collect();
                        format!("{body} [{}]", titles.join("|"))
                    }
                    ToUser::Template(template) => format!("template {}", template.name),
                    other => other.kind().to_owned(),
                }),
                Effect::Hook(event) => {
                    assert!(event.sequence > self.sequence, "it rises within a conversation");
                    self.sequence = event.sequence;
                    self.told.push(format!("{}.{}", event.kind.as_str(), event.action));
                }
                Effect::Call(call) => self.said.push(format!("call {}", call.url)),
                Effect::Ask { bot, .. } => self.said.push(format!("ask {bot}")),
                Effect::Fail { failure, .. } => self.said.push(format!("fail {}", failure.code)),
                Effect::Reply { reply, .. } => self.told.push(format!("reply {reply:?}")),
                Effect::Release(id) => self.said.push(format!("release {id}")),
            }
        }
        self.timers = decision.timers;
        self.conversation = decision.conversation;
        self.conversation.version += 1; // as saving does
    }

    /// The user sends something.
    fn hear(&mut self, content: FromUser) -> &[String] {
        self.count += 1;
        let inbound = match content.text() {
            Some("start") => Some(Self::inbound(FLOW, "start")),
            Some("other") => Some(Self::inbound(OTHER_FLOW, "other")),
            _ => None,
        };
        let provider_id = format!("wamid.{}", self.count);
        let said = Received {
            id: MessageId::of(self.conversation.id, self.now, &[provider_id.as_bytes()]),
            channel: CHANNEL,
            from: Sender {
                address: self.conversation.address.clone(),
                bsuid: None,
                name: Some("Ana".into()),
                username: None,
            },
            provider_id,
            time: self.now,
            received: self.now,
            content,
            context: Context::default(),
        };
        let wanted =
            starting_flow(&self.conversation, &said.content, inbound.as_ref(), &self.channel);
        let flow = wanted.map(|id| Self::flow(id, &self.definition));
        let cause = said.id.sort();
        let facts = Facts {
            channel: &self.channel,
            now: self.now,
            cause: &cause,
            running: Some(&self.definition),
            start: flow.as_ref().map(|flow| (flow, 1, &self.definition)),
            bot: None,
            inbound: inbound.as_ref(),
            rules: &self.rules,
        };
        let decision = on_message(self.conversation.clone(), facts, &said);
        self.take(decision);
        &self.said
    }

    fn type_in(&mut self, text: &str) -> &[String] {
        self.hear(FromUser::Text { body: text.into() })
    }

    fn tap(&mut self, id: &str) -> &[String] {
        self.hear(FromUser::Choice { id: id.into(), title: "tapped".into() })
    }

    fn wait(&mut self, minutes: u64) {
        self.now = self.now + Duration::from_mins(minutes);
    }

    /// The follow-up's timer fires.
    fn fire(&mut self) -> Due {
        let process = self.process();
        let (id, handed_over) = (process.id, process.question.as_ref().map(|q| q.asked));
        let facts = FollowUpFacts {
            channel: &self.channel,
            now: self.now,
            cause: "fired",
            running: &self.definition,
            still_enabled: self.definition.config.enable_follow_up,
            handed_over,
            outbound: None,
            rules: &self.rules,
        };
        on_follow_up_due(self.conversation.clone(), id, facts)
    }

    /// The follow-up's timer fires and something goes out.
    fn follow_up(&mut self) -> &[String] {
        match self.fire() {
            Due::Decided(decision) => self.take(*decision),
            other => panic!("nothing was decided: {other:?}"),
        }
        &self.said
    }

    fn expire(&mut self) -> Due {
        let process = self.process().id;
        let facts = Facts {
            channel: &self.channel,
            now: self.now,
            cause: "expired",
            running: Some(&self.definition),
            start: None,
            bot: None,
            inbound: None,
            rules: &self.rules,
        };
        on_expiry_due(self.conversation.clone(), process, facts)
    }

    fn process(&self) -> &Process {
        self.conversation.process.as_ref().expect("a process")
    }

    fn payload(&self, word: &str) -> String {
        let process = self.process();
        format!("fu:{}:{}:{word}", process.id, process.follow_up.question)
    }

    fn status(&self) -> (ProcessStatus, Option<FailureReason>) {
        (self.process().status, self.process().failure)
    }
}

/// A flow with its first question open and the follow-up sent.
fn followed_up() -> Play {
    let mut play = Play::new(steps());
    play.type_in("start");
    play.wait(120);
    assert_eq!(play.follow_up(), ["Tienes un proceso activo en curso [Yes|No]"]);
    play
}

/// T1, T7: each question comes after the previous answer fits; an answer that does not fit repeats its question.
#[test]
fn a_user_is_led_through_the_questions() {
    let mut play = Play::new(steps());
    assert_eq!(play.type_in("start"), ["Name?"]);
    assert_eq!(play.told, ["identity_process.created", "whatsapp_session.started"]);
    assert_eq!(play.type_in("Ana"), ["Plan? [Basic|Pro]"]);
    let again = play.type_in("neither").to_vec();
    assert_eq!(again.len(), 2);
    assert_eq!(again[1], "Plan? [Basic|Pro]");
    assert_eq!(play.tap("b"), ["Thanks"]);
    assert_eq!(play.told, ["identity_process.succeeded"]);
    assert_eq!(play.status(), (ProcessStatus::Succeeded, None));
    let values: Vec<_> = play.process().answers.iter().map(|answer| answer.value.clone()).collect();
    assert_eq!(values, [json!("Ana"), json!("b")]);
}

/// T1: too many answers that do not fit end the run as failed.
#[test]
fn too_many_wrong_answers_end_the_run() {
    let mut play = Play::new(steps());
    play.type_in("start");
    play.type_in("Ana");
    play.type_in("1st");
    play.type_in("2nd");
    play.type_in("3rd");
    assert_eq!(play.status(), (ProcessStatus::Failed, Some(FailureReason::MaxAttempts)));
    assert_eq!(play.told, ["identity_process.failed"]);
}

/// T7: the text of a running flow restarts it; the text of another one cancels it.
#[test]
fn an_inbound_restarts_its_flow_and_cancels_another() {
    let mut play = Play::new(steps());
    play.type_in("start");
    let first = play.process().id;
    play.type_in("Ana");
    assert_eq!(play.type_in("start"), ["Name?"]);
    assert_eq!(play.told, ["whatsapp_session.restarted"]);
    assert_eq!(play.process().id, first);
    assert!(play.process().answers.is_empty());
    assert_eq!(play.type_in("other"), ["Name?"]);
    assert_eq!(
        play.told,
        ["whatsapp_session.canceled", "identity_process.created", "whatsapp_session.started"]
    );
    assert_ne!(play.process().id, first);
}

/// A14: a flow that names its channels does not start from another one.
#[test]
fn a_flow_starts_only_from_its_channels() {
    let mut play = Play::new(steps());
    play.definition.channels = vec![ChannelId::from_bytes([9; 16])];
    assert!(play.type_in("start").is_empty());
    assert!(play.conversation.process.is_none());
}

/// T57, T61, T62: a question left open is followed up, and yes asks it again (F1, F6, F10).
#[test]
fn yes_repeats_the_question_once() {
    let mut play = followed_up();
    let yes = play.payload("yes");
    assert_eq!(play.tap(&yes), ["Name?"]);
    assert_eq!(play.status(), (ProcessStatus::Waiting, None));
    assert!(play.tap(&yes).is_empty(), "F6: the second tap is ignored");
    assert_eq!(play.process().follow_up.answer, Some(FollowUpAnswer::Yes));
    play.wait(180);
    assert_eq!(play.fire(), Due::Nothing, "F10: no second follow-up for the question");
}

/// T63: no ends the run (F2), and a later yes finds it over (F7).
#[test]
fn no_ends_the_run() {
    let mut play = followed_up();
    let (yes, no) = (play.payload("yes"), play.payload("no"));
    assert_eq!(play.tap(&no).len(), 1, "a goodbye");
    assert_eq!(play.told, ["identity_process.failed"]);
    assert_eq!(play.status(), (ProcessStatus::Failed, Some(FailureReason::FollowUpDeclined)));
    assert_eq!(play.tap(&yes).len(), 1, "F7: told that it is over");
    assert_eq!(play.status(), (ProcessStatus::Failed, Some(FailureReason::FollowUpDeclined)));
}

/// T61: yes and no may be typed (F3, F4).
#[test]
fn yes_and_no_may_be_typed() {
    for word in ["si", "Sí", "yes", "ok", "sim", "continuar"] {
        assert_eq!(followed_up().type_in(word), ["Name?"], "F3: {word}");
    }
    for word in ["no", "nao", "não", "cancelar"] {
        let mut play = followed_up();
        play.type_in(word);
        assert_eq!(play.status().1, Some(FailureReason::FollowUpDeclined), "F4: {word}");
    }
}

/// T62: anything else after a follow-up answers the open question (F5), and the next one has its own timer (F11).
#[test]
fn anything_else_is_the_answer() {
    let mut play = followed_up();
    let old = play.payload("yes");
    assert_eq!(play.type_in("Ana"), ["Plan? [Basic|Pro]"]);
    assert_eq!(play.process().follow_up.status, FollowUpStatus::Scheduled, "F11");
    assert!(play.tap(&old).is_empty(), "F8: a button of an older question");
    play.wait(120);
    assert_eq!(play.follow_up().len(), 1);
}

/// T64: nobody answers: the run expires (F9), never before its time.
#[test]
fn silence_expires_the_run() {
    let mut play = followed_up();
    assert_eq!(play.expire(), Due::At(play.now + Duration::from_hours(24)));
    play.wait(1440);
    let Due::Decided(decision) = play.expire() else { panic!("not expired") };
    play.take(*decision);
    assert_eq!(play.told, ["identity_process.expired", "whatsapp_session.expired"]);
    assert_eq!(play.status(), (ProcessStatus::Expired, None));
    assert_eq!(play.expire(), Due::Nothing);
}

/// T58, T68: no question open, switched off (F13), or the channel off: nothing goes out.
#[test]
fn nothing_goes_out_without_a_reason() {
    let mut play = Play::new(steps());
    play.definition.config.enable_follow_up = false;
    play.type_in("start");
    assert_eq!(play.process().follow_up.status, FollowUpStatus::None, "T68");

    let mut play = Play::new(steps());
    play.type_in("start");
    play.wait(120);
    play.definition.config.enable_follow_up = false;
    assert_eq!(play.fire(), Due::Nothing, "F13");

    let mut play = Play::new(steps());
    play.type_in("start");
    play.wait(120);
    play.channel.active = false;
    assert_eq!(play.fire(), Due::Nothing);
}

/// T66: never early: a timer that fires too soon looks again at the right time, and an answer moves it (F15, X26).
#[test]
fn a_follow_up_is_never_early() {
    let mut play = Play::new(steps());
    play.type_in("start");
    let asked = play.now;
    play.wait(119);
    assert_eq!(play.fire(), Due::At(asked + Duration::from_hours(2)));
    play.type_in("Ana");
    play.wait(60);
    assert_eq!(play.fire(), Due::At(asked + Duration::from_mins(119 + 120)), "F15");
}

/// T57: a timer that is armed already and fires in time is not armed again.
#[test]
fn timers_are_armed_lazily() {
    let mut play = Play::new(steps());
    play.type_in("start");
    let kinds: Vec<_> =
        play.timers.iter().map(|(timer, _)| matches!(timer, Timer::FollowUp { .. })).collect();
    assert_eq!(kinds, [true, false], "one for the follow-up, one for the expiry");
    play.wait(10);
    play.type_in("Ana");
    assert!(play.timers.is_empty(), "the armed ones will look");
    play.wait(115);
    play.type_in("neither");
    assert_eq!(play.timers.len(), 1, "the armed follow-up has fired meanwhile");
}

/// T55, T56: a button of an outbound acts once; continue starts the flow, cancel does not.
#[test]
fn a_button_of_an_outbound_acts_once() {
    let outbound = OutboundId::from_bytes([7; 16]);
    let send = LastSend {
        outbound,
        send: crate::domain::ids::OutboundSendId::from_bytes([8; 16]),
        flow: Some(FLOW),
        account_id: Some("acc".into()),
        continue_text: Some("Continue".into()),
        cancel_text: Some("Cancel".into()),
        reply: None,
        time: Time::default(),
    };
    let button =
        |payload: String, text: &str| FromUser::TemplateButton { payload, text: text.into() };
    let payload = outbound::payload(outbound, Reply::Continue);
    let mut play = Play::new(steps());
    play.conversation.sends.push(send.clone());
    assert_eq!(play.hear(button(payload.clone(), "Continue")), ["Name?"]);
    assert_eq!(play.told[..2], ["reply Continue", "whatsapp_outbound.approved"]);
    assert_eq!(play.process().account_id.as_deref(), Some("acc"));
    assert!(play.hear(button(payload, "Continue")).is_empty());
    assert!(play.told.is_empty());

    let mut play = Play::new(steps());
    play.conversation.sends.push(send.clone());
    assert!(play.hear(button("Cancel".into(), "Cancel")).is_empty(), "told by what stands on it");
    assert_eq!(play.told, ["reply Cancel", "whatsapp_outbound.canceled"]);
    assert!(play.conversation.process.is_none());
}

/// T75: a customer's server is asked without the user waiting for a question; its result decides.
#[test]
fn a_webhook_step_waits_for_the_server() {
    let steps = json!([
        { "id": "face", "type": "webhook", "url": "https://customer.example/validate" },
        { "id": "bye", "type": "message", "text": "Thanks" }
    ]);
    for (status, expected) in [
        (ValidationStatus::Success, (ProcessStatus::Succeeded, None)),
        (ValidationStatus::Failure, (ProcessStatus::Failed, Some(FailureReason::ValidationFailed))),
    ] {
        let mut play = Play::new(steps.clone());
        assert_eq!(play.type_in("start"), ["call https://customer.example/validate"]);
        assert_eq!(play.status(), (ProcessStatus::Started, None));
        assert_eq!(
            play.process().follow_up.status,
            FollowUpStatus::None,
            "T58: nobody is waited for"
        );
        assert!(play.type_in("hello?").is_empty());
        let answer = StepAnswer {
            process: play.process().id,
            step: "face".into(),
            validation: Some(Validation {
                step: "face".into(),
                kind: "face-recognition".into(),
                status,
                details: json!({}),
                time: play.now,
            }),
            message: None,
        };
        let facts = Facts {
            channel: &play.channel,
            now: play.now,
            cause: "step",
            running: Some(&play.definition),
            start: None,
            bot: None,
            inbound: None,
            rules: &play.rules,
        };
        let decision =
            on_step_answered(play.conversation.clone(), facts, &answer).expect("it waits");
        play.take(decision);
        assert_eq!(play.status(), expected);
        assert_eq!(play.said.len(), 1, "the user is told either way");
    }
}

/// T63: a question that cannot reach the user ends the run.
#[test]
fn a_question_that_cannot_be_sent_ends_the_run() {
    let mut play = Play::new(steps());
    play.type_in("start");
    let message = play.process().question.as_ref().expect("open").message;
    let facts = Facts {
        channel: &play.channel,
        now: play.now,
        cause: "failed",
        running: Some(&play.definition),
        start: None,
        bot: None,
        inbound: None,
        rules: &play.rules,
    };
    let decision =
        on_send_failed(play.conversation.clone(), facts, message).expect("it is the open question");
    play.take(decision);
    assert_eq!(play.status(), (ProcessStatus::Failed, Some(FailureReason::ChannelError)));
}

/// T57: the same cause decided twice makes the same ids.
#[test]
fn ids_of_effects_are_derived() {
    let mut play = Play::new(steps());
    let before = play.conversation.clone();
    play.type_in("start");
    let first = (play.conversation.outbox.clone(), play.process().id);
    play.conversation = before;
    play.count = 0;
    play.sequence = None;
    play.type_in("start");
    assert_eq!((play.conversation.outbox.clone(), play.process().id), first);
    let _: ProcessId = first.1;
}
