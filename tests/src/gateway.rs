//! The gateway put together from its handlers, as the functions of the bundle do it one by one.

use std::sync::Arc;

use axum::Router;
use shared::handlers::deliver::Deliver;
use shared::handlers::expire::Expire;
use shared::handlers::follow_up::FollowUp;
use shared::handlers::hook::DeliverHook;
use shared::handlers::manage::Manage;
use shared::handlers::manage::addresses::Addresses;
use shared::handlers::poll::Poll;
use shared::handlers::receive::Receive;
use shared::handlers::route::Route;
use shared::handlers::send::SendOutbound;
use shared::handlers::{Tick, Worker};
use shared::http::{api, closed, outbound_send, webhooks};
use shared::ports::{Ports, QueueName};
use shared::provider::{gupshup::Gupshup, meta::Meta};
use shared::store::Store;
use simulator::Carrier;

use crate::wire::{GATEWAY, SIMULATOR};

/// Every route.
pub(crate) fn router(store: &Store, ports: &Ports) -> Router {
    let receive = |provider| Arc::new(Receive::new(provider, store.clone(), ports));
    let manage = Manage::new(store.clone(), ports, Addresses::at(GATEWAY));
    let send = SendOutbound::new(store.clone(), ports);
    let router = api::router(Arc::new(manage))
        .merge(outbound_send::router(Arc::new(send)))
        .merge(webhooks::router(receive(&Meta)))
        .merge(webhooks::router(receive(&Gupshup)));
    closed(router)
}

/// Who works off which queue.
pub(crate) fn workers(store: &Store, ports: &Ports) -> Vec<(QueueName, Arc<dyn Worker>)> {
    vec![
        (QueueName::Event, Arc::new(Route::new(store.clone(), ports))),
        (QueueName::Message, Arc::new(Deliver::new(store.clone(), ports))),
        (QueueName::Hook, Arc::new(DeliverHook::new(store.clone(), ports))),
        (QueueName::FollowUp, Arc::new(FollowUp::new(store.clone(), ports))),
        (QueueName::Expiry, Arc::new(Expire::new(store.clone(), ports))),
    ]
}

/// The schedule.
pub(crate) fn poll(store: &Store, ports: &Ports) -> Box<dyn Tick> {
    Box::new(Poll::new(store.clone(), ports))
}

/// The providers that the simulator plays.
pub(crate) fn carriers() -> Vec<Arc<dyn Carrier>> {
    simulator::carriers(SIMULATOR)
}
