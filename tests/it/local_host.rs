//! The local host as a program: started, killed and started again, and started where it cannot run.

mod kills;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use http::{Method, Request};
use serde_json::{Value, json};
use shared::aws::https::{Allowance, Https};
use shared::domain::time::Time;
use shared::ports::{Http, Reach};
use tests::binaries::built;

const ANA: &str = "573001234567";
/// The enterprise number of the demonstration.
const LINE: &str = "andes";
const NUMBER: &str = "573177700000";
const FOLLOW_UP: &str = "Tienes un proceso activo en curso";

/// A folder that is gone after the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("wharf-{name}-{}", std::process::id()));
        // There is none, unless a test of the same process id was killed.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A local host that has said where it is.
struct Host {
    child: Child,
    gateway: String,
    simulator: String,
    said: String,
    http: Https,
}

impl Drop for Host {
    fn drop(&mut self) {
        // Fails where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(folder: &Path, port: &str, simulator_port: &str) -> Command {
    let mut command = Command::new(built().join("local"));
    command.arg("--folder").arg(folder).args(["--port", port, "--simulator-port", simulator_port]);
    command
}

fn port_of(address: &str) -> &str {
    address.rsplit(':').next().unwrap()
}

impl Host {
    fn start(folder: &Path, port: &str, simulator_port: &str) -> Self {
        Self::run(command(folder, port, simulator_port))
    }

    /// With a plan of faults, if there is one.
    fn start_with(folder: &Path, port: &str, simulator_port: &str, plan: Option<&Path>) -> Self {
        let mut command = command(folder, port, simulator_port);
        command.envs(plan.map(|plan| ("WHARF_FAULT_PLAN", plan)));
        Self::run(command)
    }

    fn run(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = String::new();
        while !said.contains("Ctrl-C") {
            let Some(line) = lines.next() else {
                let mut error = String::new();
                child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
                panic!("it ended after saying {said:?}: {error}");
            };
            said.push_str(&line.unwrap());
            said.push('\n');
        }
        let word = |after: &str| {
            let rest = said.split_once(after).unwrap_or_else(|| panic!("{after}: {said}")).1;
            rest.split_whitespace().next().unwrap().to_owned()
        };
        let gateway = word("  gateway ").trim_end_matches("/v1").to_owned();
        let simulator = word("  phone ");
        let http = Https::new(Allowance::default()).unwrap();
        Self { child, gateway, simulator, said, http }
    }

    async fn call(&self, method: Method, url: String, key: &str, body: Value) -> (u16, Value) {
        self.try_call(method, url, key, &body).await.expect("an answer")
    }

    /// `None`: no answer came.
    async fn try_call(
        &self,
        method: Method,
        url: String,
        key: &str,
        body: &Value,
    ) -> Option<(u16, Value)> {
        let request = Request::builder()
            .method(method)
            .uri(url)
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json");
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request = request.body(bytes).unwrap();
        let patience = Duration::from_mins(1);
        let answer = self.http.call(request, Reach::Configured, patience, 1 << 24).await.ok()?;
        let json = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
        Some((answer.status().as_u16(), json))
    }

    /// A call of the public API that goes well.
    async fn api(&self, method: Method, path: &str, key: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.gateway);
        let (status, json) = self.call(method, url, key, body).await;
        assert!((200..300).contains(&status), "{path}: {status} {json}");
        json
    }

    /// A call of the control API that goes well.
    async fn control(&self, path: &str, body: Value) -> Value {
        let method = if body.is_null() { Method::GET } else { Method::POST };
        let url = format!("{}/simulator/api/{path}", self.simulator);
        let (status, json) = self.call(method, url, "", body).await;
        assert_eq!(status, 200, "{path}: {json}");
        json
    }

    async fn forward(&self, minutes: u64) {
        self.control("clock", json!({ "minutes": minutes })).await;
    }

    /// What Ana sees: (milliseconds, text) of each message that is on her phone.
    async fn seen(&self) -> Vec<(i64, String)> {
        let world = self.control("world", Value::Null).await;
        let messages = world["messages"].as_array().unwrap().iter();
        let shown = messages.filter(|one| one["user"] == ANA && one["is_shown"] == true);
        shown
            .map(|one| {
                let sent = &one["sent"];
                let text = sent["content"]["body"].as_str().unwrap().to_owned();
                (sent["time_millis"].as_i64().unwrap(), text)
            })
            .collect()
    }
}

