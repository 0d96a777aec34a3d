//! Stories over the whole gateway, and what holds for the repository as a whole.

mod behaviours;
mod bundle;
mod first_tenant;
mod hooks;
mod infra;
mod layers;
mod starts;
mod statuses;
