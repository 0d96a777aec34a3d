//! The Cloud API as other carriers hand it on: its calls without its addresses and tokens. Its webhooks are had from
//! [`super::Meta`], whose signature is left away.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::params::Params;
use super::problem::{self, Problem};
use super::{message, review, take, webhook};
use crate::carrier::Refusal;
use crate::line::Line;
use crate::simulator::{Sending, Simulator};
use crate::template::Review;

/// `POST …/messages` of a line whose credentials fit.
pub(crate) fn messages(simulator: &Simulator, line: &Line, body: &Value) -> Response {
    take(simulator, line, body).unwrap_or_else(IntoResponse::into_response)
}

/// What a call sends, under the carrier's own id, and why the account cannot send it. An error is the sentence of what
/// is wrong with the form.
pub(crate) fn sending(
    simulator: &Simulator,
    line: &Line,
    body: &Value,
    id: String,
) -> Result<(Sending, Option<Refusal>), String> {
    let read = || {
        let call = Params::call(body)?;
        let envelope = message::envelope(&call)?;
        super::sending(simulator, line, &call, &envelope)
    };
    let (sending, flaw) = read().map_err(|problem: Problem| problem.details)?;
    Ok((Sending { id, ..sending }, flaw))
}

/// The status and the code, title and details of a refusal.
pub(crate) fn refusal(refusal: &Refusal) -> (StatusCode, i64, String, String) {
    let problem = Problem::from(refusal);
    (problem.status, problem.code, problem.title, problem.details)
}

/// The answer to a refusal.
pub(crate) fn refuse(refusal: &Refusal) -> Response {
    problem::answer(refusal)
}

/// A template goes into review. The sentence of what is wrong with it.
pub(crate) fn create_template(
    simulator: &Simulator,
    line: &Line,
    body: &Value,
) -> Result<(), String> {
    review::create(simulator, line, body).map(drop).map_err(|problem| problem.details)
}

/// The platform's word for where a review stands.
pub(crate) const fn word(review: &Review) -> &'static str {
    webhook::word(review)
}
