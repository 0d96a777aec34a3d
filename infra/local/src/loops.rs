//! What goes on by itself: queues are worked off, timers fire, webhooks go out, templates are asked for, the world is
//! saved. Each in a task of its own, so that a slow call holds up nothing else.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use shared::domain::time::Time;
use shared::error::chain;
use shared::handlers::Tick;
use shared::ports::{Clock as _, QueueName};
use shared::runtime::step;
use simulator::Simulator;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::gateway::Gateway;

/// How long nobody looks, if nothing wakes a loop.
const PAUSE: Duration = Duration::from_millis(100);
/// How often the provider is asked for templates while time passes by itself.
const POLL_EVERY: Duration = Duration::from_secs(15);
/// How often it is asked while the clock is turned, as the schedule of the template does.
pub(crate) const POLL_TURNED_EVERY: Duration = Duration::from_mins(5);
/// How often what has expired is swept from the table.
const SWEEP_EVERY: Duration = Duration::from_mins(10);

/// The gateway and the simulator, and what moves them.
pub(crate) struct Host {
    pub(crate) gateway: Gateway,
    pub(crate) simulator: Simulator,
    pub(crate) poll: Box<dyn Tick>,
    pub(crate) folder: PathBuf,
    /// Loops that are in the middle of something.
    busy: AtomicUsize,
    /// When templates were last asked for, in milliseconds since 1970.
    polled_millis: AtomicI64,
    woken: watch::Sender<()>,
}

impl Host {
    pub(crate) fn new(
        gateway: Gateway,
        simulator: Simulator,
        poll: Box<dyn Tick>,
        folder: PathBuf,
    ) -> Self {
        let busy = AtomicUsize::new(0);
        let polled_millis = AtomicI64::new(gateway.clock.now().millis());
        let woken = watch::Sender::new(());
        Self { gateway, simulator, poll, folder, busy, polled_millis, woken }
    }

    /// Starts everything that goes on by itself.
    pub(crate) fn start(self: &Arc<Self>) {
        for queue in QueueName::ALL {
            tokio::spawn(self.clone().work_off(queue));
        }
        tokio::spawn(self.clone().fire_timers());
        tokio::spawn(self.clone().post_webhooks());
        tokio::spawn(self.clone().poll_templates());
        tokio::spawn(self.clone().keep_world());
        tokio::spawn(self.clone().sweep());
    }

    /// Lets every loop look again at once.
    pub(crate) fn wake(&self) {
        self.woken.send_replace(());
    }

    /// Whether nothing is being done and nothing is due.
    pub(crate) fn is_idle(&self) -> bool {
        let now = self.gateway.clock.now();
        self.is_still() && self.next_due().is_none_or(|due| due > now)
    }

    /// Whether nothing is being done.
    pub(crate) fn is_still(&self) -> bool {
        self.busy.load(Ordering::SeqCst) == 0
    }

    /// When the next thing falls due by itself.
    pub(crate) fn next_due(&self) -> Option<Time> {
        let queues = QueueName::ALL.into_iter();
        let queues = queues.filter_map(|queue| self.gateway.queues.next_visible(queue));
        let simulator = self.simulator.next_due_millis().map(Time::from_millis);
        queues.chain(self.gateway.timers.next_due()).chain(simulator).min()
    }

    /// When templates are asked for the next time, while the clock is turned.
    pub(crate) fn next_poll(&self) -> Time {
        Time::from_millis(self.polled_millis.load(Ordering::SeqCst)) + POLL_TURNED_EVERY
    }

    /// Asks for templates now.
    pub(crate) async fn poll_now(&self) {
        let _busy = Busy::new(&self.busy);
        self.polled_millis.store(self.gateway.clock.now().millis(), Ordering::SeqCst);
        if let Err(error) = self.poll.tick().await {
            tracing::error!(error = %chain(&error), "templates could not be asked for");
        }
    }

    /// Writes the simulated world into the folder.
    pub(crate) fn save(&self) -> Option<u64> {
        self.simulator
            .save(&self.folder)
            .inspect_err(|error| tracing::error!(%error, "the simulator could not be saved"))
            .ok()
    }

    async fn work_off(self: Arc<Self>, queue: QueueName) {
        let worker = self.gateway.worker(queue);
        let mut woken = self.woken.subscribe();
        loop {
            loop {
                let _busy = Busy::new(&self.busy);
                let (audit, clock) = (&*self.gateway.ports.audit, &*self.gateway.ports.clock);
                match step(&self.gateway.queues, queue, &worker, audit, clock).await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        tracing::error!(error = %chain(&error), "a queue could not be worked off");
                        break;
                    }
                }
            }
            tokio::select! {
                _ = woken.changed() => {}
                () = self.gateway.queues.changed() => {}
                () = sleep(PAUSE) => {}
            }
        }
    }

    async fn fire_timers(self: Arc<Self>) {
        let mut woken = self.woken.subscribe();
        loop {
            let fired = {
                let _busy = Busy::new(&self.busy);
                self.gateway.timers.fire_due(self.gateway.clock.now()).await
            };
            if let Err(error) = fired {
                tracing::error!(error = %chain(&error), "timers could not be fired");
            }
            tokio::select! {
                _ = woken.changed() => {}
                () = sleep(PAUSE) => {}
            }
        }
    }

    async fn post_webhooks(self: Arc<Self>) {
        let mut woken = self.woken.subscribe();
        loop {
            {
                let _busy = Busy::new(&self.busy);
                self.simulator.step().await;
            }
            tokio::select! {
                _ = woken.changed() => {}
                () = sleep(PAUSE) => {}
            }
        }
    }

    async fn poll_templates(self: Arc<Self>) {
        loop {
            sleep(POLL_EVERY).await;
            self.poll_now().await;
        }
    }

    async fn keep_world(self: Arc<Self>) {
        let mut saved = None;
        loop {
            sleep(PAUSE).await;
            let revision = self.simulator.read(|state| state.revision);
            if saved != Some(revision) {
                saved = self.save();
            }
        }
    }

    async fn sweep(self: Arc<Self>) {
        loop {
            if let Err(error) = self.gateway.engine.sweep(self.gateway.clock.now()) {
                tracing::error!(error = %chain(&error), "the table could not be swept");
            }
            sleep(SWEEP_EVERY).await;
        }
    }
}

/// Counted as busy while it lives.
struct Busy<'a>(&'a AtomicUsize);

impl<'a> Busy<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
