//! The main stories, as they are told again and again with something going wrong at another place each time. Whoever
//! plays in them is patient: providers and clients repeat what was not answered, and time passes after each step.

use std::time::Duration;

use serde_json::{Value, json};
use simulator::User;
use simulator::hooks::HookAnswer;
use simulator::message::{FileKind, FromUser};
use simulator::simulator::StoredFile;
use simulator::template::Review;
use tests::clock::{hours, minutes};
use tests::ledger::Ledger;
use tests::stage::{Number, text};
use tests::{Bundle, Customer, Person};

const ALWAYS: &str = "2021-01-01T00:00:00.000Z";
const NUMBER: &str = "573177700000";
const RENUMBERED: &str = "573009998877";
const RECEIVER: &str = "log";
const OUTBOUNDS: &str = "/v1/whatsapp/outbounds";

/// Longer than a job is hidden, a sending is left to its statuses, and four failures put a job off.
const SETTLED: Duration = minutes(12);

/// What the customer wants to be told, in all stories.
const EVENTS: [&str; 12] = [
    "identity_process.created",
    "identity_process.succeeded",
    "identity_process.failed",
    "identity_process.expired",
    "message.received",
    "message.delivered",
    "message.failed",
    "whatsapp_outbound.started",
    "whatsapp_outbound.approved",
    "outbound_template.approved",
    "whatsapp_session.expired",
    "handover.failed",
];

/// Which story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Story {
    /// A text starts a flow; a wrong answer, the right ones, the result's hook.
    Flow,
    /// A flow that asks the customer's server.
    Asking,
    /// An outbound is sent, read, and its button starts a flow.
    Outbound,
    /// An outbound is created, and its approval found by the poll.
    Approval,
    /// Nobody answers; the follow-up comes and is answered with yes.
    FollowedUp,
    /// The same with no.
    Declined,
    /// Nobody answers ever.
    Expired,
    /// A message of the API waits for the user to write.
    Waiting,
    /// A file is asked for, and comes.
    File,
    /// The question cannot reach the user: that is the end of the run.
    Unreachable,
    /// The user has another number: the talk lay under the old one, which somebody had before.
    Renumbered,
    /// The same where the talk lies under the user's id.
    RenumberedById,
    /// A bot answers: with a text, with what is no message, and with a wish that nobody can fulfil.
    Bot,
}

/// Who carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carried {
    Meta,
    SelfServe,
    Enterprise,
}

