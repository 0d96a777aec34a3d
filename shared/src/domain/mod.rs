//! Pure rules and types. Nothing here knows a network, a clock, a table or a provider's words.

pub mod answer;
pub mod channel;
pub mod conversation;
pub mod decision;
pub mod delivery;
pub mod event;
pub mod flow;
pub mod hook;
pub mod hours;
pub mod ids;
pub mod inbound;
pub mod limits;
pub mod menu;
pub mod message;
pub mod outbound;
pub mod phone;
pub mod process;
pub mod rate;
pub mod template;
pub mod tenant;
pub mod text;
pub mod texts;
pub mod time;
pub mod user;
