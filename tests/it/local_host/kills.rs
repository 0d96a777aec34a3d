//! The local host is killed in the middle of its work, by its own plan of faults: a real SIGKILL before or after a call
//! that one of its functions makes. It is started again, and what came of the story must be the same.
//!
//! In an ordinary run deaths are spread over the calls; with the variable `CRASHES=all` every call has its two.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Child;

use http::Method;
use serde_json::{Value, json};

use super::{ANA, Host, LINE, NUMBER, Scratch, port_of};
use crate::crashes::all_ways;

/// So many deaths in one test; every how manieth call is one follows from it.
const DEATHS_MAX: usize = 24;

/// What the phone showed and the customer was told.
#[derive(Debug, PartialEq, Eq)]
struct Ledger {
    seen: Vec<String>,
    hooks: BTreeSet<String>,
}

/// A flow is there that one text starts; what happened is in the folder.
async fn set_up(folder: &Path) {
    let host = Host::start(folder, "0", "0");
    let key = key(folder);
    let flow = json!({
        "name": "Account", "language": "es", "config": {},
        "steps": [{ "id": "name", "type": "question", "answer": "text", "text": "¿Cómo te llamas?" },
                  { "id": "bye", "type": "message", "text": "Gracias" }],
    });
    let flow = host.api(Method::POST, "/v1/flows", &key, flow).await;
    let flow_id = flow["flow_id"].as_str().unwrap();
    host.api(Method::POST, &format!("/v1/flows/{flow_id}/publish"), &key, json!({})).await;
    let inbound = json!({
        "waba_provider": "gupshup", "waba_phone_number": NUMBER, "flow_id": flow_id,
        "inbound_message": "Abrir cuenta",
    });
    host.api(Method::POST, "/v1/whatsapp/inbounds", &key, inbound).await;
    host.forward(1).await;
}

fn key(folder: &Path) -> String {
    fs::read_to_string(folder.join("api-key")).unwrap().trim().to_owned()
}

/// A user writes twice. Whenever the host dies it is started again, and what was not answered is asked again. The plan
/// comes when the host has started.
async fn tell(folder: &Path, plan: &Path, text: &str) -> Ledger {
    let mut host = Host::start_with(folder, "0", "0", Some(plan));
    fs::write(plan, text).unwrap();
    for words in ["Abrir cuenta", "Ana"] {
        let say =
            json!({ "line": LINE, "user": ANA, "content": { "type": "text", "body": words } });
        host.insists(folder, "say", &say).await;
        // Longer than a sending without an answer is left to its statuses.
        host.insists(folder, "clock", &json!({ "minutes": 4 })).await;
    }
    let world = host.control("world", Value::Null).await;
    let hooks = world["hooks"].as_array().unwrap().iter();
    let hooks = hooks.map(|hook| hook["json"]["type"].as_str().unwrap_or_default().to_owned());
    let seen = host.seen().await.into_iter().map(|(_, text)| text).collect();
    Ledger { seen, hooks: hooks.collect() }
}

impl Host {
    /// A call of the control API, again after a restart if the host dies of it.
    async fn insists(&mut self, folder: &Path, path: &str, body: &Value) {
        loop {
            let url = format!("{}/simulator/api/{path}", self.simulator);
            let answer = self.try_call(Method::POST, url, "", body).await;
            match answer {
                Some((200, _)) => return,
                answer => assert!(ended(&mut self.child), "{path}: {answer:?}"),
            }
            // Where it was, for the simulator's webhooks that are still on their way.
            let (gateway, simulator) = (self.gateway.clone(), self.simulator.clone());
            *self = Host::start_with(folder, port_of(&gateway), port_of(&simulator), None);
        }
    }
}

/// Whether it was killed. It may take a moment until a process that is dying is dead.
fn ended(child: &mut Child) -> bool {
    use std::os::unix::process::ExitStatusExt;
    child.wait().unwrap().signal() == Some(9)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// A call that the host makes in the story: its name, and which of these it is.
fn points(reached: &str) -> Vec<(String, usize)> {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    let count = |line| {
        let count = counts.entry(line).or_default();
        *count += 1;
        (str::to_owned(line), *count)
    };
    reached.lines().map(count).collect()
}

/// The host is killed before or after calls all over a story, and goes on where it was.
#[tokio::test]
async fn a_host_that_is_killed_anywhere_loses_nothing_and_says_nothing_twice() {
    let scratch = Scratch::new("kills");
    let begun = scratch.at("begun");
    set_up(&begun).await;
    let plan = scratch.at("plan.txt");
    let folder = scratch.at("whole");
    copy(&begun, &folder);
    let whole = tell(&folder, &plan, "").await;
    assert_eq!(whole.seen, ["¿Cómo te llamas?", "Gracias"]);
    let points = points(&fs::read_to_string(plan.with_extension("reached")).unwrap());
    let deaths_max = if all_ways() { usize::MAX } else { DEATHS_MAX };
    let every = (2 * points.len()).div_ceil(deaths_max);
    let moments = points.iter().flat_map(|point| [(point, "before"), (point, "after")]);
    let mut deaths = 0;
    for ((call, number), moment) in moments.step_by(every) {
        let (process, call) = call.split_once(' ').unwrap();
        let line = format!("die {process} {call} {moment} {number}");
        let plan = scratch.at(&format!("plan-{deaths}.txt"));
        let folder = scratch.at(&format!("state-{deaths}"));
        copy(&begun, &folder);
        assert_eq!(tell(&folder, &plan, &line).await, whole, "{line}");
        assert!(plan.with_extension("done").exists(), "nobody died: {line}");
        deaths += 1;
    }
    say(&format!("{} calls in the story, {deaths} deaths, lost 0, doubled 0", points.len()));
}

#[expect(clippy::print_stdout, reason = "how many deaths it was is what a reader wants to know")]
fn say(line: &str) {
    println!("{line}");
}
