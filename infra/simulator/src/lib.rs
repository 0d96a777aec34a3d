//! Stand-ins for everything that the gateway talks to: WhatsApp providers with their users, and a customer who
//! receives hooks. With a phone to write with, faults on demand and a clock that can be turned. It is never deployed
//! and knows nothing of the gateway but the wire: what it accepts and what it posts are a provider's own words.

pub mod api; // the control API
pub mod aws_social; // AWS End User Messaging Social, with its topic and its bucket
pub mod bot; // a customer's bot
pub mod carrier; // what each provider plays
pub mod clock; // the time, turned from outside
pub mod dialog360; // both generations of 360dialog
pub mod fault; // what goes wrong on demand
mod files; // of users and of the business
pub mod gupshup; // its enterprise gateway, self-serve and partner API
pub mod hooks; // a customer's receiver
pub mod infobip; // its WhatsApp API
pub mod karix; // its RCM API
pub mod keep; // the state in a folder
pub mod line; // numbers and people
pub mod message; // what was said, both ways
pub mod meta; // the Cloud API
pub mod people; // users and reviewers
pub mod post; // webhooks on their way
mod pump; // carries out what is pending
pub mod serve; // everything over HTTP
pub mod signature; // what the receiver checks
pub mod simulator; // the handle that carriers and tests hold
pub mod state; // what is remembered
pub mod template; // templates and their review
mod time; // moments in words
mod upload; // bodies of several parts

#[cfg(test)]
mod tests; // the world by itself
#[cfg(test)]
mod world; // what the tests of the providers live in

pub use carrier::{Carrier, Refusal, WebhookPost};
pub use line::{Line, User};
pub use simulator::{Sending, Simulator, Taken};

/// Every provider that is played. `address` is where the simulator is reached.
pub fn carriers(address: &str) -> Vec<std::sync::Arc<dyn Carrier>> {
    let gupshup = gupshup::Gupshup { address: address.to_owned() };
    let karix = karix::Karix { address: address.to_owned() };
    let infobip = infobip::Infobip { address: address.to_owned() };
    let aws_social = aws_social::AwsSocial { address: address.to_owned() };
    vec![
        std::sync::Arc::new(meta::Meta),
        std::sync::Arc::new(gupshup),
        std::sync::Arc::new(dialog360::Dialog360),
        std::sync::Arc::new(karix),
        std::sync::Arc::new(infobip),
        std::sync::Arc::new(aws_social),
    ]
}
