//! What goes wrong, as an answer: `application/problem+json` with the members of RFC 9457 and those of contracts 1.2
//! beside each other. Outside callers never see why a service of ours failed.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{Error, chain};

/// Seconds after which a service of ours may be back.
const BACK_AFTER_S: u64 = 5;

/// A field and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Detail {
    /// Its name on the wire; of a list's entry `steps[1].text`.
    field: String,
    message: String,
}

/// An error's body.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ProblemBody {
    #[serde(rename = "type")]
    #[schema(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    /// The path that was called.
    #[serde(skip_serializing_if = "String::is_empty")]
    instance: String,
    /// 10000 and the HTTP status.
    code: u32,
    http_code: u16,
    message: String,
    details: Vec<Detail>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<&'static str>,
}

/// What an endpoint answers instead.
#[derive(Debug)]
pub enum Problem {
    Error(Error),
    /// 413.
    TooLarge {
        bytes_max: usize,
    },
    /// 415.
    UnsupportedType,
    /// 404: a field of the request holds an id that nothing has.
    UnknownId {
        field: String,
    },
    /// 404: there is no such path.
    NoPath,
    /// 405: the path has other methods.
    NoMethod,
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::UnknownId { .. } | Self::NoPath => StatusCode::NOT_FOUND,
            Self::NoMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Error(error) => match error {
                Error::Invalid { .. } => StatusCode::BAD_REQUEST,
                Error::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
                Error::Forbidden(_) => StatusCode::FORBIDDEN,
                Error::NotFound { .. } => StatusCode::NOT_FOUND,
                Error::Conflict(_) | Error::Untrained | Error::Busy { .. } | Error::Changed(_) => {
                    StatusCode::CONFLICT
                }
                Error::Refused { .. } => StatusCode::UNPROCESSABLE_ENTITY,
                Error::ProviderRefused { .. } => StatusCode::BAD_GATEWAY,
                Error::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
                Error::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
            },
        }
    }

    fn message(&self) -> String {
        match self {
            Self::TooLarge { bytes_max } => format!("the body is over {bytes_max} bytes"),
            Self::UnsupportedType => {
                "Content-Type must be application/json or application/x-www-form-urlencoded".into()
            }
            Self::UnknownId { field } => format!("{field} not found"),
            Self::NoPath => "there is no such path".into(),
            Self::NoMethod => "this path does not have that method".into(),
            Self::Error(Error::Internal { .. }) => "something is wrong on our side".into(),
            Self::Error(error) => error.to_string(),
        }
    }

    fn details(&self) -> Vec<Detail> {
        let detail = |field: &str, message: &str| {
            vec![Detail { field: field.to_owned(), message: message.to_owned() }]
        };
        match self {
            Self::Error(
                Error::Invalid { field, rule } | Error::Refused { field: Some(field), rule },
            ) => detail(field, rule),
            Self::Error(Error::NotFound { what }) => detail(what, "not found"),
            Self::Error(Error::ProviderRefused { provider, code, .. }) => detail(provider, code),
            Self::UnknownId { field } => detail(field, "not found"),
            Self::UnsupportedType => detail("Content-Type", "is not supported"),
            Self::Error(_) | Self::TooLarge { .. } | Self::NoPath | Self::NoMethod => Vec::new(),
        }
    }

    /// Seconds for `Retry-After`, where waiting helps.
    fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::Error(Error::Busy { after, .. }) => Some(after.as_secs().max(1)),
            Self::Error(Error::Unavailable { .. }) => Some(BACK_AFTER_S),
            Self::Error(Error::Changed(_)) => Some(1),
            Self::Error(_)
            | Self::TooLarge { .. }
            | Self::UnsupportedType
            | Self::UnknownId { .. }
            | Self::NoPath
            | Self::NoMethod => None,
        }
    }

    fn body(&self) -> ProblemBody {
        let status = self.status();
        let message = self.message();
        let is_untrained = matches!(self, Self::Error(Error::Untrained));
        ProblemBody {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: message.clone(),
            instance: String::new(),
            code: 10_000 + u32::from(status.as_u16()),
            http_code: status.as_u16(),
            message,
            details: self.details(),
            warnings: if is_untrained { vec!["agent_not_trained"] } else { Vec::new() },
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        if let Self::Error(error) = &self
            && status.is_server_error()
        {
            tracing::error!(error = chain(error), "a call of the API failed");
        }
        let mut response = status.into_response();
        if let Some(seconds) = self.retry_after_s() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self.body());
        response
    }
}

/// Writes the body of an error, now that the path is known.
pub(crate) async fn write_problems(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    let Some(mut body) = response.extensions_mut().remove::<ProblemBody>() else {
        return response;
    };
    body.instance = path;
    let json = serde_json::to_vec(&body).unwrap_or_default();
    let kind = HeaderValue::from_static("application/problem+json");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response.headers_mut().remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(json);
    response
}

pub(crate) async fn no_path() -> Problem {
    Problem::NoPath
}

pub(crate) async fn no_method() -> Problem {
    Problem::NoMethod
}