/// What happens next. After each step time passes, until everything that was repeated, put off or left open must have
/// come to its end.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Says(&'static str),
    Taps(&'static str),
    SendsFile,
    Looks,
    /// Writes, and leaves WhatsApp before anything can be answered.
    LeavesAfter(&'static str),
    /// The client posts a JSON body, and repeats it until it is answered.
    Posts(&'static str, Value),
    /// The phone tells these from now on: the number or not, and the id if there is one.
    Tells(bool, Option<&'static str>),
    /// WhatsApp says that the number is another one, and whoever has that one writes.
    Renumbers,
    SaysRenumbered(&'static str),
    /// WhatsApp approves all templates, and the schedule finds out.
    Approves,
    Waits(Duration),
}

/// Everything is set up.
pub(super) struct Stage<'a> {
    bundle: &'a Bundle,
    shop: Customer<'a>,
    number: Number<'a>,
    ana: Person<'a>,
}

impl Story {
    pub(super) const ALL: [Self; 13] = [
        Self::Flow,
        Self::Asking,
        Self::Outbound,
        Self::Approval,
        Self::FollowedUp,
        Self::Declined,
        Self::Expired,
        Self::Waiting,
        Self::File,
        Self::Unreachable,
        Self::Renumbered,
        Self::RenumberedById,
        Self::Bot,
    ];

    fn questions(self) -> Value {
        let bye = json!({ "id": "bye", "type": "message", "text": "Gracias" });
        let question = |id: &str, answer: &str| json!({ "id": id, "type": "question", "answer": answer, "text": format!("¿{id}?") });
        match self {
            Self::Asking => json!([
                { "id": "face", "type": "webhook", "url": "https://face.customer.example/validate" },
                bye
            ]),
            Self::File => json!([
                { "id": "doc", "type": "media", "accept": ["document"], "text": "Tu documento" },
                bye
            ]),
            Self::Flow => json!([question("correo", "email"), question("edad", "number"), bye]),
            Self::Renumbered | Self::RenumberedById => {
                json!([question("nombre", "text"), question("ciudad", "text"), bye])
            }
            _ => json!([question("nombre", "text"), bye]),
        }
    }

    fn config(self) -> Value {
        match self {
            Self::FollowedUp | Self::Declined => json!({
                "enable_follow_up": true, "follow_up_delay": 45,
                "start_business_hours": ALWAYS, "end_business_hours": ALWAYS,
            }),
            _ => json!({}),
        }
    }

    /// Sets everything up, while nothing goes wrong; and what will happen.
    pub(super) async fn begin(self, bundle: &Bundle, carried: Carried) -> (Stage<'_>, Vec<Step>) {
        let shop = bundle.customer().await;
        let number = match carried {
            Carried::Meta => shop.meta(NUMBER).await,
            Carried::SelfServe => shop.gupshup(NUMBER).await,
            Carried::Enterprise => shop.gupshup_enterprise(NUMBER).await,
        };
        let flow = shop.flow_with(self.config(), self.questions()).await;
        shop.inbound(&number, &flow, "empezar").await;
        shop.hook_rule(RECEIVER, &EVENTS, json!({})).await;
        bundle.simulator.change(|state| {
            let body =
                json!({ "type": "face-recognition", "status": "success", "message": "Bien" });
            let answer = HookAnswer { status: 200, body: Some(body), ..HookAnswer::default() };
            state.receivers.entry("face".to_owned()).or_default().answer = answer;
        });
        if self == Self::Bot {
            let bot = shop.bot("helper", json!({})).await;
            shop.answers_with(&number, &bot).await;
            bundle.simulator.change(|state| {
                let body = json!({ "replies": ["Dime", { "type": "carousel" }], "context": { "a": 1 },
                                   "action": { "type": "handover" } });
                let answer = HookAnswer { status: 200, body: Some(body), ..HookAnswer::default() };
                state.receivers.entry("helper".to_owned()).or_default().answer = answer;
            });
        }
        let ana = number.person("573001234567", "Ana");
        let stage = Stage { bundle, shop, number, ana };
        let mut outbound = None;
        if self == Self::Outbound {
            let made = stage.shop.post(OUTBOUNDS, &new_outbound()).await.expect(201);
            stage.take(&Step::Approves).await;
            outbound = Some(text(&made, "outbound_id"));
        }
        let steps = self.steps(&stage.number.channel, &flow, outbound.as_deref());
        (stage, steps)
    }

    fn steps(self, channel: &str, flow: &str, outbound: Option<&str>) -> Vec<Step> {
        let starts = Step::Says("empezar");
        let followed_up = |answer| {
            let hour = Step::Waits(hours(1));
            vec![Step::Says("empezar"), hour, Step::Taps(answer), Step::Says("Ana")]
        };
        match self {
            Self::Flow => {
                let said = ["empezar", "ana@", "ana@example.com", "33"];
                said.into_iter().map(Step::Says).collect()
            }
            Self::Asking => vec![starts],
            Self::Outbound => {
                let body = json!({
                    "outbound_id": outbound, "phone_number": "3001234567", "country_code": "57",
                    "user_authorized": true, "flow_id": flow, "var": { "name": "Ana" },
                });
                let sends = Step::Posts("/v1/whatsapp/outbounds/send", body);
                vec![sends, Step::Looks, Step::Taps("Empezar"), Step::Says("Ana")]
            }
            Self::Approval => vec![Step::Posts(OUTBOUNDS, new_outbound()), Step::Approves],
            Self::FollowedUp => followed_up("Sí"),
            Self::Declined => followed_up("No"),
            Self::Expired => vec![starts, Step::Waits(hours(26))],
            Self::Waiting => {
                let body = json!({
                    "channel_id": channel, "to": "573001234567", "outside_window": "queue",
                    "message": { "type": "text", "body": "Ya está listo" },
                });
                vec![Step::Posts("/v1/messages", body), Step::Says("Hola")]
            }
            Self::File => vec![starts, Step::SendsFile],
            Self::Unreachable => vec![Step::LeavesAfter("empezar")],
            Self::Renumbered => {
                vec![
                    Step::SaysRenumbered("empezar"),
                    starts,
                    Step::Renumbers,
                    Step::SaysRenumbered("Ana"),
                ]
            }
            Self::RenumberedById => vec![
                Step::Tells(false, Some("CO.73001234567")),
                starts,
                Step::Tells(true, Some("CO.73001234567")),
                Step::Says("Ana"),
                Step::Renumbers,
                Step::SaysRenumbered("Bogotá"),
            ],
            Self::Bot => vec![Step::Says("Hola"), Step::Says("¿Y ahora?")],
        }
    }
}

fn new_outbound() -> Value {
    json!({
        "waba_phone_number": NUMBER, "is_notification": false, "category": "UTILITY",
        "content": "Hola {{.name}}, ¿empezamos?", "template_type": "TEXT",
        "language_code": "es", "outbound_name": "Inicio", "var": { "name": "Ana" },
        "continue_process_message": "Empezar", "cancel_process_message": "Ahora no",
    })
}

impl Stage<'_> {
    /// The same stage in another telling.
    pub(super) fn again<'b>(&self, bundle: &'b Bundle) -> Stage<'b> {
        let number = self.number.in_bundle(bundle);
        // What her phone tells by now goes on.
        let user = bundle.simulator.read(|state| state.users.get(&self.ana.number).cloned());
        let ana = number.person(&self.ana.number, "Ana");
        bundle.simulator.put_user(user.expect("she is there"));
        Stage { bundle, shop: bundle.customer_with(&self.shop.key), number, ana }
    }

    /// Takes a step, and waits until nothing more comes of it.
    pub(super) async fn take(&self, step: &Step) {
        match step {
            Step::Says(words) => {
                self.ana.begins(FromUser::Text { body: (*words).to_owned() });
            }
            Step::Taps(title) => {
                self.ana.begins_tap(title);
            }
            Step::SendsFile => {
                self.ana.begins(self.file());
            }
            Step::LeavesAfter(words) => {
                self.ana.begins(FromUser::Text { body: (*words).to_owned() });
                let number = self.ana.number.clone();
                self.bundle.simulator.change(|state| state.absent.insert(number));
            }
            Step::Tells(shows_number, id) => {
                let scoped_id = id.map(str::to_owned);
                let shows_number = *shows_number;
                let user = User { scoped_id, shows_number, ..User::new(&self.ana.number, "Ana") };
                self.bundle.simulator.put_user(user);
            }
            Step::Renumbers => {
                let system = json!({ "type": "user_changed_number", "wa_id": RENUMBERED });
                let content = FromUser::Other { kind: "system".to_owned(), content: system };
                self.ana.begins(content);
            }
            Step::SaysRenumbered(words) => {
                let ana = self.number.person(RENUMBERED, "Ana");
                ana.begins(FromUser::Text { body: (*words).to_owned() });
            }
            Step::Looks => self.ana.looks().await,
            Step::Posts(path, body) => {
                self.bundle.insists(&self.shop, path, "a-key-of-the-client", body).await;
            }
            Step::Approves => self.approve().await,
            Step::Waits(time) => self.bundle.turn(*time).await,
        }
        self.bundle.turn(SETTLED).await;
    }

    /// What came of it so far.
    pub(super) async fn ledger(&self) -> Ledger {
        Ledger::of(self.bundle, &self.shop, &self.number, &self.ana, RECEIVER).await
    }

    async fn approve(&self) {
        let templates = self.bundle.simulator.read(|state| state.templates.clone());
        for template in templates {
            self.bundle.simulator.decide_template(&template.id, Review::Approved).unwrap();
        }
        self.bundle.turn(SETTLED).await;
        // The first run of the schedule may die, and what it did not reach is due later.
        for _ in 0..2 {
            self.bundle.poll().await;
            self.bundle.turn(hours(6)).await;
        }
    }

    fn file(&self) -> FromUser {
        let bytes = b"a file of a story".to_vec().into();
        let (mime, filename) = ("application/pdf".to_owned(), Some("dni.pdf".to_owned()));
        let stored = StoredFile { mime: mime.clone(), filename: filename.clone(), bytes };
        let file = self.bundle.simulator.put_file(stored);
        FromUser::File { kind: FileKind::Document, file, mime, filename, caption: None }
    }
}
