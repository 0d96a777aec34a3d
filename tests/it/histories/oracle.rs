//! What must always hold, looked for in what was seen, told, stored and counted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;
use shared::domain::conversation::Conversation;
use shared::domain::message::{Origin, Status};
use shared::store::messages::{Message, Sent};
use tests::Person;
use tests::stage::Number;

use super::world::{History, RECEIVER};

const MESSAGES_MAX: u32 = 500;

/// What came of histories.
#[derive(Debug, Default)]
pub(super) struct Findings {
    histories: usize,
    calls: usize,
    faults: usize,
    deaths: usize,
    messages: usize,
    hooks: usize,
    /// What did not hold, in sentences.
    pub(super) wrong: Vec<String>,
}

impl Findings {
    pub(super) fn add(&mut self, other: &Self) {
        self.histories += other.histories;
        self.calls += other.calls;
        self.faults += other.faults;
        self.deaths += other.deaths;
        self.messages += other.messages;
        self.hooks += other.hooks;
        self.wrong.extend(other.wrong.iter().cloned());
    }

    fn must(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.wrong.push(otherwise());
        }
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "histories {}, calls {}, faults {} of which deaths {}, messages {}, hooks {}",
            self.histories, self.calls, self.faults, self.deaths, self.messages, self.hooks
        )
    }
}

/// Looks at a history that has come to its end.
pub(super) async fn look(history: &History<'_>) -> Findings {
    let struck = history.bundle.fate.struck();
    let deaths = struck.iter().filter(|(_, fault)| fault.is_death()).count();
    let calls = history.bundle.fate.reached().len();
    let mut findings =
        Findings { histories: 1, calls, faults: struck.len(), deaths, ..Findings::default() };
    let balance = history.shop.get("/v1/audit/balance").await.expect(200);
    let difference = balance["difference"].as_i64().expect("a number");
    // A function that died while it counted may have counted twice; nothing may be missing.
    findings.must(difference <= 0, || format!("{difference} items were lost: {balance}"));
    findings.must(difference == 0 || deaths + struck.len() > 0, || format!("{balance}"));
    let dead = history.bundle.dead_letters();
    findings.must(dead.is_empty(), || format!("given up: {dead:?}"));
    for id in &history.accepted {
        let message = history.shop.get(&format!("/v1/messages/{id}")).await;
        findings.must(message.status == 200, || format!("{id} was accepted and is gone"));
    }
    for (number, people) in &history.talks {
        for person in people {
            if let Some(talk) = number.conversation_if_any(person).await {
                look_at_talk(&mut findings, history, number, person, &talk).await;
            }
        }
    }
    look_at_hooks(&mut findings, history);
    findings
}

async fn look_at_talk(
    findings: &mut Findings,
    history: &History<'_>,
    number: &Number<'_>,
    person: &Person<'_>,
    talk: &Conversation,
) {
    let who = format!("{} with {}", person.number, number.digits);
    findings.must(talk.running().is_none(), || format!("{who}: a run that never ended"));
    let (messages, _) = history.bundle.store.messages(talk.id, MESSAGES_MAX, None).await.unwrap();
    let mut ours: Vec<Sent> = Vec::new();
    let mut theirs = 0;
    for message in messages {
        match message {
            Message::ToUser(sent) => ours.push(sent),
            Message::FromUser(_) => theirs += 1,
        }
    }
    findings.messages += ours.len() + theirs;
    let said = history.bundle.simulator.read(|state| {
        let of_talk = |m: &&simulator::message::Message| {
            m.line == number.digits
                && m.user == person.number
                && matches!(m.entry, simulator::message::Entry::FromUser { .. })
        };
        state.messages.iter().filter(of_talk).count()
    });
    findings.must(said == theirs, || format!("{who}: {said} were written, {theirs} are stored"));
    for sent in &ours {
        let waits = talk.waiting.contains(&sent.sending.id);
        let is_final = matches!(sent.status, Status::Delivered | Status::Read | Status::Failed);
        findings.must(is_final || (waits && sent.status == Status::Queued), || {
            format!("{who}: a message stays {:?}", sent.status)
        });
    }
    look_at_phone(findings, &who, person, &ours);
}

/// Each message is on the phone once, if it was delivered, and those of a flow in their order.
fn look_at_phone(findings: &mut Findings, who: &str, person: &Person<'_>, ours: &[Sent]) {
    let shown = person.shown();
    let delivered = ours.iter().filter(|s| matches!(s.status, Status::Delivered | Status::Read));
    let delivered = delivered.count();
    findings.must(shown.len() >= delivered, || {
        format!("{who}: {delivered} are said to be delivered, {} are shown", shown.len())
    });
    let references: Vec<&str> =
        shown.iter().filter_map(|(_, sent)| sent.client_reference.as_deref()).collect();
    if references.is_empty() {
        // A provider that takes no reference of ours: they can only be counted.
        findings.must(shown.len() <= ours.len(), || {
            format!("{who}: {} were made, {} are shown", ours.len(), shown.len())
        });
        return;
    }
    let once: BTreeSet<&str> = references.iter().copied().collect();
    findings.must(once.len() == shown.len(), || {
        format!("{who}: {} are shown, {} of them once", shown.len(), once.len())
    });
    let place = |sent: &Sent| {
        let id = sent.sending.id.to_string();
        references.iter().position(|reference| reference.contains(&id))
    };
    // The clock stands still while a story does not turn it: what was decided in one moment has no order by time.
    let of_flows = ours.iter().filter(|s| matches!(s.sending.origin, Origin::Process { .. }));
    let places: Vec<(i64, usize)> =
        of_flows.filter_map(|sent| Some((sent.sending.time.seconds(), place(sent)?))).collect();
    let overtakes = places
        .iter()
        .any(|(at, place)| places.iter().any(|(later, next)| later > at && next < place));
    findings.must(!overtakes, || format!("{who}: shown in the order {places:?}"));
}

/// One event, one id; each run begins once and ends once.
fn look_at_hooks(findings: &mut Findings, history: &History<'_>) {
    let mut ids: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for hook in history.shop.hooks(RECEIVER) {
        let json = hook.json.expect("JSON");
        let word = |name: &str| json["data"][name].as_str().map(str::to_owned);
        let kind = json["type"].as_str().unwrap_or_default().to_owned();
        let object =
            if kind.starts_with("message.") { word("message_id") } else { word("process_id") };
        let object = object.or_else(|| id_of(&json["data"])).unwrap_or_default();
        ids.entry((kind, object)).or_default().insert(hook.id.expect("an id"));
    }
    findings.hooks += ids.len();
    let mut ends: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut begun: BTreeSet<&str> = BTreeSet::new();
    for ((kind, object), ids) in &ids {
        findings.must(ids.len() == 1, || format!("{kind} of {object} has the ids {ids:?}"));
        match kind.as_str() {
            "identity_process.created" => {
                begun.insert(object);
            }
            "identity_process.succeeded"
            | "identity_process.failed"
            | "identity_process.expired"
            | "whatsapp_session.canceled" => {
                ends.entry(object).or_default().push(kind);
            }
            _ => {}
        }
    }
    for object in &begun {
        let ends = ends.get(object).map_or(0, Vec::len);
        findings.must(ends == 1, || format!("the run {object} ended {ends} times"));
    }
    findings.must(ends.keys().all(|object| begun.contains(object)), || {
        "a run ended whose begin nobody was told".to_owned()
    });
}

fn id_of(data: &Value) -> Option<String> {
    data["identity_process_id"].as_str().map(str::to_owned)
}
