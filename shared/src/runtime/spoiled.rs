//! What a function reaches, as the plan of faults spoils it. Without the cargo feature `faults` nothing can be spoiled
//! and everything stays what it is.

use std::sync::Arc;

use crate::aws::client::Clients;
use crate::ports::{Http, Ports};
use crate::store::Store;

/// The clients of a function. What is made of them is spoiled with them.
#[cfg(feature = "faults")]
pub(super) fn clients(function: &'static str, clients: Clients) -> Clients {
    match plan(function) {
        Some(faults) => faults.clients(clients),
        None => clients,
    }
}

#[cfg(not(feature = "faults"))]
pub(super) fn clients(_: &'static str, clients: Clients) -> Clients {
    clients
}

/// Calls of other systems: no client of a service stands behind them.
#[cfg(feature = "faults")]
pub(super) fn http(function: &'static str, http: Arc<dyn Http>) -> Arc<dyn Http> {
    match plan(function) {
        Some(faults) => faults.http(http),
        None => http,
    }
}

#[cfg(not(feature = "faults"))]
pub(super) fn http(_: &'static str, http: Arc<dyn Http>) -> Arc<dyn Http> {
    http
}

/// The store and the ports of a process that has no clients of services.
#[cfg(feature = "faults")]
pub fn spoiled(process: &'static str, store: Store, ports: Ports) -> (Store, Ports) {
    match plan(process) {
        Some(faults) => (faults.store(&store), faults.ports(&ports)),
        None => (store, ports),
    }
}

/// The store and the ports of a process that has no clients of services.
#[cfg(not(feature = "faults"))]
pub fn spoiled(_: &'static str, store: Store, ports: Ports) -> (Store, Ports) {
    (store, ports)
}

#[cfg(feature = "faults")]
fn plan(function: &'static str) -> Option<crate::faults::Faults> {
    use crate::faults::{Faults, PlanFile};
    let file = crate::config::fault_plan()?;
    Some(Faults::new(function, Arc::new(PlanFile::new(&file))))
}
