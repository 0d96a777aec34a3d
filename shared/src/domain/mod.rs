//! Pure rules and types. Nothing here knows a network, a clock, a table or a provider's words.

pub mod answer;
pub mod attachment;
pub mod aws_key;
pub mod bot;
pub mod bounds;
pub mod channel;
pub mod conversation;
pub mod decision;
pub mod delivery;
pub mod event;
#[cfg(test)]
pub(crate) mod fixtures; // what tests start from
pub mod flow;
pub mod hook;
pub mod hours;
pub mod ids;
pub mod inbound;
pub mod limits;
pub mod markdown;
pub mod menu;
pub mod message;
pub mod outbound;
pub mod phone;
pub mod process;
pub mod rate;
pub mod rendering;
pub mod template;
pub mod tenant;
pub mod text;
pub mod texts;
pub mod time;
pub mod use_case;
pub mod user;
pub mod variables;
