//! Conformance: the same behaviours over every provider, each told over the whole gateway against the simulated
//! provider. What a provider has no form for is said so, in words; nothing is left out. The table in README.md is what
//! this suite found.

mod guarded;
mod heard;
mod said;
mod table;
mod templates;
mod troubled;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde_json::{Value, json};
use simulator::WebhookPost;
use simulator::fault::{PostFault, SendFault};
use simulator::people::BatchItem;
use simulator::post::What;
use tests::people::Person;
use tests::stage::{Number, text};
use tests::{Bundle, Customer};
use tokio::task::{JoinError, LocalSet};

use self::table::Cell;

/// The carriers, as their columns are called.
const CARRIERS: [&str; 9] = [
    "Gupshup enterprise",
    "Gupshup self-serve",
    "Gupshup partner",
    "Cloud API",
    "Infobip",
    "Karix",
    "360dialog v2",
    "360dialog v1",
    "AWS",
];

const DIGITS: &str = "573177700000";
const USER: &str = "573001234567";

/// One number at one provider, and a user who has just written to it.
struct Stage<'a> {
    bundle: &'a Bundle,
    shop: Customer<'a>,
    number: Number<'a>,
    ana: Person<'a>,
    conversation: String,
}

/// A behaviour as it is called in the table, and its story.
struct Behaviour {
    name: &'static str,
    story: for<'a> fn(&'a Stage<'a>) -> Story<'a>,
}

type Story<'a> = Pin<Box<dyn Future<Output = Cell> + 'a>>;

/// README 11, 17; style of all rows K and D that hold for every provider: what is promised is shown on each of them.
#[tokio::test]
async fn every_provider_behaves_alike() {
    let behaviours: Vec<&'static Behaviour> =
        [&guarded::ALL[..], &heard::ALL, &said::ALL, &troubled::ALL, &templates::ALL]
            .into_iter()
            .flatten()
            .collect();
    assert!(behaviours.len() >= 40, "{}", behaviours.len());
    let (mut rows, mut broken) = (Vec::new(), Vec::new());
    for behaviour in behaviours {
        let mut cells = Vec::new();
        for carrier in CARRIERS {
            match told(behaviour, carrier).await {
                Ok(cell) => cells.push(cell),
                // The others go on: one run tells all that is broken.
                Err(_) => broken.push(format!("{}: {carrier}", behaviour.name)),
            }
        }
        rows.push((behaviour.name, cells));
    }
    assert!(broken.is_empty(), "these do not hold:\n{}", broken.join("\n"));
    table::check(&CARRIERS, &rows);
}

/// One behaviour at one provider, in a world of its own.
async fn told(behaviour: &'static Behaviour, carrier: &'static str) -> Result<Cell, JoinError> {
    let story = async move {
        let bundle = Bundle::start().await;
        let stage = Stage::set(&bundle, carrier).await;
        let cell = (behaviour.story)(&stage).await;
        stage.nothing_is_lost(&format!("{}: {carrier}", behaviour.name)).await;
        cell
    };
    let world = LocalSet::new();
    let told = world.spawn_local(story);
    world.await;
    told.await
}

impl<'a> Stage<'a> {
    async fn set(bundle: &'a Bundle, carrier: &str) -> Self {
        let shop = bundle.customer().await;
        let number = match carrier {
            "Gupshup enterprise" => shop.gupshup_enterprise(DIGITS).await,
            "Gupshup self-serve" => shop.gupshup(DIGITS).await,
            "Gupshup partner" => shop.gupshup_partner(DIGITS).await,
            "Cloud API" => shop.meta(DIGITS).await,
            "Infobip" => shop.infobip(DIGITS).await,
            "Karix" => shop.karix(DIGITS).await,
            "360dialog v2" => shop.dialog360(DIGITS).await,
            "360dialog v1" => shop.dialog360_v1(DIGITS).await,
            "AWS" => shop.aws_social(DIGITS).await,
            other => panic!("nobody knows {other}"),
        };
        let ana = number.person(USER, "Ana");
        ana.says("hola").await;
        // What follows is later, so that lists have one order.
        bundle.turn(Duration::from_secs(5)).await;
        let conversation = number.conversation(&ana).await.id.to_string();
        Self { bundle, shop, number, ana, conversation }
    }

    /// Whatever happened: each item of each webhook is accounted for, and no job was given up.
    async fn nothing_is_lost(&self, told: &str) {
        let balance = self.shop.get("/v1/audit/balance").await.expect(200);
        assert_eq!(balance["difference"], 0, "{told}: {balance}");
        assert!(self.bundle.dead_letters().is_empty(), "{told}: {:?}", self.bundle.dead_letters());
    }

    /// The messages of the conversation that the greeting began, newest first.
    async fn messages(&self) -> Vec<Value> {
        let path = format!("/v1/conversations/{}/messages", self.conversation);
        let page = self.shop.get(&path).await.expect(200);
        page["items"].as_array().expect("a list").clone()
    }

    /// The newest messages of the user, newest first.
    async fn heard(&self) -> Vec<Value> {
        let messages = self.messages().await.into_iter();
        messages.filter(|message| message["direction"] == "from_user").collect()
    }

    /// A message of ours is accepted, and everything follows from it: how it stands then.
    async fn send(&self, message: &Value) -> Value {
        let body = json!({ "channel_id": self.number.channel, "to": USER, "message": message });
        let sent = self.shop.post("/v1/messages", &body).await.expect(202);
        self.bundle.run().await;
        self.state(&sent).await
    }

    async fn state(&self, sent: &Value) -> Value {
        let id = text(sent, "message_id");
        self.shop.get(&format!("/v1/messages/{id}")).await.expect(200)
    }

    fn fails_next(&self, fault: SendFault) {
        self.bundle.simulator.change(|state| {
            state.faults.entry(DIGITS.to_owned()).or_default().sends.push_back(fault);
        });
    }

    fn next_post(&self, fault: PostFault) {
        self.bundle.simulator.change(|state| {
            state.faults.entry(DIGITS.to_owned()).or_default().posts.push_back(fault);
        });
    }

    /// Takes the webhooks that are under way, to be delivered in another manner.
    fn intercepted(&self) -> Vec<WebhookPost> {
        let pending = self.bundle.simulator.change(|state| std::mem::take(&mut state.pending));
        let post = |what| match what {
            What::Post { post, .. } => Some(post),
            What::Advance { .. } => None,
        };
        pending.into_iter().filter_map(|pending| post(pending.what)).collect()
    }

    /// Whether the provider joins several things in one webhook: says them together if so.
    fn together(&self, items: Vec<BatchItem>) -> bool {
        self.bundle.simulator.say_together(DIGITS, items).is_ok()
    }
}
