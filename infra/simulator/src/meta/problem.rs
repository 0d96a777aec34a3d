//! The Graph API's errors: what is wrong, in its codes and words.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::carrier::Refusal;

/// Support asks for it; here it is always the same.
const TRACE: &str = "SimulatorTrace";

/// An error of the Graph API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) code: i64,
    pub(crate) subcode: Option<i64>,
    /// The short text, without the code in front.
    pub(crate) title: String,
    /// What exactly.
    pub(crate) details: String,
}

impl Problem {
    pub(crate) fn new(code: i64, title: &str, details: impl Into<String>) -> Self {
        let status = match code {
            190 => StatusCode::UNAUTHORIZED,
            4 | 80_007 | 130_429 => StatusCode::TOO_MANY_REQUESTS,
            132_001 => StatusCode::NOT_FOUND,
            _ => StatusCode::BAD_REQUEST,
        };
        let (title, details) = (title.to_owned(), details.into());
        Self { status, code, subcode: None, title, details }
    }

    /// A parameter that no call has, or of the wrong type.
    pub(crate) fn parameter(details: impl Into<String>) -> Self {
        Self::new(100, "Invalid parameter", details)
    }

    /// A parameter that must be there.
    pub(crate) fn missing(param: &str) -> Self {
        let details = format!("The parameter {param} is required.");
        Self::new(131_008, "Required parameter is missing", details)
    }

    /// A parameter with a value that is not allowed.
    pub(crate) fn value(details: impl Into<String>) -> Self {
        Self::new(131_009, "Parameter value is not valid", details)
    }

    /// The token fits nothing.
    pub(crate) fn token() -> Self {
        Self::new(190, "Invalid OAuth access token", "Cannot parse access token")
    }

    /// There is no such object, or the token may not see it.
    pub(crate) fn object(id: &str) -> Self {
        let details = format!(
            "Unsupported request. Object with ID '{id}' does not exist, cannot be loaded due to \
             missing permissions, or does not support this operation"
        );
        Self { subcode: Some(33), ..Self::parameter(details) }
    }

    /// A template that cannot be created: 100 with the subcode that says why.
    pub(crate) fn template(subcode: i64, details: impl Into<String>) -> Self {
        Self { subcode: Some(subcode), ..Self::parameter(details) }
    }

    /// As it stands in the `errors` of a status.
    pub(crate) fn in_status(&self) -> Value {
        json!({
            "code": self.code,
            "title": self.title,
            "message": self.title,
            "error_data": { "details": self.details },
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        })
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut error = json!({
            "message": format!("(#{}) {}", self.code, self.title),
            "type": "OAuthException",
            "code": self.code,
            "error_data": { "messaging_product": "whatsapp", "details": self.details },
            "fbtrace_id": TRACE,
        });
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = json!(subcode);
            error["error_user_title"] = json!(self.title);
            error["error_user_msg"] = json!(self.details);
        }
        if self.status.is_server_error() {
            error["is_transient"] = json!(true);
        }
        (self.status, Json(json!({ "error": error }))).into_response()
    }
}

impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::WindowClosed => Self::new(
                131_047,
                "Re-engagement message",
                "Message failed to send because more than 24 hours have passed since the customer \
                 last replied to this number.",
            ),
            Refusal::NotOnWhatsApp => {
                Self::new(131_026, "Message undeliverable", "Message Undeliverable.")
            }
            Refusal::TemplateMissing => Self::new(
                132_001,
                "Template name does not exist in the translation",
                "there is no approved template of this name in this language",
            ),
            Refusal::TemplatePaused => {
                Self::new(132_015, "Template is Paused", "The template is paused for its quality.")
            }
            Refusal::TemplateDisabled => {
                Self::new(132_016, "Template is Disabled", "The template was paused too often.")
            }
            Refusal::ParameterCount { expected, got } => Self::new(
                132_000,
                "Number of parameters does not match the expected number of params",
                format!(
                    "body: number of localizable_params ({got}) does not match the expected \
                     number of params ({expected})"
                ),
            ),
            Refusal::ParameterFormat { detail } => Self::new(
                132_012,
                "Parameter format does not match format in the created template",
                detail,
            ),
            Refusal::Invalid { detail } => Self::parameter(detail),
            Refusal::Unauthorized => Self::token(),
            Refusal::RateLimited => Self::new(
                130_429,
                "Rate limit hit",
                "Message failed to send because there were too many messages sent from this phone \
                 number in a short period of time",
            ),
            Refusal::Unavailable { status } => Self {
                status: StatusCode::from_u16(*status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE),
                ..Self::new(2, "Service temporarily unavailable", "Try again later.")
            },
            Refusal::Garbage => Self {
                status: StatusCode::BAD_GATEWAY,
                ..Self::new(1, "An unknown error occurred", "The answer was no JSON.")
            },
            Refusal::Code { code, text } => {
                Self::new(code.parse().unwrap_or(131_000), text, text.as_str())
            }
        }
    }
}

/// For carriers that take Meta's objects and refuse them in their own words.
impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Invalid { detail: problem.details }
    }
}

/// The answer to a refused sending. A page in its place is what something between the two sides answers.
pub(crate) fn answer(refusal: &Refusal) -> Response {
    if *refusal == Refusal::Garbage {
        let page = "<html><body><h1>502 Bad Gateway</h1></body></html>";
        return (StatusCode::BAD_GATEWAY, [(header::CONTENT_TYPE, "text/html")], page)
            .into_response();
    }
    Problem::from(refusal).into_response()
}
