//! The two sides of the ports, with what a suite needs besides: taking jobs, and time that passes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use shared::aws::audit::Metrics;
use shared::aws::https::{Allowance, Https};
use shared::aws::kms::Sealed as SealedByKms;
use shared::aws::s3::Bucket;
use shared::aws::scheduler::{Group, Schedules};
use shared::aws::sqs::Queues as Sqs;
use shared::aws::system::SystemRandom;
use shared::domain::time::Time;
use shared::local::audit::Counts;
use shared::local::clock::Hand;
use shared::local::engine::Engine;
use shared::local::media::Memory;
use shared::local::queue::{Queues, Receipt, VISIBILITY};
use shared::local::random::Seeded;
use shared::local::secrets::Sealed;
use shared::local::timers::Armed;
use shared::ports::{Clock, Done, Ports, QueueName, Taken};
use tests::bundle::START;
use tests::emulator::{Account, Emulator, Services};

/// One side of all ports.
#[async_trait(?Send)]
pub(super) trait Side {
    fn name(&self) -> &'static str;
    fn ports(&self) -> &Ports;
    /// Whether strangers' addresses may be on this machine.
    fn allows_own_machine(&self) -> bool;
    /// The next job that may be taken now, hidden for [`VISIBILITY`].
    async fn take(&self, queue: QueueName) -> Option<Taken>;
    async fn finish(&self, queue: QueueName, job: &Taken);
    /// Time passes, and timers that fall due have fired when it returns.
    async fn turn(&self, by: Duration);
}

/// Both of them, empty.
pub(super) async fn sides(emulator: &Emulator) -> [Box<dyn Side + '_>; 2] {
    [Box::new(Local::new()), Box::new(Aws::new(emulator).await)]
}

struct Local {
    ports: Ports,
    clock: Arc<Hand>,
    queues: Arc<Queues>,
    timers: Arc<Armed>,
    receipts: Mutex<HashMap<String, Receipt>>,
    _engine: Engine,
}

impl Local {
    fn new() -> Self {
        let clock = Arc::new(Hand::new(Time::parse(START).unwrap()));
        let engine = Engine::memory().unwrap();
        let queues = Arc::new(Queues::new(engine.shelf(), clock.clone()).unwrap());
        let timers = Arc::new(Armed::new(engine.shelf(), queues.clone()).unwrap());
        let own_machine = ["127.0.0.0/8", "::1/128"].map(|network| network.parse().unwrap());
        let ports = Ports {
            clock: clock.clone(),
            random: Arc::new(Seeded::new(7)),
            queue: queues.clone(),
            timers: timers.clone(),
            http: Arc::new(
                Https::new(Allowance { networks: own_machine.into(), plain: true }).unwrap(),
            ),
            secrets: Arc::new(Sealed::memory().unwrap()),
            media: Arc::new(Memory::default()),
            audit: Arc::new(Counts::new(engine.shelf())),
        };
        let receipts = Mutex::default();
        Self { ports, clock, queues, timers, receipts, _engine: engine }
    }
}

#[async_trait(?Send)]
impl Side for Local {
    fn name(&self) -> &'static str {
        "local"
    }

    fn ports(&self) -> &Ports {
        &self.ports
    }

    fn allows_own_machine(&self) -> bool {
        true
    }

    async fn take(&self, queue: QueueName) -> Option<Taken> {
        let (taken, receipt) = self.queues.take(queue, self.clock.now()).unwrap()?;
        self.receipts.lock().unwrap().insert(taken.id.clone(), receipt);
        Some(taken)
    }

    async fn finish(&self, _queue: QueueName, job: &Taken) {
        let receipt = self.receipts.lock().unwrap()[&job.id];
        self.queues.settle(&receipt, Done::Finished).unwrap();
    }

    async fn turn(&self, by: Duration) {
        let now = self.clock.turn(by);
        self.timers.fire_due(now).await.unwrap();
    }
}

struct Aws<'e> {
    account: Account<'e>,
    clients: Services,
    ports: Ports,
    urls: HashMap<QueueName, String>,
    receipts: Mutex<HashMap<String, String>>,
}

