//! Permissions, derived: what each function really asks of AWS is noted at its store and its ports, and compared with
//! what the template allows it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use shared::config::{Function, Variable};
use shared::domain::ids::{ChannelId, MediaId};
use shared::domain::time::Time;
use shared::error::Result;
use shared::ports::{
    Account, Audit, Count, File, Job, Media, Ports, Queue, QueueName, Secrets, Subject, Timer,
    Timers,
};
use shared::store::Store;
use shared::store::table::{Action, INDEX};

use crate::template::{functions, template};

/// An action and what it is allowed on, in the names of the template: `dynamodb:Query` on `Table/index/index1`.
pub type Permission = (String, String);

/// What the template allows each function.
pub fn allowed(template: &Value) -> BTreeMap<Function, BTreeSet<Permission>> {
    let functions = functions(template);
    let of = |function: Function| {
        let (_, properties) = functions.get(function.name())?;
        let policies = properties["Policies"].as_array().into_iter().flatten();
        let statements = policies.filter_map(|policy| policy["Statement"].as_array()).flatten();
        Some((function, statements.flat_map(permissions).collect()))
    };
    Function::ALL.into_iter().filter_map(of).collect()
}

fn permissions(statement: &Value) -> Vec<Permission> {
    let list = |name: &str| statement[name].as_array().cloned().unwrap_or_default();
    let resources: Vec<String> = list("Resource").iter().map(resource).collect();
    let actions = list("Action");
    let pairs = actions.iter().filter_map(Value::as_str).flat_map(|action| {
        resources.iter().map(move |resource| (action.to_owned(), resource.clone()))
    });
    pairs.collect()
}

/// `Table/index/index1` of `!Sub "${Table.Arn}/index/index1"`, `TimerGroup/*` of `!Sub "arn:…/${TimerGroup}/*"`.
fn resource(value: &Value) -> String {
    let (whole, part) = (value["Fn::GetAtt"].as_str(), value["Fn::Sub"].as_str());
    let text = match (whole, part) {
        (Some(whole), _) => whole.to_owned(),
        (None, Some(part)) => part.rsplit("${").next().unwrap_or_default().replacen('}', "", 1),
        (None, None) => value.as_str().unwrap_or_default().to_owned(),
    };
    text.replacen(".Arn", "", 1)
}

/// What a queue is called in the template.
fn queue_resource(queue: QueueName) -> &'static str {
    match queue {
        QueueName::Event => "EventQueue",
        QueueName::Message => "MessageQueue",
        QueueName::Hook => "HookQueue",
        QueueName::FollowUp => "FollowUpQueue",
        QueueName::Expiry => "ExpiryQueue",
    }
}

/// What a function's trigger does in its name, and what `shared::runtime` does with jobs that fail.
fn of_runtime(function: Function) -> BTreeSet<Permission> {
    let Some(queue) = function.queue().map(queue_resource) else { return BTreeSet::new() };
    let trigger =
        ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "ChangeMessageVisibility"];
    let own = trigger.map(|action| (format!("sqs:{action}"), queue.to_owned()));
    let dead = queue.replace("Queue", "DeadLetterQueue");
    own.into_iter().chain([("sqs:SendMessage".to_owned(), dead)]).collect()
}

/// What one function asked of AWS.
struct Notes {
    function: Function,
    used: Mutex<BTreeSet<Permission>>,
}

impl Notes {
    fn note(&self, action: &str, resource: &str) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.insert((action.to_owned(), resource.to_owned()));
    }

    /// Without its variable a function cannot find what it uses.
    fn needs(&self, variable: Option<Variable>) {
        let is_given = variable.is_some_and(|variable| self.function.needs().contains(&variable));
        assert!(is_given, "{} uses {variable:?} and is not given it", self.function.name());
    }
}

/// The functions of a bundle with what each of them used.
#[derive(Default)]
pub(crate) struct Functions(Mutex<Vec<(Arc<Notes>, Store)>>);

impl Functions {
    /// The store and the ports of a function, and everything that it asks of them is noted.
    pub(crate) fn equip(&self, function: Function, store: Store, ports: &Ports) -> (Store, Ports) {
        let notes = Arc::new(Notes { function, used: Mutex::new(of_runtime(function)) });
        let noted = Arc::new(Noted { notes: notes.clone(), ports: ports.clone() });
        let mut functions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        functions.push((notes, store.clone()));
        let ports = Ports {
            queue: noted.clone(),
            timers: noted.clone(),
            secrets: noted.clone(),
            media: noted.clone(),
            audit: noted,
            ..ports.clone()
        };
        (store, ports)
    }