/// T57, T69, T70: a question stays open, the host dies, and the follow-up comes at its minute all the same.
#[tokio::test]
async fn a_restart_keeps_the_key_the_chats_and_the_timers() {
    let scratch = Scratch::new("restart");
    let folder = scratch.at("state");
    let mut host = Host::start(&folder, "0", "0");
    let key = fs::read_to_string(folder.join("api-key")).unwrap().trim().to_owned();
    assert!(host.said.contains(&key), "the first start shows the key: {}", host.said);

    let flow = json!({
        "name": "Account", "language": "es",
        "config": {
            "enable_follow_up": true,
            "start_business_hours": "2021-01-01T09:00:00.000Z",
            "end_business_hours": "2021-01-01T09:00:00.000Z",
        },
        "steps": [{ "id": "name", "type": "question", "answer": "text", "text": "¿Cómo te llamas?" }],
    });
    let flow = host.api(Method::POST, "/v1/flows", &key, flow).await;
    let flow_id = flow["flow_id"].as_str().unwrap();
    host.api(Method::POST, &format!("/v1/flows/{flow_id}/publish"), &key, json!({})).await;
    let inbound = json!({
        "waba_provider": "gupshup", "waba_phone_number": NUMBER, "flow_id": flow_id,
        "inbound_message": "Abrir cuenta",
    });
    host.api(Method::POST, "/v1/whatsapp/inbounds", &key, inbound).await;
    let say = json!({
        "line": LINE, "user": ANA, "content": { "type": "text", "body": "Abrir cuenta" },
    });
    host.control("say", say).await;
    host.forward(1).await;
    let seen = host.seen().await;
    assert_eq!(
        seen.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(),
        ["¿Cómo te llamas?"]
    );
    let asked = seen[0].0;

    let (gateway, simulator) = (host.gateway.clone(), host.simulator.clone());
    host.child.kill().unwrap();
    host.child.wait().unwrap();
    drop(host);
    let host = Host::start(&folder, port_of(&gateway), port_of(&simulator));
    assert!(!host.said.contains(&key), "the key is shown once: {}", host.said);
    assert_eq!((&host.gateway, &host.simulator), (&gateway, &simulator));
    assert_eq!(host.seen().await, seen, "the chat is still there");
    host.api(Method::GET, "/v1/channels", &key, Value::Null).await;

    host.forward(117).await;
    assert_eq!(host.seen().await.len(), 1, "never early");
    host.forward(3).await;
    let seen = host.seen().await;
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(seen[1].1.contains(FOLLOW_UP), "{seen:?}");
    let due = asked + 120 * 60_000;
    let late = seen[1].0 - due;
    assert!((0..60_000).contains(&late), "due {}, {late} ms late", Time::from_millis(due));
}

/// The key that seals secrets and the API key are for their owner's eyes.
#[tokio::test]
async fn keys_are_files_that_only_their_owner_can_read() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new("keys");
    let folder = scratch.at("state");
    let _host = Host::start(&folder, "0", "0");
    for name in ["key", "api-key", "demo.json"] {
        let mode = fs::metadata(folder.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let second = ended(command(&folder, "0", "0"));
    assert_fails(&second, "in use by another local host");
}

/// A local host that does not run. The error is its last word, and a sentence.
fn ended(mut command: Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap()
}

fn assert_fails(output: &Output, words: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(words), "{said:?} does not say {words:?}");
    assert!(said.starts_with("error: ") && said.ends_with(".\n"), "{said:?} is no sentence");
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn a_port_in_use_is_named_with_its_option() {
    let scratch = Scratch::new("ports");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = ended(command(&scratch.at("state"), &port, "0"));
    assert_fails(&output, &format!("port {port} is in use"));
    assert_fails(&output, "--port");
    let output = ended(command(&scratch.at("state"), "0", &port));
    assert_fails(&output, "--simulator-port");
    assert!(!scratch.at("state").exists(), "nothing is left behind");
}

#[test]
fn what_is_kept_and_cannot_be_read_is_named() {
    let scratch = Scratch::new("broken");
    for (file, text) in [
        ("state.db", "this is a letter and no database, whatever its name may say"),
        ("key", "no key"),
        ("simulator/world.json", "{"),
    ] {
        let folder = scratch.at(&file.replace('/', "-"));
        fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
        fs::write(folder.join(file), text).unwrap();
        let output = ended(command(&folder, "0", "0"));
        assert_fails(&output, file.rsplit('/').next().unwrap());
        assert_fails(&output, "move the folder away");
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let scratch = Scratch::new("folder");
    fs::write(scratch.at("file"), "").unwrap();
    let folder = scratch.at("file").join("state");
    let output = ended(command(&folder, "0", "0"));
    assert_fails(&output, &format!("the folder {} cannot be used", folder.display()));
}

#[test]
fn help_tells_what_it_is_and_its_options() {
    let output = ended({
        let mut command = Command::new(built().join("local"));
        command.arg("--help");
        command
    });
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success());
    for words in
        ["The whole gateway on this machine", "--folder", "--port", "--simulator-port", "--log"]
    {
        assert!(said.contains(words), "{said}");
    }
}
