//! Sets a function up: log, settings, clients, ports, and the handler that its `main.rs` names.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use axum::Router;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::queue::Worked;
use super::serve::{Serve, Trigger};
use super::{Error, spoiled};
use crate::aws::absent::Absent;
use crate::aws::audit::Metrics;
use crate::aws::client::Clients;
use crate::aws::https::{Allowance, Https};
use crate::aws::insights::{Insights, Log};
use crate::aws::scheduler::{Group, Schedules};
use crate::aws::system::{SystemRandom, WallClock};
use crate::aws::{kms, s3, sqs};
use crate::config::{Config, Function, Variable, log_level, stack_name};
use crate::handlers::Worker;
use crate::handlers::deliver::Deliver;
use crate::handlers::expire::Expire;
use crate::handlers::follow_up::FollowUp;
use crate::handlers::hook::DeliverHook;
use crate::handlers::manage::Manage;
use crate::handlers::manage::addresses::Addresses;
use crate::handlers::poll::Poll;
use crate::handlers::receive::Receive;
use crate::handlers::route::Route;
use crate::handlers::send::SendOutbound;
use crate::http::{api, closed, outbound_send, webhooks};
use crate::ports::{Clock, Ports, QueueName};
use crate::provider::Provider;
use crate::store::Store;
use crate::store::table::Table;

/// A function that has its log and has not been told yet what it is.
pub struct Start(());

/// Opens the log: JSON, one line per entry, to standard output.
pub async fn start() -> Result<Start, Error> {
    let filter: Result<Targets, _> = log_level().parse();
    let filter = filter.unwrap_or_else(|_| Targets::new().with_default(LevelFilter::WARN));
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(io::stdout);
    // Fails only where a log is open already, which then stays.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
    Ok(Start(()))
}

/// What every handler is made of.
struct Wired {
    function: Function,
    config: Config,
    clients: Clients,
    store: Store,
    ports: Ports,
}

impl Start {
    /// The webhook of a provider.
    pub fn receive(&self, provider: &'static dyn Provider) -> Result<Serve, Error> {
        Ok(receive(wire(Function::Webhook(provider.kind()))?, provider))
    }

    /// The webhook of a provider whose calls are signed with a certificate, which is fetched.
    pub fn receive_signed(&self, provider: &'static dyn Provider) -> Result<Serve, Error> {
        Ok(receive(wire(Function::Webhook(provider.kind()))?.with_calls()?, provider))
    }

    /// The public API that manages.
    pub fn api(&self) -> Result<Serve, Error> {
        let wired = wire(Function::Api)?.with_calls()?.with_files().with_balance()?;
        let value = |variable| wired.config.get(variable).filter(|address| !address.is_empty());
        let public = value(Variable::PublicUrl);
        let webhooks =
            |provider| value(Variable::WebhookUrl(provider)).or(public).unwrap_or_default();
        let addresses = Addresses::new(public, webhooks);
        let manage = Arc::new(Manage::new(wired.store.clone(), &wired.ports, addresses));
        Ok(wired.http(api::router(manage)))
    }

    /// Accepts the sending of an outbound.
    pub fn outbound_send(&self) -> Result<Serve, Error> {
        let wired = wire(Function::OutboundSend)?;
        let send = Arc::new(SendOutbound::new(wired.store.clone(), &wired.ports));
        Ok(wired.http(outbound_send::router(send)))
    }

    /// What an event means for its conversation.
    pub fn route(&self) -> Result<Serve, Error> {
        let wired = wire(Function::EventRoute)?.with_timers().with_calls()?.with_files();
        Ok(wired.queue(Route::new))
    }

    /// Hands messages to providers.
    pub fn deliver(&self) -> Result<Serve, Error> {
        let wired = wire(Function::MessageDeliver)?.with_timers().with_calls()?.with_files();
        Ok(wired.queue(Deliver::new))
    }

    /// Signs and posts hooks.
    pub fn hook(&self) -> Result<Serve, Error> {
        let wired = wire(Function::HookDeliver)?.with_timers().with_calls()?;
        let public = wired.config.get(Variable::PublicUrl).filter(|address| !address.is_empty());
        let public = public.map(ToOwned::to_owned);
        Ok(wired.queue(|store, ports| DeliverHook::new(store, ports, public.as_deref())))
    }

    /// Looks after questions that nobody answered.
    pub fn follow_up(&self) -> Result<Serve, Error> {
        let wired = wire(Function::FollowUp)?.with_timers();
        Ok(wired.queue(FollowUp::new))
    }

    /// Asks providers how the review of templates goes.
    pub fn poll(&self) -> Result<Serve, Error> {
        let wired = wire(Function::TemplatePoll)?.with_calls()?;
        let poll = Arc::new(Poll::new(wired.store.clone(), &wired.ports));
        Ok(Serve { trigger: Trigger::Schedule(poll), clients: wired.clients })
    }

