//! Stories over a deployed template: a simulator that is served on loopback, calls through the HTTP API, and waiting
//! for other processes.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::types::QueueAttributeName::{
    ApproximateNumberOfMessages as Waiting, ApproximateNumberOfMessagesNotVisible as Taken,
};
use http::{Request, Response, header};
use shared::aws::https::{Allowance, Https};
use shared::ports::{Http, Reach};
use shared::store::Store;
use shared::store::table::Table;
use simulator::post::Post;
use simulator::simulator::Pace;
use simulator::state::State;
use simulator::{Simulator, WebhookPost};
use tokio::net::TcpListener;

use super::patience::{PATIENCE, until};
use super::{Services, Stack};
use crate::customer::{Customer, Reply};
use crate::python::run;
use crate::template::root;
use crate::world::World;

const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Longer than anything takes that somebody works on.
const MOMENT: Duration = Duration::from_secs(3);
/// Longer than a job is hidden while somebody has it, or a sending is left to its statuses.
const HIDDEN: Duration = Duration::from_mins(13);
/// Quiet for so many steps, nothing comes any more: not even what a provider posts again.
const QUIET_STEPS: u32 = 3;
const STEPS_MAX: u32 = 20;

/// A deployed template with a simulator of this test: the world of a story.
pub struct Deployed<'s> {
    pub stack: &'s Stack<'s>,
    pub clients: Services,
    simulator: Simulator,
    store: Store,
    door: Door,
}

impl<'s> Deployed<'s> {
    /// Nobody is known to it yet.
    pub async fn new(stack: &'s Stack<'s>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("it is bound"));
        let door = Door::of(stack);
        let simulator = Simulator::new(
            State::default(),
            simulator::carriers(&address),
            std::sync::Arc::new(stack.account.emulator.clock().clone()),
            std::sync::Arc::new(Door::of(stack)),
            &address,
            Pace::default(),
        );
        let router = simulator.served_router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let clients = stack.account.clients();
        let table = Table::new(clients.dynamodb.clone(), &stack.resources["Table"]);
        Self { stack, clients, simulator, store: Store::new(table), door }
    }

    /// A new tenant with the key that a newcomer gets: from the script, as on AWS.
    pub fn customer(&self, name: &str) -> Customer<'_> {
        let table = &self.stack.resources["Table"];
        let script = root().join("infra/first_tenant.py");
        let mut python = self.stack.account.command("python3");
        let said = run(python.arg(script).args(["--table", table, "--name", name]));
        let said = said.expect("the first tenant can be made");
        let key = said.lines().find_map(|line| line.strip_prefix("API key, shown once: "));
        Customer { world: self, key: key.expect("the script prints the key").to_owned() }
    }

    /// The address of a queue, by its name in the template.
    pub fn queue(&self, name: &str) -> &str {
        &self.stack.resources[name]
    }

    /// Puts a job on a standard queue, as nobody of the gateway does.
    pub async fn put(&self, queue: &str, body: &str) {
        let call = self.clients.sqs.send_message().queue_url(self.queue(queue)).message_body(body);
        call.send().await.expect("a queue takes a job");
    }

    /// A job that was given up, and why; it is hidden for the next look.
    pub async fn dead_letter(&self, queue: &str) -> Option<(String, String)> {
        let call = self.clients.sqs.receive_message().queue_url(self.queue(queue));
        let got = call.message_attribute_names("reason").send().await;
        let message = got.expect("a queue can be read").messages?.pop()?;
        let reason = message.message_attributes?.remove("reason")?.string_value?;
        Some((message.body?, reason))
    }

    /// Runs a function that a schedule would run, by its name in the template, to its end.
    ///
    /// # Panics
    /// If it fails.
    pub fn wake(&self, function: &str) {
        let name = &self.stack.resources[function];
        let arguments =
            ["lambda", "invoke", "--function-name", name, "--payload", "{}", "/dev/stdout"];
        let said = self.stack.account.aws(&arguments);
        assert!(said.as_ref().is_ok_and(|said| !said.contains("FunctionError")), "{said:?}");
    }

    /// How many jobs were given up.
    pub async fn dead_letters(&self) -> usize {
        let mut count = 0;
        for name in self.stack.resources.keys().filter(|name| name.ends_with("DeadLetterQueue")) {
            count += self.length(name).await;
        }
        count
    }

    /// How many jobs lie on a queue: those that wait, and those that somebody has taken.
    pub async fn length(&self, queue: &str) -> usize {
        let call = self.clients.sqs.get_queue_attributes().queue_url(self.queue(queue));
        let told = call.attribute_names(Waiting).attribute_names(Taken).send().await;
        let told = told.expect("a queue tells its length").attributes.unwrap_or_default();
        [Waiting, Taken].iter().filter_map(|name| told.get(name)?.parse::<usize>().ok()).sum()
    }

    /// Lets other processes work until something is there to be seen; the simulator's webhooks go out meanwhile.
    ///
    /// # Panics
    /// If it does not come.
    pub async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let seen = until(async || {
            self.simulator.step().await;
            look().await
        });
        let log = || self.stack.account.emulator.log();
        seen.await.unwrap_or_else(|| panic!("{what}: it never came. {}", log()))
    }

    /// Time passes, and what falls due happens. The clock must be this story's own.
    pub async fn turn(&self, by: Duration) {
        self.pass(by).await;
        self.run().await;
    }

    /// Time passes, and timers that fall due have fired; what they lead to is on its way.
    pub async fn pass(&self, by: Duration) {
        self.stack.account.emulator.turn(by);
        self.stack.account.timers_fired(&self.stack.resources["TimerGroup"]).await;
    }

    /// Time passes in great steps until what a function that died had in its hands, and what nobody answered, has come
    /// back and is done. The clock must be this story's own.
    ///
    /// # Panics
    /// If it never is.
    pub async fn recover(&self) {
        let mut quiet = 0;
        for _ in 0..STEPS_MAX {
            // What nobody works on stays on its way: only time brings it back.
            let is_quiet = tokio::time::timeout(MOMENT, self.run()).await.is_ok();
            quiet = if is_quiet { quiet + 1 } else { 0 };
            if quiet == QUIET_STEPS {
                return;
            }
            self.pass(HIDDEN).await;
        }
        panic!("it does not come to its end: {}", self.stack.account.emulator.log());
    }

    /// Whether nothing is on its way. Queues are read in the order in which jobs pass through them.
    async fn is_quiet(&self) -> bool {
        for queue in ["EventQueue", "MessageQueue", "HookQueue", "FollowUpQueue", "ExpiryQueue"] {
            if self.length(queue).await > 0 {
                return false;
            }
        }
        true
    }
}

