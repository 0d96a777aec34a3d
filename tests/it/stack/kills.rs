//! The deployed functions are killed in the middle of their work, by a plan of faults: a real SIGKILL before or after a
//! call that one of them makes. What was theirs comes back as AWS brings it back, and what came of the story must be
//! the same. These are the functions of a test's build: a release knows no such plan, and is otherwise the same.
//!
//! In an ordinary run deaths are spread over the calls of each story. `CRASHES=all cargo test --workspace --test it
//! stack::kills -- --nocapture` dies before and after every single one.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use simulator::message::FromUser;
use simulator::template::Review;
use tests::binaries::debug;
use tests::clock::hours;
use tests::emulator::{Deployed, Emulator, Stack};
use tests::stage::Number;
use tests::world::World;
use tests::{Customer, Person, template};

use super::{ALWAYS, outbound};
use crate::crashes::all_ways;

/// So many deaths in one story; every how manieth call is one follows from it.
const DEATHS_MAX: usize = 7;
/// A client repeats a call that is not answered so often, and time passes before each.
const TRIES_MAX: usize = 4;
const PATIENCE: Duration = Duration::from_secs(30);
const SEND: &str = "/v1/whatsapp/outbounds/send";

/// What is told.
#[derive(Debug, Clone, Copy)]
enum Story {
    /// A text starts a flow, and its question is answered.
    Answered,
    /// An outbound is sent, its button starts a flow, and its question is answered.
    Outbound,
    /// A question is left open until it is followed up, and is answered then.
    FollowedUp,
}

/// What the phone showed, and what became of the run.
#[derive(Debug, PartialEq, Eq)]
struct Ledger {
    seen: Vec<String>,
    status: Value,
    answers: Vec<Value>,
}

/// A number with flows behind texts, an outbound that WhatsApp has approved, and the plan that its functions read.
struct Scene<'a> {
    world: &'a Deployed<'a>,
    shop: Customer<'a>,
    number: Number<'a>,
    flow: String,
    outbound: String,
    plan: PathBuf,
    told: u32,
}

impl<'a> Scene<'a> {
    async fn set(world: &'a Deployed<'a>, plan: PathBuf) -> Self {
        let shop = world.customer("Shop");
        let number = shop.meta("573177710009").await;
        let flow = shop.flow(flow()).await;
        shop.inbound(&number, &flow, "Empezar").await;
        let config = json!({ "enable_follow_up": true, "follow_up_delay": 240,
            "start_business_hours": ALWAYS, "end_business_hours": ALWAYS });
        let followed = shop.flow_with(config, self::flow()).await;
        shop.inbound(&number, &followed, "Seguir").await;
        let outbound = outbound(&shop, &number).await;
        let template = world.simulator().read(|state| state.templates[0].id.clone());
        world.simulator().decide_template(&template, Review::Approved).expect("it is there");
        world.recover().await;
        Self { world, shop, number, flow, outbound, plan, told: 0 }
    }

    /// Somebody new lives through the story while the plan holds. Each time passes until everything has come back.
    async fn tell(&mut self, story: Story, plan: &str) -> Ledger {
        self.told += 1;
        let local = format!("300124{:04}", self.told);
        let ana = self.number.person(&format!("57{local}"), "Ana");
        let _ = fs::remove_file(self.plan.with_extension("reached"));
        fs::write(&self.plan, plan).unwrap();
        match story {
            Story::Answered => self.says(&ana, "Empezar").await,
            Story::Outbound => {
                self.sends(&local).await;
                self.taps(&ana, "Continuar").await;
            }
            Story::FollowedUp => {
                self.says(&ana, "Seguir").await;
                self.world.pass(hours(4)).await;
                self.world.recover().await;
                self.taps(&ana, "Sí").await;
            }
        }
        self.says(&ana, "ana@example.com").await;
        // The story is over: what it is asked now is nobody's fault.
        let _ = fs::remove_file(&self.plan);
        let process = self.process(&ana).await;
        let answers = process["answers"].as_array().into_iter().flatten();
        let answers = answers.map(|answer| answer["value"].clone()).collect();
        Ledger { seen: ana.shows(), status: process["status"].clone(), answers }
    }

    /// The last run of a person, by a client that repeats its call where the table is too slow for it.
    async fn process(&self, ana: &Person<'_>) -> Value {
        let process = self.number.conversation(ana).await.process.expect("a flow was started");
        let path = format!("/v1/processes/{}", process.id);
        let read = async || Some(self.shop.get(&path).await).filter(|reply| reply.status != 503);
        self.world.until("the run can be read", read).await.expect(200)
    }