    /// The stores of all functions.
    pub(crate) fn stores(&self) -> Vec<Store> {
        let functions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        functions.iter().map(|(_, store)| store.clone()).collect()
    }

    /// What each function used so far.
    pub(crate) fn used(&self) -> BTreeMap<Function, BTreeSet<Permission>> {
        let functions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let used = functions.iter().map(|(notes, store)| {
            let ports = notes.used.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let table = store.actions().into_iter().map(|action| {
                let index = format!("Table/index/{INDEX}");
                let resource = if action == Action::QueryIndex { index } else { "Table".into() };
                (action.name().to_owned(), resource)
            });
            (notes.function, ports.into_iter().chain(table).collect())
        });
        used.collect()
    }

    /// What functions used and are not allowed, as sentences.
    pub(crate) fn forbidden(&self) -> Vec<String> {
        static ALLOWED: LazyLock<BTreeMap<Function, BTreeSet<Permission>>> =
            LazyLock::new(|| allowed(&template()));
        let used = self.used().into_iter();
        let beyond = used.flat_map(|(function, used)| {
            let allowed = ALLOWED.get(&function).cloned().unwrap_or_default();
            let beyond: Vec<Permission> = used.difference(&allowed).cloned().collect();
            beyond.into_iter().map(move |(action, on)| {
                format!("{} is not allowed {action} on {on}", function.name())
            })
        });
        beyond.collect()
    }
}

/// The ports of one function.
struct Noted {
    notes: Arc<Notes>,
    ports: Ports,
}

#[async_trait]
impl Queue for Noted {
    async fn put(&self, queue: QueueName, jobs: Vec<Job>) -> Result<()> {
        self.notes.needs(Some(Variable::url(queue)));
        self.notes.note("sqs:SendMessage", queue_resource(queue));
        self.ports.queue.put(queue, jobs).await
    }
}

#[async_trait]
impl Timers for Noted {
    async fn arm(&self, timer: Timer, at: Time) -> Result<()> {
        self.notes.needs(Variable::arn(timer.queue()));
        self.notes.note("scheduler:CreateSchedule", "TimerGroup/*");
        self.notes.note("iam:PassRole", "TimerRole");
        self.ports.timers.arm(timer, at).await
    }
}

#[async_trait]
impl Secrets for Noted {
    async fn seal(&self, context: &str, plain: &[u8]) -> Result<String> {
        self.notes.note("kms:Encrypt", "SecretsKey");
        self.ports.secrets.seal(context, plain).await
    }

    async fn open(&self, context: &str, sealed: &str) -> Result<Vec<u8>> {
        self.notes.note("kms:Decrypt", "SecretsKey");
        self.ports.secrets.open(context, sealed).await
    }
}

#[async_trait]
impl Media for Noted {
    async fn put(&self, id: MediaId, file: File) -> Result<()> {
        self.notes.needs(Some(Variable::MediaBucket));
        self.notes.note("s3:PutObject", "MediaBucket/media/*");
        self.ports.media.put(id, file).await
    }

    async fn get(&self, id: MediaId) -> Result<Option<File>> {
        self.notes.needs(Some(Variable::MediaBucket));
        self.notes.note("s3:GetObject", "MediaBucket/media/*");
        // Without it a missing file is told as a forbidden one.
        self.notes.note("s3:ListBucket", "MediaBucket");
        self.ports.media.get(id).await
    }

    async fn link(&self, id: MediaId, lasts: Duration) -> Result<Option<String>> {
        // Whoever follows the link reads with the function's permission.
        self.notes.note("s3:GetObject", "MediaBucket/media/*");
        self.ports.media.link(id, lasts).await
    }
}

#[async_trait]
impl Audit for Noted {
    async fn count(&self, subject: Subject, counts: &[Count]) -> Result<()> {
        self.ports.audit.count(subject, counts).await
    }

    async fn account(&self, channels: &[ChannelId]) -> Result<Account> {
        self.notes.needs(Some(Variable::LogGroup));
        self.notes.note("logs:StartQuery", "Log");
        self.notes.note("logs:GetQueryResults", "*");
        self.ports.audit.account(channels).await
    }
}
