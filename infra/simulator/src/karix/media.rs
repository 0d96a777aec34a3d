//! Files of users: behind the account key, under a word that is a link's and must come back as it was given.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{json_answer, line, refuse};
use crate::Simulator;

/// A file's word in a link: encoded twice, so that whoever decodes or encodes it on the way breaks it.
pub(super) fn filedata(file: &str) -> String {
    let word = STANDARD.encode(format!("file/{file}+"));
    form_urlencoded::byte_serialize(word.as_bytes()).collect()
}

/// The file of a word as it came, undecoded.
fn file_of(word: &str) -> Option<String> {
    let decoded = form_urlencoded::parse(word.as_bytes()).next()?.0.into_owned();
    let bytes = STANDARD.decode(decoded).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let file = text.strip_prefix("file/")?.strip_suffix('+')?.to_owned();
    (filedata(&file) == word).then_some(file)
}

/// The value of the only parameter, undecoded.
fn parameter<'q>(query: Option<&'q str>, name: &str) -> Option<&'q str> {
    query?.strip_prefix(name)?.strip_prefix('=')
}

pub(super) async fn download(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    if let Err(refusal) = line(&simulator, &headers) {
        return refuse(&refusal);
    }
    let file = parameter(query.as_deref(), "filedata").and_then(file_of);
    match file.and_then(|file| simulator.file(&file)) {
        Some(file) => ([("content-type", file.mime)], file.bytes.to_vec()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Where the file with an id lies.
pub(super) async fn locate(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    if let Err(refusal) = line(&simulator, &headers) {
        return refuse(&refusal);
    }
    let id = parameter(query.as_deref(), "media_id").unwrap_or_default();
    match simulator.file(id) {
        Some(_) => json_answer(StatusCode::OK, &json!({ "filedata": filedata(id) })),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
