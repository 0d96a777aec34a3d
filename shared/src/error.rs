//! The one error type: variants are meanings, not places. `Display` says what failed; the log prints the chain.

use std::time::Duration;

use crate::domain::outbound::Broken;

/// What can go wrong in the gateway.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Unknown id, or the id of another tenant.
    #[error("{what} not found")]
    NotFound { what: &'static str },
    /// A field is missing or breaks a rule. `field` is the name on the wire.
    #[error("{field} {rule}")]
    Invalid { field: String, rule: String },
    /// No key, or a wrong one.
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// The key's roles do not allow it.
    #[error("{0}")]
    Forbidden(String),
    /// A duplicate, or the state does not allow the action.
    #[error("{0}")]
    Conflict(String),
    /// The flow or bot that a channel answers with is not published.
    #[error("publish the channel's flow or bot before activating the channel")]
    Untrained,
    /// The same request is being worked on; ask again after.
    #[error("{what} is still being worked on")]
    Busy { what: &'static str, after: Duration },
    /// Well-formed, but a rule of the product or of WhatsApp forbids it.
    #[error("{rule}")]
    Refused { field: Option<String>, rule: String },
    /// A provider answered that it will not, with its code.
    #[error("{provider} refused: {message}")]
    ProviderRefused { provider: &'static str, code: String, message: String },
    /// The stored version is not the one that was read: load and decide again.
    #[error("{0} was changed by somebody else at the same time")]
    Changed(&'static str),
    /// A service that we need did not do its part; a second try may help.
    #[error("{service} is unavailable")]
    Unavailable {
        service: &'static str,
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// What is stored cannot be read, or the like: a fault of ours.
    #[error("{what}")]
    Internal { what: String },
}

/// Shorthand of the crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A field that breaks a rule.
    pub fn invalid(field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), rule: rule.into() }
    }

    /// A rule that forbids it.
    pub fn refused(rule: impl Into<String>) -> Self {
        Self::Refused { field: None, rule: rule.into() }
    }

    /// A service that failed, with what it said.
    pub fn unavailable(
        service: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Unavailable { service, source: Some(source.into()) }
    }

    /// A fault of ours.
    pub fn internal(what: impl Into<String>) -> Self {
        Self::Internal { what: what.into() }
    }

    /// Whether the same thing may succeed later: the queue tries again, otherwise it does not.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Changed(_) | Self::Busy { .. })
    }
}

impl From<Broken> for Error {
    fn from(Broken { field, rule }: Broken) -> Self {
        Self::Invalid { field, rule }
    }
}

/// The error and its causes in one line, for the log.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        source = cause.source();
    }
    line
}