const GROUP: &str = "timers";
impl<'e> Aws<'e> {
    async fn new(emulator: &'e Emulator) -> Self {
        let account = emulator.account();
        let clients = account.clients();
        let mut urls = HashMap::new();
        for queue in QueueName::ALL {
            urls.insert(queue, make_queue(&clients, queue).await);
        }
        let arn =
            |queue: &QueueName| format!("arn:aws:sqs:eu-central-1:{}:{}", account.id, name(*queue));
        let group = Group {
            name: GROUP.to_owned(),
            role_arn: format!("arn:aws:iam::{}:role/timers", account.id),
            dead_letter_queue_arn: arn(&QueueName::Hook),
            queue_arns: urls.keys().map(|queue| (*queue, arn(queue))).collect(),
        };
        clients.scheduler.create_schedule_group().name(GROUP).send().await.unwrap();
        let bucket = account.bucket("files").await;
        let key = clients.kms.create_key().send().await.unwrap().key_metadata.unwrap().key_id;
        let clock: Arc<dyn Clock> = Arc::new(emulator.clock().clone());
        let ports = Ports {
            clock: clock.clone(),
            random: Arc::new(SystemRandom::default()),
            queue: Arc::new(Sqs::new(clients.own.sqs(), urls.clone())),
            timers: Arc::new(Schedules::new(clients.scheduler.clone(), group, clock.clone())),
            http: Arc::new(Https::new(Allowance::default()).unwrap()),
            secrets: Arc::new(SealedByKms::new(clients.own.kms(), key)),
            media: Arc::new(Bucket::new(clients.s3.clone(), bucket)),
            audit: Arc::new(Metrics::new(clock, "ports".to_owned(), None)),
        };
        Self { account, clients, ports, urls, receipts: Mutex::default() }
    }
}

fn name(queue: QueueName) -> String {
    format!("{}{}", queue.word(), if queue.is_fifo() { ".fifo" } else { "" })
}

/// As the template makes them.
async fn make_queue(clients: &Services, queue: QueueName) -> String {
    let visibility = VISIBILITY.as_secs().to_string();
    let mut call = clients.sqs.create_queue().queue_name(name(queue));
    call = call.attributes(QueueAttributeName::VisibilityTimeout, visibility);
    if queue.is_fifo() {
        for (attribute, value) in [
            (QueueAttributeName::FifoQueue, "true"),
            (QueueAttributeName::DeduplicationScope, "messageGroup"),
            (QueueAttributeName::FifoThroughputLimit, "perMessageGroupId"),
        ] {
            call = call.attributes(attribute, value);
        }
    }
    call.send().await.unwrap().queue_url.unwrap()
}

#[async_trait(?Send)]
impl Side for Aws<'_> {
    fn name(&self) -> &'static str {
        "AWS"
    }

    fn ports(&self) -> &Ports {
        &self.ports
    }

    fn allows_own_machine(&self) -> bool {
        false
    }

    async fn take(&self, queue: QueueName) -> Option<Taken> {
        let call = self.clients.sqs.receive_message().queue_url(&self.urls[&queue]);
        let count = MessageSystemAttributeName::ApproximateReceiveCount;
        let call = call.message_system_attribute_names(count.clone()).max_number_of_messages(1);
        let message = call.send().await.unwrap().messages?.pop()?;
        let deliveries = message.attributes.unwrap()[&count].parse().unwrap();
        let (id, body) = (message.message_id.unwrap(), message.body.unwrap());
        self.receipts.lock().unwrap().insert(id.clone(), message.receipt_handle.unwrap());
        Some(Taken { id, body, deliveries })
    }

    async fn finish(&self, queue: QueueName, job: &Taken) {
        let receipt = self.receipts.lock().unwrap()[&job.id].clone();
        let call = self.clients.sqs.delete_message().queue_url(&self.urls[&queue]);
        call.receipt_handle(receipt).send().await.unwrap();
    }

    async fn turn(&self, by: Duration) {
        self.account.emulator.turn(by);
        self.account.timers_fired(GROUP).await;
    }
}
