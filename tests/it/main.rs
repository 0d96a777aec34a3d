//! Stories over the whole gateway, and what holds for the repository as a whole.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod aws_social;
mod bad_input;
mod batches;
mod behaviours;
mod bots;
mod broken;
mod budget;
mod bundle;
mod channels;
mod coexistence;
mod counting;
mod crashes;
mod dialog360;
mod errors;
mod first_tenant;
mod flows;
mod follow_up;
mod gupshup;
mod histories;
mod hooks;
mod identities;
mod inbounds;
mod infobip;
mod infra;
mod karix;
mod layers;
mod local_host;
mod media;
mod messages;
mod meta;
mod openapi;
mod outbounds;
mod permissions;
mod ports;
mod providers;
mod rates;
mod rendering;
mod requests;
mod stack;
mod starts;
mod statuses;
mod templates;
mod transfer;