#[async_trait(?Send)]
impl World for Deployed<'_> {
    fn simulator(&self) -> &Simulator {
        &self.simulator
    }

    fn store(&self) -> &Store {
        &self.store
    }

    async fn call(&self, request: Request<Vec<u8>>) -> Reply {
        Reply::of(self.door.enter(request).await.expect("the emulator answers"))
    }

    /// Waits until nothing is on its way any more. A job that is put off is on its way.
    async fn run(&self) {
        self.until("nothing is on its way", async || {
            // Twice: a job may have gone to a queue that was looked at before.
            let is_quiet = self.is_quiet().await && self.simulator.step().await == 0;
            (is_quiet && self.is_quiet().await).then_some(())
        })
        .await;
    }
}

/// The HTTP API. On AWS it has a name; in the emulator it is told apart by the host of a request.
struct Door {
    http: Https,
    address: String,
    host: String,
    public_url: String,
}

impl Door {
    fn of(stack: &Stack<'_>) -> Self {
        let port = stack.account.emulator.port;
        Self {
            http: Https::new(Allowance::default()).expect("a client can be made"),
            address: stack.account.endpoint(),
            host: format!("{}.execute-api.localhost:{port}", stack.resources["HttpApi"]),
            public_url: stack.outputs["PublicUrl"].clone(),
        }
    }

    /// A request for a path, or for an address that begins with the API's own.
    async fn enter(&self, mut request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, String> {
        let asked = request.uri().to_string();
        let path = asked.strip_prefix(&self.public_url).unwrap_or(&asked);
        let uri = format!("{}{path}", self.address);
        *request.uri_mut() = uri.parse().map_err(|_| format!("{asked} is no address"))?;
        let host = self.host.parse().map_err(|_| format!("{} is no host", self.host))?;
        request.headers_mut().insert(header::HOST, host);
        let called = self.http.call(request, Reach::Configured, PATIENCE, ANSWER_BYTES_MAX).await;
        called.map_err(|error| shared::error::chain(&error))
    }
}

/// The providers' webhooks.
#[async_trait]
impl Post for Door {
    async fn post(&self, post: WebhookPost) -> Result<u16, String> {
        let mut request = Request::post(&post.url);
        for (name, value) in &post.headers {
            request = request.header(name, value);
        }
        let request = request.body(post.body).map_err(|error| error.to_string())?;
        Ok(self.enter(request).await?.status().as_u16())
    }

    async fn get(&self, url: &str) -> Result<(u16, String), String> {
        let request = Request::get(url).body(Vec::new()).map_err(|error| error.to_string())?;
        let response = self.enter(request).await?;
        let body = String::from_utf8_lossy(response.body()).into_owned();
        Ok((response.status().as_u16(), body))
    }
}
