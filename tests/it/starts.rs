//! Starts every function as Lambda would, with exactly the variables of its template, and sees it ask for work.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use tests::binaries::built;
use tests::template::{functions, root, template};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// Far more than it takes; only a function that hangs needs it.
const PATIENCE: Duration = Duration::from_mins(1);

/// The Lambda runtime, and all of AWS: it has no work and answers every other call with nothing.
struct StandIn {
    address: String,
    asked: Arc<Notify>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl StandIn {
    async fn start() -> Self {
        let asked = Arc::new(Notify::new());
        let calls = Arc::new(Mutex::new(Vec::new()));
        let (notify, kept) = (asked.clone(), calls.clone());
        let router = Router::new().fallback(move |request: Request| {
            let (notify, kept) = (notify.clone(), kept.clone());
            async move {
                let path = request.uri().path().to_owned();
                kept.lock().unwrap().push(format!("{} {path}", request.method()));
                let is_next = path == "/2018-06-01/runtime/invocation/next";
                if request.method() == Method::GET && is_next {
                    notify.notify_one();
                    std::future::pending::<()>().await;
                }
                "{}"
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, asked, calls }
    }

    /// What the Lambda environment adds to the variables of the template.
    fn environment(&self) -> BTreeMap<String, String> {
        [
            ("AWS_LAMBDA_RUNTIME_API", self.address.as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", "function"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_SESSION_TOKEN", "token"),
            ("AWS_ENDPOINT_URL", &format!("http://{}", self.address)),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }
}

/// A running function; it ends with the test.
struct Running {
    child: Child,
    /// What it says, once it has ended.
    said: JoinHandle<String>,
}

impl Running {
    fn start(program: &Path, variables: &BTreeMap<String, String>) -> Self {
        let mut command = Command::new(program);
        command.env_clear().envs(variables).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let said = tokio::task::spawn_blocking(move || {
            let mut said = String::new();
            stderr.read_to_string(&mut said).unwrap();
            said
        });
        Self { child, said }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The variables of a function in the template, each with a value of its own.
fn variables(folder: &str) -> BTreeMap<String, String> {
    let (_, properties) = &functions(&template())[folder];
    let variables = properties["Environment"]["Variables"].as_object().unwrap();
    let value = |name: &str| match name {
        name if name.ends_with("_URL") => format!("http://127.0.0.1/{name}"),
        name if name.ends_with("_DAYS") => "30".to_owned(),
        name => name.to_lowercase(),
    };
    variables.keys().map(|name| (name.clone(), value(name))).collect()
}

/// Starts a function with the variables of its template and these. The calls until it asked for work.
async fn calls_until_it_asks(
    program: &Path,
    folder: &str,
    more: &BTreeMap<String, String>,
) -> Vec<String> {
    let stand_in = StandIn::start().await;
    let mut environment = stand_in.environment();
    environment.extend(variables(folder));
    environment.extend(more.clone());
    let mut running = Running::start(program, &environment);
    tokio::select! {
        () = stand_in.asked.notified() => {}
        said = &mut running.said => panic!("{folder} ended: {}", said.unwrap()),
        () = tokio::time::sleep(PATIENCE) => panic!("{folder} does not ask for work"),
    }
    stand_in.calls.lock().unwrap().clone()
}

#[tokio::test]
async fn every_function_starts_with_its_variables_and_asks_for_work() {
    let programs = built();
    for folder in functions(&template()).keys() {
        let calls = calls_until_it_asks(&programs.join(folder), folder, &BTreeMap::default()).await;
        let (last, before) = calls.split_last().unwrap();
        assert_eq!(last, "GET /2018-06-01/runtime/invocation/next", "{folder}");
        assert_eq!(before, ["GET /ping", "GET /ping"], "{folder} warms its connections only");
    }
}

/// A folder with a pipe that nobody writes into: who reads it waits for good.
struct Trap(PathBuf);

impl Trap {
    fn set() -> Self {
        let folder = std::env::temp_dir().join(format!("wharf-trap-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let made = Command::new("mkfifo").arg(folder.join("roots.pem")).status().unwrap();
        assert!(made.success());
        Self(folder)
    }

    /// Where the store of certificates is looked for.
    fn environment(&self) -> BTreeMap<String, String> {
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        BTreeMap::from([
            ("SSL_CERT_FILE".to_owned(), text(&self.0.join("roots.pem"))),
            ("SSL_CERT_DIR".to_owned(), text(&self.0)),
        ])
    }
}

impl Drop for Trap {
    fn drop(&mut self) {
        // What is left there harms nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn no_function_reads_the_certificates_of_the_system() {
    let programs = built();
    let trap = Trap::set();
    for folder in functions(&template()).keys() {
        let calls = calls_until_it_asks(&programs.join(folder), folder, &trap.environment()).await;
        assert!(!calls.is_empty(), "{folder} opened its connections");
    }
}

#[tokio::test]
async fn a_function_without_its_variables_names_them_and_does_not_start() {
    let programs = built();
    for folder in functions(&template()).keys() {
        let stand_in = StandIn::start().await;
        let mut running = Running::start(&programs.join(folder), &stand_in.environment());
        let said = tokio::time::timeout(PATIENCE, &mut running.said).await.unwrap().unwrap();
        for name in variables(folder).keys() {
            assert!(said.contains(name.as_str()), "{folder} does not miss {name}: {said}");
        }
        assert!(!running.child.wait().unwrap().success(), "{folder}");
        assert_eq!(*stand_in.calls.lock().unwrap(), [""; 0], "{folder} asked all the same");
    }
}

/// Faults on purpose are for tests: no package that is deployed asks for them, and what was built for deployment does
/// not know the variable that would bring them.
#[test]
fn what_is_deployed_knows_no_faults() {
    let manifest = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    assert!(!manifest("shared/Cargo.toml").contains("\ndefault ="), "nothing is on by default");
    for folder in functions(&template()).keys().map(|name| format!("functions/{name}")) {
        assert!(!manifest(&format!("{folder}/Cargo.toml")).contains("faults"), "{folder}");
    }
    assert!(!manifest("infra/local/Cargo.toml").contains("faults"));
    // These are a hundred megabytes each, too many for an unoptimised search.
    let knows = |path: &Path| {
        let found = Command::new("grep").args(["-q", "-a", "WHARF_FAULT_PLAN"]).arg(path).status();
        found.unwrap().success()
    };
    assert!(knows(&built().join("event-route")), "a build for tests knows it");
    for folder in functions(&template()).keys() {
        let deployed = root().join("target/lambda").join(folder).join("bootstrap");
        assert!(!deployed.exists() || !knows(&deployed), "{}", deployed.display());
    }
}
