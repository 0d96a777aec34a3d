//! The deployed functions are killed in the middle of their work, by a plan of faults: a real SIGKILL before or after a
//! call that one of them makes. What was theirs comes back as AWS brings it back, and what came of the story must be
//! the same. These are the functions of a test's build: a release knows no such plan, and is otherwise the same.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use simulator::message::FromUser;
use tests::Customer;
use tests::binaries::debug;
use tests::emulator::{Deployed, Emulator, Stack};
use tests::stage::Number;
use tests::template;

/// So many deaths in one test; every how manieth call is one follows from it.
const DEATHS_MAX: usize = 20;

/// What the phone showed, and what became of the run.
#[derive(Debug, PartialEq, Eq)]
struct Ledger {
    seen: Vec<String>,
    status: Value,
    answers: Vec<Value>,
}

/// A number with a flow behind a text, and the plan that its functions read.
struct Scene<'a> {
    world: &'a Deployed<'a>,
    shop: Customer<'a>,
    number: Number<'a>,
    plan: PathBuf,
    told: u32,
}

impl Scene<'_> {
    /// Somebody new writes twice, while the plan holds. Then time passes until everything has come back.
    async fn tell(&mut self, plan: &str) -> Ledger {
        self.told += 1;
        let ana = self.number.person(&format!("57300124{:04}", self.told), "Ana");
        fs::write(&self.plan, plan).unwrap();
        for words in ["Empezar", "ana@example.com"] {
            ana.begins(FromUser::Text { body: words.to_owned() });
            self.world.recover().await;
        }
        // The story is over: what it is asked now is nobody's fault.
        let _ = fs::remove_file(&self.plan);
        let process = self.shop.process(&self.number, &ana).await;
        let answers = process["answers"].as_array().into_iter().flatten();
        let answers = answers.map(|answer| answer["value"].clone()).collect();
        Ledger { seen: ana.shows(), status: process["status"].clone(), answers }
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

/// README 3, 10, 11: the functions of the deployed template are killed before or after calls all over a story.
#[tokio::test(flavor = "multi_thread")]
async fn functions_that_are_killed_anywhere_lose_nothing_and_say_nothing_twice() {
    let scratch = Scratch::new();
    let plan = scratch.0.join("plan.txt");
    let emulator = Emulator::start(&[("WHARF_FAULT_PLAN", plan.to_str().unwrap())]);
    let stack = Stack::deploy(&emulator, &template::text(), debug()).await.unwrap();
    let world = Deployed::new(&stack).await;
    let shop = world.customer("Shop");
    let number = shop.meta("573177710009").await;
    let flow = shop.flow(flow()).await;
    shop.inbound(&number, &flow, "Empezar").await;
    let mut scene = Scene { world: &world, shop, number, plan: plan.clone(), told: 0 };

    let whole = scene.tell("").await;
    assert_eq!(whole.seen, ["¿Tu correo?", "Gracias"]);
    assert_eq!(
        (&whole.status, &whole.answers[..]),
        (&json!("succeeded"), &[json!("ana@example.com")][..])
    );
    let points = points(&fs::read_to_string(plan.with_extension("reached")).unwrap());
    let every = (2 * points.len()).div_ceil(DEATHS_MAX);
    let moments = points.iter().flat_map(|point| [(point, "before"), (point, "after")]);
    let (mut tellings, mut deaths) = (0, 0);
    for ((call, number), moment) in moments.step_by(every) {
        let (function, call) = call.split_once(' ').unwrap();
        let line = format!("die {function} {call} {moment} {number}");
        let done = plan.with_extension("done");
        let _ = fs::remove_file(&done);
        assert_eq!(scene.tell(&line).await, whole, "{line}");
        tellings += 1;
        // The emulator starts a second process of a function when it likes, and each counts its own calls: the last
        // of many may not be reached.
        deaths += usize::from(done.exists());
    }
    assert!(2 * deaths > tellings, "only {deaths} died in {tellings} tellings");
    assert_eq!(world.dead_letters().await, 0);
    let calls = points.len();
    say(&format!("{calls} calls, {tellings} tellings, {deaths} deaths, lost 0, doubled 0"));
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
