//! The gateway put together from its handlers, as the functions of the bundle do it one by one.

use std::sync::Arc;

use axum::Router;
use shared::config::Function;
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
use shared::provider::{self, Provider};
use shared::store::Store;
use simulator::Carrier;

use crate::wire::{GATEWAY, SIMULATOR};

/// What a function has: its store and its ports.
pub(crate) type Equip<'a> = &'a dyn Fn(Function) -> (Store, Ports);

/// Every route.
pub(crate) fn router(equip: Equip<'_>) -> Router {
    let receive = |provider: &'static dyn Provider| {
        let (store, ports) = equip(Function::Webhook(provider.kind()));
        webhooks::router(Arc::new(Receive::new(provider, store, &ports)))
    };
    let (store, ports) = equip(Function::Api);
    let manage = Manage::new(store, &ports, Addresses::at(GATEWAY));
    let (store, ports) = equip(Function::OutboundSend);
    let send = SendOutbound::new(store, &ports);
    let router = api::router(Arc::new(manage)).merge(outbound_send::router(Arc::new(send)));
    closed(provider::ALL.into_iter().map(receive).fold(router, Router::merge))
}

/// Who works off which queue.
pub(crate) fn workers(equip: Equip<'_>) -> Vec<(QueueName, Arc<dyn Worker>)> {
    let worker = |function: Function| -> Option<(QueueName, Arc<dyn Worker>)> {
        let queue = function.queue()?;
        let (store, ports) = equip(function);
        Some((queue, worker(queue, store, &ports)))
    };
    Function::ALL.into_iter().filter_map(worker).collect()
}

fn worker(queue: QueueName, store: Store, ports: &Ports) -> Arc<dyn Worker> {
    match queue {
        QueueName::Event => Arc::new(Route::new(store, ports)),
        QueueName::Message => Arc::new(Deliver::new(store, ports)),
        QueueName::Hook => Arc::new(DeliverHook::new(store, ports, Some(GATEWAY))),
        QueueName::FollowUp => Arc::new(FollowUp::new(store, ports)),
        QueueName::Expiry => Arc::new(Expire::new(store, ports)),
    }
}

/// The schedule.
pub(crate) fn poll(equip: Equip<'_>) -> Box<dyn Tick> {
    let (store, ports) = equip(Function::TemplatePoll);
    Box::new(Poll::new(store, &ports))
}

/// The providers that the simulator plays.
pub(crate) fn carriers() -> Vec<Arc<dyn Carrier>> {
    simulator::carriers(SIMULATOR)
}
