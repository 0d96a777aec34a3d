//! What comes out of a provider's functions: what a webhook was, what an answer means. Not: how either is read.

use std::time::Duration;

use http::StatusCode;

use crate::domain::event::Event;
use crate::domain::message::Failure;
use crate::domain::outbound::Category;
use crate::domain::user::WaId;

/// A caller who did not prove to be the provider. The status and sentence of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub status: StatusCode,
    pub message: &'static str,
}

/// Bytes that are not what the provider sends at all. The status and sentence of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    pub status: StatusCode,
    pub message: &'static str,
}

/// One item of a webhook, in the body's order: every message, status and other fact counts.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "nearly every item is an event")]
pub enum Item {
    Event(Event),
    /// It concerns another business number, and may be its channel's if that one is of the same account
    /// ([`Provider::shares_account`](super::Provider::shares_account)): `body` is a webhook that brings this item
    /// alone.
    Elsewhere {
        /// Digits with the country code.
        number: String,
        body: Vec<u8>,
    },
    /// Nothing is to be done with it. `reason` is a short word of a fixed set, such as `billing`, `unknown_field`,
    /// `other_number`, `unreadable`: it becomes the name of a count.
    Ignored {
        reason: &'static str,
    },
}

/// Everything that a webhook's body holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parsed {
    pub items: Vec<Item>,
}

/// A message that the provider has no form for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} cannot be sent through {provider}")]
pub struct Unsupported {
    pub provider: &'static str,
    pub kind: &'static str,
}

/// What a failed call means (whatsapp-rules 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Try again; after this time if it is known.
    Retry(Option<Duration>),
    /// Hours, or an operator.
    Wait,
    /// The service window is closed: only a template will do.
    TemplateNeeded,
    /// This message will never go.
    Final,
    /// The channel's credentials or account are wrong.
    Configuration,
}

/// What the provider answered to a sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It has the message, under this id of its own.
    Accepted {
        provider_id: String,
        /// What it calls the number that was dialled, where it says so.
        wa_id: Option<WaId>,
    },
    Refused {
        class: Class,
        failure: Failure,
    },
}

/// What the provider answered to the submission of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Submitted {
    /// It is in review, or already decided. `provider_status` is the provider's word.
    Taken { template_id: Option<String>, provider_status: String },
    /// It will not be reviewed.
    Refused { reason: String },
    /// Not now.
    Later,
}

/// One row of a provider's template list. Name and language are its key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TemplateRow {
    pub id: Option<String>,
    pub name: String,
    /// In the provider's form, `pt_BR`.
    pub language: String,
    /// The provider's word.
    pub status: String,
    pub reason: Option<String>,
    /// `None` where it is not told, or is none of today's.
    pub category: Option<Category>,
    /// The provider's word.
    pub quality: Option<String>,
}

/// A page of a provider's template list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplatePage {
    pub rows: Vec<TemplateRow>,
    /// Give it to [`Provider::list_templates`](super::Provider::list_templates) for the next page.
    pub next: Option<String>,
}

/// What the provider says when a channel is activated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Reachable, and the credentials fit.
    Good,
    /// Reachable, and it refused the credentials or the registration.
    Refused,
}

/// What became of the registration of a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registered {
    Yes,
    /// The reason, for the log.
    Refused(String),
    /// The provider is there and has a fault: once more may help.
    NotNow,
}
