//! What each provider plays: its API towards the gateway, and its webhooks. All that is alike on every provider (who
//! may write when, what users see, reviews, faults) is the simulator's; a carrier only speaks the provider's words.

use axum::Router;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::line::{Line, User};
use crate::message::{Said, Sent, StatusChange};
use crate::simulator::Simulator;
use crate::template::{CategoryChange, Template};

/// A call of a provider to the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookPost {
    pub url: String,
    /// With the content type and what proves the provider.
    pub headers: Vec<(String, String)>,
    #[serde(with = "crate::state::base64_bytes")]
    pub body: Vec<u8>,
}

/// Something for one webhook that tells several things at once.
#[derive(Debug, Clone)]
pub enum News<'a> {
    Said(&'a User, &'a Said),
    Status(&'a Sent, &'a StatusChange),
}

/// A provider, as the gateway sees it.
///
/// A handler of [`Carrier::routes`] reads the provider's call, finds the line by its credentials
/// ([`Simulator::line_where`]), makes the [`crate::message::ToUser`] that the user will see, gives it to
/// [`Simulator::send`], and writes the provider's answer; what was refused it answers with [`Carrier::refuse`]. It
/// ends with [`crate::Taken::answer`], which plays the faults that concern the answer itself.
pub trait Carrier: Send + Sync {
    /// A word of a path: the API is mounted under `/<name>`.
    fn name(&self) -> &'static str;

    /// The provider's API. Paths are those of the provider, so that only the host of a channel differs.
    fn routes(&self, simulator: Simulator) -> Router;

    /// A new id for a message of a user. `seed` is never the same twice.
    fn message_id(&self, line: &Line, seed: [u8; 16]) -> String;

    /// The webhook that brings what a user did.
    fn user_message(&self, line: &Line, user: &User, said: &Said) -> WebhookPost;

    /// The webhook that brings a status; `None` where the provider tells nothing for it.
    fn status(&self, line: &Line, sent: &Sent, change: &StatusChange) -> Option<WebhookPost>;

    /// One webhook for several things; `None` where the provider never joins them.
    fn batch(&self, _line: &Line, _news: &[News<'_>]) -> Option<WebhookPost> {
        None
    }

    /// The webhook that brings the end of a review; `None` where the provider only shows it in its list.
    fn template_decided(&self, line: &Line, template: &Template) -> Option<WebhookPost>;

    /// The webhook that brings another category of a template, which is given as it was before; `None` where the
    /// provider tells nothing.
    fn template_recategorized(
        &self,
        _line: &Line,
        _before: &Template,
        _change: &CategoryChange,
    ) -> Option<WebhookPost> {
        None
    }

    /// The answer to a sending that was refused.
    fn refuse(&self, line: &Line, refusal: &Refusal) -> Response;

    /// Whether the sending is answered as accepted and the refusal comes later, as a failed status.
    fn refuses_later(&self, _line: &Line, _refusal: &Refusal) -> bool {
        false
    }
}

/// Why a provider does not take or deliver a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Refusal {
    /// More than 24 hours since the user's last message, and it is no template (131047).
    WindowClosed,
    /// There is no such user (131026).
    NotOnWhatsApp,
    /// Missing in that language, or not approved (132001).
    TemplateMissing,
    TemplatePaused,
    TemplateDisabled,
    /// 132000.
    ParameterCount {
        expected: usize,
        got: usize,
    },
    /// 132012, or 131009 for what is no template.
    ParameterFormat {
        detail: String,
    },
    /// A field of the call is missing or wrong (100, 131008).
    Invalid {
        detail: String,
    },
    /// The token or password is wrong.
    Unauthorized,
    /// 130429 or HTTP 429.
    RateLimited,
    /// 5xx.
    Unavailable {
        status: u16,
    },
    /// An answer that is not in the provider's form: an HTML page.
    Garbage,
    /// Any other, by the provider's own code.
    Code {
        code: String,
        text: String,
    },
}
