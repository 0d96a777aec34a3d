//! The gateway of a story, and time as it passes there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use shared::config::Function;
use shared::domain::time::Time;
use shared::faults::Faults;
use shared::handlers::{Tick, Worker};
use shared::local::audit::Counts;
use shared::local::clock::Hand;
use shared::local::engine::Engine;
use shared::local::media::Memory;
use shared::local::queue::{Dead, Queues};
use shared::local::random::Seeded;
use shared::local::secrets::Sealed;
use shared::local::timers::Armed;
use shared::ports::{Clock, Media, Metric, Ports, QueueName, Random, Secrets, Taken};
use shared::runtime::{Verdict, step, work};
use shared::store::Store;
use shared::store::table::Units;
use simulator::Simulator;
use simulator::simulator::Pace;
use simulator::state::State;

use crate::clock::OneTime;
use crate::count::{Calls, CountedQueue, CountedTimers, Counters, KeptAudit};
use crate::fate::Fate;
use crate::gateway;
use crate::permissions::{Functions, Permission};
use crate::wire::{SIMULATOR, Webhooks, Wire};

/// A Monday noon in the middle of the default business hours: `2024-03-11T15:00:00.000Z`.
pub const START: &str = "2024-03-11T15:00:00.000Z";

/// More steps than any story takes: something goes round in circles.
const STEPS_MAX: usize = 10_000;

/// What chance follows from where a story says nothing else.
const SEED: u64 = 7;

/// A schedule is repeated so often.
const POLLS_MAX: usize = 3;

/// The whole gateway against the simulator.
pub struct Bundle {
    pub simulator: Simulator,
    pub wire: Arc<Wire>,
    pub queues: Arc<Queues>,
    pub timers: Arc<Armed>,
    pub engine: Engine,
    pub store: Store,
    pub ports: Ports,
    pub fate: Arc<Fate>,
    kept: Kept,
    clock: Arc<Hand>,
    counters: Arc<Counters>,
    audit: Arc<KeptAudit>,
    functions: Functions,
    workers: Vec<(QueueName, Arc<dyn Worker>)>,
    poll: Box<dyn Tick>,
}

/// A moment of a story.
pub struct Moment {
    file: Scratch,
    now: Time,
    state: State,
    kept: Kept,
}

impl Moment {
    /// The story as it was then. What happens in it does not happen in other ones that begin here.
    pub fn again(&self) -> Bundle {
        let engine = Engine::memory_of(&self.file.0).expect("the state can be read");
        Bundle::on(engine, self.now, self.state.clone(), self.kept.clone())
    }

    /// The same with other chance.
    pub fn again_with(&self, seed: u64) -> Bundle {
        let engine = Engine::memory_of(&self.file.0).expect("the state can be read");
        let mut state = self.state.clone();
        state.seed = Some(seed);
        let kept = Kept { random: Arc::new(Seeded::new(seed)), ..self.kept.clone() };
        Bundle::on(engine, self.now, state, kept)
    }
}

/// What all tellings of a story have together: nothing of it depends on what happened.
#[derive(Clone)]
struct Kept {
    random: Arc<dyn Random>,
    secrets: Arc<dyn Secrets>,
    media: Arc<dyn Media>,
}

impl Kept {
    fn new() -> Self {
        Self {
            random: Arc::new(Seeded::new(SEED)),
            secrets: Arc::new(Sealed::memory().expect("random bytes")),
            media: Arc::new(Memory::default()),
        }
    }
}

