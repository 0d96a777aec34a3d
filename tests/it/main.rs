//! Stories over the whole gateway, and what holds for the repository as a whole.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod behaviours;
mod bundle;
mod first_tenant;
mod gupshup;
mod hooks;
mod infra;
mod layers;
mod meta;
mod starts;
mod statuses;
