//! Refusals, in the two shapes that Infobip has for them: the older one for what is wrong with a call or its caller,
//! the newer one for what is wrong with Infobip.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::news::rejected;
use crate::Refusal;

fn old(status: StatusCode, word: &str, text: &str, field: Option<(&str, &str)>) -> Response {
    let mut exception = json!({ "messageId": word, "text": text });
    if let Some((field, rule)) = field {
        exception["validationErrors"] = json!({ field: [rule] });
    }
    (status, Json(json!({ "requestError": { "serviceException": exception } }))).into_response()
}

/// There is nothing at this address.
pub(super) fn not_found() -> Response {
    old(StatusCode::NOT_FOUND, "NOT_FOUND", "Requested resource not found", None)
}

/// The answer to a call that was refused.
pub(super) fn answer(refusal: &Refusal) -> Response {
    match refusal {
        Refusal::Unauthorized => {
            old(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "Invalid login details", None)
        }
        Refusal::RateLimited => {
            let word = "TOO_MANY_REQUESTS";
            old(StatusCode::TOO_MANY_REQUESTS, word, "Too many requests", None)
        }
        Refusal::Unavailable { status } => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            let body = json!({
                "errorCode": "E500", "description": "Something went wrong.",
                "action": "Contact the support.", "violations": [], "resources": [],
            });
            (status, Json(body)).into_response()
        }
        // A page in the answer's place is what something between the two sides answers.
        Refusal::Garbage => {
            let page = "<html><body><h1>502 Bad Gateway</h1></body></html>";
            (StatusCode::BAD_GATEWAY, [(header::CONTENT_TYPE, "text/html")], page).into_response()
        }
        // Accepted as a call, and rejected as a message.
        Refusal::Code { code, text } => {
            let mut status = rejected(text);
            status["id"] = json!(code.parse::<i64>().unwrap_or(6));
            status["name"] = json!(format!("REJECTED_{code}"));
            let body: Value =
                json!({ "to": "", "messageCount": 1, "messageId": "rejected", "status": status });
            Json(body).into_response()
        }
        Refusal::Invalid { detail } => {
            let field = detail.split_once(": ").unwrap_or(("request", detail));
            old(StatusCode::BAD_REQUEST, "BAD_REQUEST", "Bad request", Some(field))
        }
        // These are told by a report ([`crate::Carrier::refuses_later`]).
        Refusal::WindowClosed
        | Refusal::NotOnWhatsApp
        | Refusal::TemplateMissing
        | Refusal::TemplatePaused
        | Refusal::TemplateDisabled
        | Refusal::ParameterCount { .. }
        | Refusal::ParameterFormat { .. } => {
            old(StatusCode::BAD_REQUEST, "BAD_REQUEST", "Bad request", None)
        }
    }
}
