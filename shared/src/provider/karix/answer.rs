//! What Karix answers to a sending. Errors come inside HTTP 200; only a code of 200 with an id is a success (karix 2).

use http::{Response, StatusCode};

use super::wire::Object;
use crate::domain::channel::OpenChannel;
use crate::domain::message::Failure;
use crate::provider::{Answer, Class, codes};

/// The only code that is a success.
const ACCEPTED: &str = "200";

/// The answer to a sending.
pub(super) fn read(channel: &OpenChannel, response: &Response<Vec<u8>>) -> Answer {
    let status = response.status();
    let body = Object::of_bytes(response.body());
    let code = body.as_ref().and_then(|body| body.text("statusCode"));
    let mid = body.as_ref().and_then(|body| body.text("mid"));
    let is_accepted = status.is_success() && code.as_deref() == Some(ACCEPTED);
    if let (true, Some(provider_id)) = (is_accepted, mid) {
        return Answer::Accepted { provider_id, wa_id: None };
    }
    let said = body.as_ref().and_then(|body| body.first_text(&["statusDesc", "message", "error"]));
    let class = match (&code, &body) {
        _ if is_key_refused(status) => Class::Configuration,
        // Not Karix's words at all: something in between answered.
        (_, None) => Class::Retry(None),
        _ if !status.is_success() => codes::of_status(status),
        (Some(code), Some(_)) => codes::karix::class(code),
        // A success without an id: Karix has the message, so a second one would double it.
        (None, Some(_)) => Class::Final,
    };
    let failure = Failure {
        provider: channel.provider.as_str().to_owned(),
        code: code.unwrap_or_else(|| format!("http_{}", status.as_u16())),
        message: said.unwrap_or_else(|| format!("the answer was status {}", status.as_u16())),
    };
    Answer::Refused { class, failure }
}

/// Whether the account key is what was refused.
pub(super) fn is_key_refused(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN)
}