/// A file that is gone when nobody needs it any more.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("wharf-moment-{}-{number}.db", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Bundle {
    /// An empty gateway at [`START`].
    pub async fn start() -> Self {
        Self::start_at(START).await
    }

    /// An empty gateway at this time.
    #[expect(clippy::unused_async, reason = "stories wait for their beginning, whatever it takes")]
    pub async fn start_at(time: &str) -> Self {
        let engine = Engine::memory().expect("the engine starts");
        let mut state = State::default();
        state.seed = Some(SEED);
        Self::on(engine, Time::parse(time).expect("a time"), state, Kept::new())
    }

    fn on(engine: Engine, now: Time, state: State, kept: Kept) -> Self {
        let clock = Arc::new(Hand::new(now));
        let queues = Queues::new(engine.shelf(), clock.clone()).expect("what queues keep");
        let queues = Arc::new(queues);
        let timers = Armed::new(engine.shelf(), queues.clone()).expect("what timers keep");
        let timers = Arc::new(timers);
        let fate = Arc::new(Fate::default());
        let wire = Arc::new(Wire::new(fate.clone()));
        let counters = Arc::new(Counters::default());
        let audit = Arc::new(KeptAudit::new(Counts::new(engine.shelf())));
        let ports = Ports {
            clock: clock.clone(),
            random: kept.random.clone(),
            queue: Arc::new(CountedQueue(queues.clone(), counters.clone())),
            timers: Arc::new(CountedTimers(timers.clone(), counters.clone())),
            http: wire.clone(),
            secrets: kept.secrets.clone(),
            media: kept.media.clone(),
            audit: audit.clone(),
        };
        let store = Store::new(engine.table());
        let simulator = Simulator::new(
            state,
            gateway::carriers(),
            Arc::new(OneTime(clock.clone())),
            Arc::new(Webhooks(wire.clone())),
            SIMULATOR,
            Pace::default(),
        );
        let functions = Functions::default();
        // A function is a process of its own: what another one remembers, it does not.
        let equip = |function: Function| {
            let faults = Faults::new(function.name(), fate.clone());
            let (store, ports) = functions.equip(function, Store::new(engine.table()), &ports);
            (faults.store(&store), faults.ports(&ports))
        };
        let router: Router = gateway::router(&equip);
        wire.connect(router, simulator.clone());
        let (workers, poll) = (gateway::workers(&equip), gateway::poll(&equip));
        Self {
            simulator,
            wire,
            queues,
            timers,
            engine,
            store,
            ports,
            fate,
            kept,
            clock,
            counters,
            audit,
            functions,
            workers,
            poll,
        }
    }

    /// The moment, to begin from again and again. Jobs in flight would come back at once.
    pub fn moment(&self) -> Moment {
        let file = Scratch::new();
        self.engine.save(&file.0).expect("the state can be written");
        let state = self.simulator.read(State::clone);
        Moment { file, now: self.now(), state, kept: self.kept.clone() }
    }

    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// What all functions asked of the table so far, in calls and units.
    pub fn usage(&self) -> Units {
        self.functions.stores().iter().fold(Units::default(), |sum, store| {
            let own = store.usage();
            let calls = sum.calls + own.calls;
            Units { calls, read: sum.read + own.read, write: sum.write + own.write }
        })
    }

    /// What the gateway counted of a metric so far: values with their reasons, in their order.
    pub fn counted(&self, metric: Metric) -> Vec<(u64, String)> {
        self.audit.of(metric).into_iter().map(|count| (count.value, count.reason)).collect()
    }

    /// What each function asked of AWS so far.
    pub fn used(&self) -> BTreeMap<Function, BTreeSet<Permission>> {
        self.functions.used()
    }

    /// Calls of queues and timers so far.
    pub fn calls(&self) -> Calls {
        self.counters.calls()
    }

    /// Everything that can happen now happens, in the simulator and in the gateway.
    pub async fn run(&self) {
        for _ in 0..STEPS_MAX {
            if self.simulator.step().await == 0 && !self.step().await {
                return;
            }
        }
        panic!("after {STEPS_MAX} steps there is still something to do: {:?}", self.waiting());
    }

    /// The gateway takes one job of each queue; whether there was any.
    pub async fn step(&self) -> bool {
        let mut is_any = false;
        for queue in QueueName::ALL {
            is_any |= self.step_queue(queue).await;
        }
        is_any
    }

    /// One job of this queue, as its function would do it. If the function dies of it, the job stays in flight.
    pub async fn step_queue(&self, queue: QueueName) -> bool {
        let (audit, clock) = (&*self.ports.audit, &*self.ports.clock);
        let step = step(&self.queues, queue, self.worker(queue), audit, clock);
        self.fate.survives(step).await.is_none_or(|done| done.expect("a queue can be stepped"))
    }

    /// A job is worked on, and stays on its queue: as if the function died before it could say so.
    pub async fn work(&self, queue: QueueName, job: &Taken) -> Verdict {
        work(self.worker(queue), queue, job).await
    }

    fn worker(&self, queue: QueueName) -> &Arc<dyn Worker> {
        let found = self.workers.iter().find(|(of, _)| *of == queue);
        &found.expect("every queue has its worker").1
    }

    /// The schedule that asks providers for the status of templates, and again if that fails: it is repeated by its
    /// service.
    pub async fn poll(&self) {
        for _ in 0..POLLS_MAX {
            let polled = self.fate.survives(self.poll.tick()).await;
            self.run().await;
            if matches!(polled, Some(Ok(()))) {
                return;
            }
        }
        panic!("templates cannot be polled");
    }

    /// Time passes, and whatever falls due on the way happens in its order.
    pub async fn turn(&self, by: Duration) {
        let end = self.now() + by;
        self.run().await;
        for _ in 0..STEPS_MAX {
            let Some(next) = self.next_due().filter(|next| *next <= end) else {
                self.clock.set(end);
                self.run().await;
                return;
            };
            self.clock.set(next.max(self.now()));
            self.timers.fire_due(self.now()).await.expect("timers fire");
            self.run().await;
        }
        panic!("time does not pass: {:?}", self.waiting());
    }

    /// The clock shows a later time, and nothing happens on the way: as if every function stood still.
    pub fn turn_clock_only(&self, by: Duration) {
        self.clock.turn(by);
    }

    /// Time passes until then.
    pub async fn turn_to(&self, time: &str) {
        let time = Time::parse(time).expect("a time");
        assert!(time >= self.now(), "{time} is over");
        self.turn(time.since(self.now())).await;
    }

    fn next_due(&self) -> Option<Time> {
        let queues = QueueName::ALL.into_iter().filter_map(|queue| self.queues.next_visible(queue));
        let simulator = self.simulator.next_due_millis().map(Time::from_millis);
        queues.chain(self.timers.next_due()).chain(simulator).min()
    }

    /// What waits in the queues, as (queue, body).
    pub fn waiting(&self) -> Vec<(QueueName, String)> {
        let of = |queue| self.queues.bodies(queue).into_iter().map(move |body| (queue, body));
        QueueName::ALL.into_iter().flat_map(of).collect()
    }

    /// All jobs that were given up.
    pub fn dead_letters(&self) -> Vec<Dead> {
        QueueName::ALL.into_iter().flat_map(|queue| self.queues.dead_letters(queue)).collect()
    }

    /// Nothing was given up: the end of most stories.
    pub fn assert_no_dead_letters(&self) {
        assert_eq!(self.dead_letters(), [], "dead letters");
    }
}

/// Whatever a story was about: no function used what the template does not allow it.
impl Drop for Bundle {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.functions.forbidden(), [""; 0], "permissions");
        }
    }
}
