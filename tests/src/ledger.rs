//! What a story came to: what users saw, what customers were told, how far messages and runs came, and whether all that
//! was accepted is accounted for. Without what differs from one telling to the next, which is ids and times.

use std::collections::BTreeMap;

use serde_json::Value;
use shared::domain::conversation::Conversation;
use shared::store::messages::Message;

use crate::people::Person;
use crate::stage::Number;
use crate::{Bundle, Customer};

/// Messages of a conversation that are looked at; more than any story says.
const MESSAGES_MAX: u32 = 200;

/// The end of a story.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    /// What the phone showed, in order.
    pub seen: Vec<String>,
    /// What the receiver was told, each event once whatever its attempts, sorted.
    pub hooks: Vec<String>,
    /// Our messages in the order of their making, with how far they came.
    pub messages: Vec<String>,
    /// What the next decision begins with: the run, the buttons and messages that wait.
    pub talk: String,
    /// Jobs that were given up, and why.
    pub dead: Vec<String>,
}

impl Ledger {
    /// What came of a story with one person and one receiver.
    pub async fn of(
        bundle: &Bundle,
        customer: &Customer<'_>,
        number: &Number<'_>,
        person: &Person<'_>,
        receiver: &str,
    ) -> Self {
        let talk = number.conversation_if_any(person).await;
        Self {
            seen: person.shows(),
            hooks: hooks(customer, receiver),
            messages: messages(bundle, talk.as_ref()).await,
            talk: talk.as_ref().map(in_words).unwrap_or_default(),
            dead: bundle.dead_letters().into_iter().map(|dead| dead.reason).collect(),
        }
    }

    /// How many messages and hooks of another are not in it.
    pub fn misses(&self, other: &Self) -> usize {
        missing(&self.seen, &other.seen) + missing(&self.hooks, &other.hooks)
    }

    /// Where it differs from another, a sentence each; nothing where it does not.
    pub fn differs(&self, other: &Self) -> Vec<String> {
        let lists = [
            ("seen", &self.seen, &other.seen),
            ("hooks", &self.hooks, &other.hooks),
            ("messages", &self.messages, &other.messages),
            ("dead", &self.dead, &other.dead),
        ];
        let mut differences: Vec<String> = lists
            .into_iter()
            .filter(|(_, mine, others)| mine != others)
            .map(|(what, mine, others)| format!("{what}: {mine:#?} and not {others:#?}"))
            .collect();
        if self.talk != other.talk {
            differences.push(format!("talk: {} and not {}", self.talk, other.talk));
        }
        differences
    }
}

/// How many of the expected are not there, each as often as it is expected.
fn missing(there: &[String], expected: &[String]) -> usize {
    let mut left: Vec<&String> = there.iter().collect();
    let mut is_missing = |one: &String| match left.iter().position(|other| *other == one) {
        Some(place) => {
            left.swap_remove(place);
            false
        }
        None => true,
    };
    expected.iter().filter(|one| is_missing(one)).count()
}

/// Each event once. An event that came again must be the same event.
fn hooks(customer: &Customer<'_>, receiver: &str) -> Vec<String> {
    let mut by_id: BTreeMap<String, String> = BTreeMap::new();
    for hook in customer.hooks(receiver) {
        let id = hook.id.expect("every hook has an id");
        let body = hook.json.expect("the body is JSON");
        let words =
            format!("{} {}", body["type"].as_str().unwrap_or_default(), lasting(&body["data"]));
        let known = by_id.entry(id).or_insert_with(|| words.clone());
        assert_eq!(*known, words, "one id, one event");
    }
    let mut hooks: Vec<String> = by_id.into_values().collect();
    hooks.sort();
    hooks
}

async fn messages(bundle: &Bundle, talk: Option<&Conversation>) -> Vec<String> {
    let Some(talk) = talk else { return Vec::new() };
    let page = bundle.store.messages(talk.id, MESSAGES_MAX, None).await;
    let (messages, _) = page.expect("the table can be read");
    let ours = messages.into_iter().rev().filter_map(|message| match message {
        Message::ToUser(sent) => {
            let content = serde_json::to_value(&sent.sending.content).expect("it can be written");
            Some(format!("{} {}", sent.status.as_str(), lasting(&content)))
        }
        Message::FromUser(_) => None,
    });
    ours.collect()
}

fn in_words(talk: &Conversation) -> String {
    // What is kept only to be done again, and when timers fire, is no difference to anybody.
    let bare = Conversation {
        outbox: Vec::new(),
        version: 0,
        follow_up_armed: None,
        expiry_armed: None,
        waiting: Vec::new(),
        ..talk.clone()
    };
    let words = lasting(&serde_json::to_value(bare).expect("it can be written"));
    format!("{words} {} wait", talk.waiting.len())
}

/// Without ids and times, which no two tellings have in common.
fn lasting(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, _)| !is_passing(name));
            Value::Object(kept.map(|(name, value)| (name.clone(), lasting(value))).collect())
        }
        Value::Array(values) => values.iter().map(lasting).collect(),
        Value::String(text) if text.starts_with("fu:") || text.starts_with("ob:") => "…".into(),
        other => other.clone(),
    }
}

fn is_passing(name: &str) -> bool {
    const PASSING: [&str; 20] = [
        "id",
        "time",
        "to",
        "context",
        "timestamp",
        "sequence",
        "due",
        "asked",
        "sent",
        "send_at",
        "created",
        "updated",
        "expires",
        "active",
        "last_user_message",
        "message",
        "conversation",
        "send",
        "inbound",
        "account",
    ];
    PASSING.contains(&name) || ["_date", "_at", "_id"].iter().any(|end| name.ends_with(end))
}