    /// Ends processes that nobody answered.
    pub fn expire(&self) -> Result<Serve, Error> {
        let wired = wire(Function::ProcessExpire)?.with_timers();
        Ok(wired.queue(Expire::new))
    }
}

fn receive(wired: Wired, provider: &'static dyn Provider) -> Serve {
    let receive = Arc::new(Receive::new(provider, wired.store.clone(), &wired.ports));
    wired.http(webhooks::router(receive))
}

/// What all functions have. The rest is added by name, so that a function carries no client that it does not call.
fn wire(function: Function) -> Result<Wired, Error> {
    let config = Config::from_env(function)?;
    let clients = spoiled::clients(function.name(), Clients::new(&config.access)?);
    let clock: Arc<dyn Clock> = Arc::new(WallClock);
    let owned = |variable| config.get(variable).map(ToOwned::to_owned);
    let urls = QueueName::ALL.into_iter().filter_map(|q| Some((q, owned(Variable::url(q))?)));
    let ports = Ports {
        queue: Arc::new(sqs::Queues::new(clients.sqs(), urls.collect())),
        timers: Arc::new(Absent),
        http: Arc::new(Absent),
        secrets: match owned(Variable::SecretsKeyId) {
            Some(key_id) => Arc::new(kms::Sealed::new(clients.kms(), key_id)),
            None => Arc::new(Absent),
        },
        media: Arc::new(Absent),
        audit: Arc::new(Metrics::new(clock.clone(), stack_name(), None)),
        random: Arc::new(SystemRandom::default()),
        clock,
    };
    let table = config.get(Variable::TableName).unwrap_or_default();
    let store = Store::new(Table::new(clients.dynamodb.clone(), table));
    Ok(Wired { function, config, clients, store, ports })
}

/// The log that a function may ask for what was counted.
fn log(config: &Config) -> Result<Option<Log>, Error> {
    let log = (config.get(Variable::LogGroup), config.get(Variable::LogRetentionDays));
    let (Some(group), Some(days)) = log else { return Ok(None) };
    let not_a_number = |_| {
        let name = Variable::LogRetentionDays.name();
        crate::error::Error::internal(format!("{name} is no number of days: {days}"))
    };
    let retention_days = days.parse().map_err(not_a_number)?;
    Ok(Some(Log { group: group.to_owned(), retention_days }))
}

/// The timers of a function that arms some.
fn group(config: &Config) -> Option<Group> {
    let owned = |variable| config.get(variable).map(ToOwned::to_owned);
    let arn = |queue| Some((queue, owned(Variable::arn(queue)?)?));
    Some(Group {
        name: owned(Variable::TimerGroup)?,
        role_arn: owned(Variable::TimerRoleArn)?,
        dead_letter_queue_arn: owned(Variable::TimerDeadLetterQueueArn)?,
        queue_arns: QueueName::ALL.into_iter().filter_map(arn).collect::<HashMap<_, _>>(),
    })
}

impl Wired {
    /// It arms timers.
    fn with_timers(mut self) -> Self {
        if let Some(group) = group(&self.config) {
            let client = self.clients.scheduler();
            self.ports.timers = Arc::new(Schedules::new(client, group, self.ports.clock.clone()));
        }
        self
    }

    /// It calls other systems.
    fn with_calls(mut self) -> Result<Self, Error> {
        let https = Arc::new(Https::new(Allowance::default())?);
        self.ports.http = spoiled::http(self.function.name(), https);
        Ok(self)
    }

    /// It keeps or shows users' files.
    fn with_files(mut self) -> Self {
        if let Some(name) = self.config.get(Variable::MediaBucket) {
            self.ports.media = Arc::new(s3::Bucket::new(self.clients.s3(), name.to_owned()));
        }
        self
    }

    /// It tells what became of everything. After [`Self::with_calls`]: the log is asked by a call.
    fn with_balance(mut self) -> Result<Self, Error> {
        if let Some(log) = log(&self.config)? {
            let (http, clock) = (self.ports.http.clone(), self.ports.clock.clone());
            let insights = Insights::new(http, self.config.access.clone(), log, clock.clone());
            self.ports.audit = Arc::new(Metrics::new(clock, stack_name(), Some(insights)));
        }
        Ok(self)
    }

    fn http(self, router: Router) -> Serve {
        Serve { trigger: Trigger::Http(closed(router)), clients: self.clients }
    }

    fn queue<W: Worker + 'static>(self, handler: impl FnOnce(Store, &Ports) -> W) -> Serve {
        let owned = |variable| self.config.get(variable).unwrap_or_default().to_owned();
        let worked = Worked {
            queue: self.function.queue().unwrap_or(QueueName::Event),
            worker: Arc::new(handler(self.store.clone(), &self.ports)),
            audit: self.ports.audit.clone(),
            sqs: self.clients.sqs(),
            url: owned(Variable::QueueUrl),
            dead_letters_url: owned(Variable::DeadLetterQueueUrl),
        };
        Serve { trigger: Trigger::Queue(worked), clients: self.clients }
    }
}
