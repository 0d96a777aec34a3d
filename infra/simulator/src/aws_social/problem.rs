//! AWS's refusals: the name of their kind in a header, one sentence in the body.

use axum::Json;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::carrier::Refusal;

const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    status: u16,
    kind: &'static str,
    message: String,
}

impl Problem {
    fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Self {
        Self { status, kind, message: message.into() }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidParametersException", message)
    }

    pub(super) fn missing(message: impl Into<String>) -> Self {
        Self::new(404, "ResourceNotFoundException", message)
    }

    pub(super) fn unsigned() -> Self {
        Self::new(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    }

    pub(super) fn unknown_key() -> Self {
        let message = "The security token included in the request is invalid.";
        Self::new(403, "UnrecognizedClientException", message)
    }

    pub(super) fn bad_signature() -> Self {
        let message = "The request signature we calculated does not match the signature you \
                       provided.";
        Self::new(403, "InvalidSignatureException", message)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        (status, [(ERROR_TYPE, self.kind)], Json(json!({ "message": self.message })))
            .into_response()
    }
}

/// Whether WhatsApp refuses, and not AWS: that is told later.
pub(super) fn is_of_whatsapp(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::WindowClosed
        | Refusal::NotOnWhatsApp
        | Refusal::TemplateMissing
        | Refusal::TemplatePaused
        | Refusal::TemplateDisabled
        | Refusal::ParameterCount { .. }
        | Refusal::ParameterFormat { .. } => true,
        Refusal::Invalid { .. }
        | Refusal::Unauthorized
        | Refusal::RateLimited
        | Refusal::Unavailable { .. }
        | Refusal::Garbage
        | Refusal::Code { .. } => false,
    }
}

/// The answer to a refusal.
pub(super) fn answer(refusal: &Refusal) -> Response {
    let problem = match refusal {
        Refusal::Unauthorized => Problem::unknown_key(),
        Refusal::RateLimited => Problem::new(429, "ThrottledRequestException", "Rate exceeded"),
        Refusal::Unavailable { status } => {
            Problem::new(*status, "InternalServiceException", "Internal error")
        }
        Refusal::Garbage => {
            let page = "<html><body>Bad Gateway</body></html>";
            return (StatusCode::BAD_GATEWAY, [(header::CONTENT_TYPE, "text/html")], page)
                .into_response();
        }
        Refusal::Invalid { detail } => Problem::invalid(detail.clone()),
        Refusal::Code { code, text } => Problem::invalid(format!("({code}) {text}")),
        other => Problem::invalid(format!("{other:?}")),
    };
    problem.into_response()
}