    async fn says(&self, ana: &Person<'_>, words: &str) {
        ana.begins(FromUser::Text { body: words.to_owned() });
        self.world.recover().await;
    }

    async fn taps(&self, ana: &Person<'_>, title: &str) {
        ana.begins_tap(title);
        self.world.recover().await;
    }

    /// A client that repeats its call, under one `Idempotency-Key`, until it is answered.
    async fn sends(&self, number: &str) {
        let fields = [
            ("outbound_id", self.outbound.as_str()),
            ("phone_number", number),
            ("country_code", "57"),
            ("user_authorized", "true"),
            ("flow_id", &self.flow),
            ("var.name", "Ana"),
        ];
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        for _ in 0..TRIES_MAX {
            let kind = "application/x-www-form-urlencoded";
            let request = self.shop.request("POST", SEND).header("content-type", kind);
            let request = request.header("idempotency-key", format!("send-{number}"));
            let reply = self.shop.call(request, body.clone().into_bytes()).await;
            if reply.status < 300 {
                return self.world.recover().await;
            }
            assert!(reply.status >= 500 || reply.status == 409, "{}", reply.json);
            self.world.pass(PATIENCE).await;
        }
        panic!("the outbound is not sent");
    }

    /// Tells the story once as it should go and then with every death that is asked for.
    async fn dies(&mut self, story: Story, expected: &[&str]) {
        let whole = self.tell(story, "").await;
        assert_eq!(whole.seen, expected);
        assert_eq!(whole.status, "succeeded");
        assert_eq!(whole.answers, [json!("ana@example.com")]);
        let points = points(&fs::read_to_string(self.plan.with_extension("reached")).unwrap());
        let deaths_max = if all_ways() { usize::MAX } else { DEATHS_MAX };
        let every = (2 * points.len()).div_ceil(deaths_max);
        let moments = points.iter().flat_map(|point| [(point, "before"), (point, "after")]);
        let (mut tellings, mut deaths) = (0, 0);
        for ((call, number), moment) in moments.step_by(every) {
            let (function, call) = call.split_once(' ').unwrap();
            let line = format!("die {function} {call} {moment} {number}");
            let done = self.plan.with_extension("done");
            let _ = fs::remove_file(&done);
            assert_eq!(self.tell(story, &line).await, whole, "{story:?}: {line}");
            tellings += 1;
            // The emulator starts a second process of a function when it likes, and each counts its own calls: the last
            // of many may not be reached.
            deaths += usize::from(done.exists());
        }
        assert!(2 * deaths > tellings, "{story:?}: only {deaths} died in {tellings} tellings");
        let calls = points.len();
        say(&format!(
            "{story:?}: {calls} calls, {tellings} tellings, {deaths} deaths, lost 0, doubled 0"
        ));
    }
}

/// A call that a function makes in the story: its name, and which of these it is.
fn points(reached: &str) -> Vec<(String, usize)> {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    let count = |line| {
        let count = counts.entry(line).or_default();
        *count += 1;
        (str::to_owned(line), *count)
    };
    reached.lines().map(count).collect()
}

fn flow() -> Value {
    json!([
        { "id": "email", "type": "question", "answer": "email", "text": "¿Tu correo?" },
        { "id": "bye", "type": "message", "text": "Gracias" },
    ])
}

/// README 3, 10, 11: the functions of the deployed template are killed before or after calls all over the main stories.
#[tokio::test(flavor = "multi_thread")]
async fn functions_that_are_killed_anywhere_lose_nothing_and_say_nothing_twice() {
    let scratch = Scratch::new();
    let plan = scratch.0.join("plan.txt");
    let emulator = Emulator::start(&[("WHARF_FAULT_PLAN", plan.to_str().unwrap())]);
    let stack = Stack::deploy(&emulator, &template::text(), debug()).await.unwrap();
    let world = Deployed::new(&stack).await;
    let mut scene = Scene::set(&world, plan).await;
    scene.dies(Story::Answered, &["¿Tu correo?", "Gracias"]).await;
    let sent = "Hola Ana, ¿empezamos? [Continuar] [Cancelar]";
    scene.dies(Story::Outbound, &[sent, "¿Tu correo?", "Gracias"]).await;
    let again = "Tienes un proceso activo en curso [Sí] [No]";
    scene.dies(Story::FollowedUp, &["¿Tu correo?", again, "¿Tu correo?", "Gracias"]).await;
    assert_eq!(world.dead_letters().await, 0);
}

/// A folder that is gone after the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        let path = std::env::temp_dir();
        let path = path.join(format!("wharf-stack-kills-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[expect(clippy::print_stdout, reason = "how many deaths it was is what a reader wants to know")]
fn say(line: &str) {
    println!("{line}");
}
