//! What 360dialog's answers mean. Errors come in three shapes: Meta's `error`, the on-premise API's `errors`, and the
//! proxy's own `meta`, each of them with HTTP 200 now and then (360dialog 2).

use http::{Response, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::channel::OpenChannel;
use crate::domain::message::Failure;
use crate::provider::cloud::wire::{Part, Parts, Word};
use crate::provider::cloud::{self, any, read};
use crate::provider::{Answer, Class, codes};

/// The legacy API's code for what it does not know, and the word that says that this is the user.
const NOT_FOUND: &str = "1006";
const CONTACT: &str = "contact";

#[derive(Deserialize)]
struct Shapes<'a> {
    #[serde(borrow)]
    errors: Part<'a>,
    meta: Part<'a>,
}

/// One of `errors`.
#[derive(Deserialize)]
struct Problem<'a> {
    #[serde(borrow)]
    code: Option<Word<'a>>,
    title: Option<Word<'a>>,
    details: Option<Word<'a>>,
}

/// The proxy's own words. A success of the legacy API has a `meta` too, with its version.
#[derive(Deserialize)]
struct Proxy<'a> {
    success: Option<bool>,
    http_code: Option<u16>,
    #[serde(borrow)]
    developer_message: Option<Word<'a>>,
}

/// The answer to a sending.
pub(super) fn to_sending(channel: &OpenChannel, response: &Response<Vec<u8>>) -> Answer {
    let part = serde_json::from_slice::<&RawValue>(response.body()).ok();
    let shapes: Option<Shapes<'_>> = read(part);
    let own = shapes.as_ref().and_then(|shapes| {
        on_premise(shapes, response.status()).or_else(|| of_proxy(shapes, response.status()))
    });
    let Some((class, code, message)) = own else {
        return cloud::answer::to_sending(channel, response);
    };
    let provider = channel.provider.as_str().to_owned();
    Answer::Refused { class, failure: Failure { provider, code, message } }
}

/// The first of `errors` that can be read.
fn problem<'a>(shapes: &Shapes<'a>) -> Option<Problem<'a>> {
    let errors: Parts<'a> = any(shapes.errors);
    errors?.into_iter().find_map(|part| read(Some(part)))
}

fn on_premise(shapes: &Shapes<'_>, status: StatusCode) -> Option<(Class, String, String)> {
    let problem = problem(shapes)?;
    let code = problem.code.as_deref().filter(|code| !code.is_empty());
    let known = code.and_then(|code| codes::dialog360::class(code.parse().ok()?));
    // An error inside of a success: what was wrong with it will be wrong again.
    let by_status = || if status.is_success() { Class::Final } else { codes::of_status(status) };
    let words = [problem.details.as_deref(), problem.title.as_deref()];
    let words = words.into_iter().flatten().find(|words| !words.is_empty());
    Some((
        known.unwrap_or_else(by_status),
        code.map_or_else(|| http(status), str::to_owned),
        words.unwrap_or("the provider gave no reason").to_owned(),
    ))
}

fn of_proxy(shapes: &Shapes<'_>, status: StatusCode) -> Option<(Class, String, String)> {
    let proxy: Proxy<'_> = read(shapes.meta)?;
    if proxy.success != Some(false) {
        return None;
    }
    let told = proxy.http_code.and_then(|code| StatusCode::from_u16(code).ok());
    let status = told.filter(|told| !told.is_success()).unwrap_or(status);
    let words = proxy.developer_message.as_deref().unwrap_or_default();
    let class = codes::dialog360::proxy_class(status, words);
    let said = if words.is_empty() { "the provider gave no reason" } else { words };
    Some((class, http(status), said.to_owned()))
}

/// Stands for a code where there is none.
fn http(status: StatusCode) -> String {
    format!("http_{}", status.as_u16())
}

/// Whether the legacy API does not know the user by this number.
pub(super) fn is_unknown_contact(response: &Response<Vec<u8>>) -> bool {
    let part = serde_json::from_slice::<&RawValue>(response.body()).ok();
    let problem = read::<Shapes<'_>>(part).and_then(|shapes| problem(&shapes));
    problem.is_some_and(|problem| {
        let is_not_found = problem.code.as_deref() == Some(NOT_FOUND);
        let words = [problem.title.as_deref(), problem.details.as_deref()].into_iter().flatten();
        is_not_found && words.map(str::to_ascii_lowercase).any(|words| words.contains(CONTACT))
    })
}
