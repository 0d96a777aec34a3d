//! The gateway put together from its handlers on the local ports, as the functions of the bundle do it one by one.

use std::sync::Arc;

use axum::Router;
use shared::aws::https::{Allowance, Https};
use shared::aws::system::{SystemRandom, WallClock};
use shared::handlers::Worker;
use shared::handlers::deliver::Deliver;
use shared::handlers::expire::Expire;
use shared::handlers::follow_up::FollowUp;
use shared::handlers::hook::DeliverHook;
use shared::handlers::manage::Manage;
use shared::handlers::manage::addresses::Addresses;
use shared::handlers::receive::Receive;
use shared::handlers::route::Route;
use shared::handlers::send::SendOutbound;
use shared::http::{api, closed, outbound_send, webhooks};
use shared::local::audit::Counts;
use shared::local::clock::Turned;
use shared::local::engine::Engine;
use shared::local::media;
use shared::local::queue::Queues;
use shared::local::secrets::Sealed;
use shared::local::timers::Armed;
use shared::ports::{Ports, QueueName};
use shared::provider;
use shared::runtime;
use shared::store::Store;

use crate::failure::Failure;
use crate::folder::Folder;

/// Customers' servers on this machine may be called, without TLS: the simulator's hook receiver is one.
const OWN_NETWORKS: [&str; 2] = ["127.0.0.0/8", "::1/128"];

/// The gateway's parts that the host moves.
pub(crate) struct Gateway {
    /// Where it is reached.
    address: String,
    pub(crate) engine: Engine,
    pub(crate) store: Store,
    pub(crate) ports: Ports,
    pub(crate) clock: Arc<Turned>,
    pub(crate) queues: Arc<Queues>,
    pub(crate) timers: Arc<Armed>,
}

impl Gateway {
    /// With everything that was left in the folder. `address` is where it is reached.
    pub(crate) fn open(folder: &Folder, address: &str) -> Result<Self, Failure> {
        let broken = |error| folder.broken(error);
        let engine = Engine::file(&folder.table()).map_err(broken)?;
        let clock = Turned::new(Arc::new(WallClock), engine.shelf()).map_err(broken)?;
        let clock = Arc::new(clock);
        let queues = Arc::new(Queues::new(engine.shelf(), clock.clone()).map_err(broken)?);
        let timers = Arc::new(Armed::new(engine.shelf(), queues.clone()).map_err(broken)?);
        let networks = OWN_NETWORKS.iter().filter_map(|network| network.parse().ok()).collect();
        let ports = Ports {
            clock: clock.clone(),
            random: Arc::new(SystemRandom::default()),
            queue: queues.clone(),
            timers: timers.clone(),
            http: Arc::new(Https::new(Allowance { networks, plain: true })?),
            secrets: Arc::new(Sealed::key_file(&folder.key()).map_err(broken)?),
            media: Arc::new(media::Folder::open(&folder.media()).map_err(broken)?),
            audit: Arc::new(Counts::new(engine.shelf())),
        };
        let store = Store::new(engine.table());
        let (store, ports) = runtime::spoiled("local", store, ports);
        let address = address.to_owned();
        Ok(Self { address, engine, store, ports, clock, queues, timers })
    }

    /// Every route.
    pub(crate) fn router(&self) -> Router {
        let manage = Manage::new(self.store.clone(), &self.ports, Addresses::at(&self.address));
        let send = SendOutbound::new(self.store.clone(), &self.ports);
        let mut router = api::router(Arc::new(manage)).merge(outbound_send::router(Arc::new(send)));
        for provider in provider::ALL {
            let receive = Receive::new(provider, self.store.clone(), &self.ports);
            router = router.merge(webhooks::router(Arc::new(receive)));
        }
        closed(router)
    }

    /// Who works off the queue.
    pub(crate) fn worker(&self, queue: QueueName) -> Arc<dyn Worker> {
        let store = self.store.clone();
        match queue {
            QueueName::Event => Arc::new(Route::new(store, &self.ports)),
            QueueName::Message => Arc::new(Deliver::new(store, &self.ports)),
            QueueName::Hook => Arc::new(DeliverHook::new(store, &self.ports, Some(&self.address))),
            QueueName::FollowUp => Arc::new(FollowUp::new(store, &self.ports)),
            QueueName::Expiry => Arc::new(Expire::new(store, &self.ports)),
        }
    }
}
