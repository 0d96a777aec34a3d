//! Uploads to an app: files that stand as samples in templates. Begun with name, length and type, then written at once;
//! the answer is a handle.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State as Extract};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::problem::Problem;
use super::{Pairs, Place, check_version, line};
use crate::simulator::{Simulator, StoredFile};

const PREFIX: &str = "upload:";
/// An id is an address and has a query: whoever escapes it does not find the upload.
const SIGNATURE: &str = "ARsimulated";
const HANDLE: &str = "4::";
const MIMES: [&str; 6] =
    ["application/pdf", "image/jpeg", "image/jpg", "image/png", "video/mp4", "video/3gpp"];

/// What is known of a file before its bytes: the id of its upload carries it.
#[derive(Debug, Serialize, Deserialize)]
struct Begun {
    line: String,
    name: String,
    length: usize,
    mime: String,
}

/// `POST /{app-id}/uploads`.
pub(super) async fn begin(
    Extract(simulator): Extract<Simulator>,
    Path(place): Place,
    Query(query): Pairs,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let line = line(&simulator, &headers, &place, "app_id")?;
    let needed = |name: &str| {
        query.get(name).filter(|text| !text.is_empty()).ok_or_else(|| Problem::missing(name))
    };
    let mime = needed("file_type")?;
    if !MIMES.contains(&mime.as_str()) {
        return Err(Problem::parameter(format!("Param file_type must be one of {MIMES:?}.")));
    }
    let length = needed("file_length")?.parse().ok().filter(|length| *length > 0);
    let begun = Begun {
        line: line.id,
        name: needed("file_name")?.clone(),
        length: length.ok_or_else(|| Problem::parameter("Param file_length must be a number."))?,
        mime: mime.clone(),
    };
    let inner = json!(begun).to_string();
    let id = format!("{PREFIX}{}?sig={SIGNATURE}", URL_SAFE_NO_PAD.encode(inner));
    Ok(Json(json!({ "id": id })).into_response())
}

/// `POST /{upload-id}`: wants the token under another word than all other calls.
pub(super) async fn write(
    Extract(simulator): Extract<Simulator>,
    Path((version, id)): Place,
    Query(query): Pairs,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    check_version(&version)?;
    let is_signed = query.get("sig").is_some_and(|signature| signature == SIGNATURE);
    let begun = id.strip_prefix(PREFIX).and_then(read).filter(|_| is_signed);
    let begun = begun.ok_or_else(|| Problem::object(&id))?;
    let known = simulator.line(&begun.line).map_err(|_| Problem::object(&id))?;
    let given = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let token = given(header::AUTHORIZATION).and_then(|value| value.strip_prefix("OAuth "));
    if !token.is_some_and(|token| known.accepts("access_token", token)) {
        return Err(Problem::token());
    }
    if headers.get("file_offset").and_then(|value| value.to_str().ok()) != Some("0") {
        return Err(Problem::parameter("Header file_offset must be 0."));
    }
    if body.len() != begun.length {
        let details = format!("The file has {} bytes, not {}.", body.len(), begun.length);
        return Err(Problem::parameter(details));
    }
    let file =
        StoredFile { mime: begun.mime, filename: Some(begun.name), bytes: body.to_vec().into() };
    Ok(Json(json!({ "h": keep(&simulator, file) })).into_response())
}

fn read(id: &str) -> Option<Begun> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(id).ok()?).ok()
}

/// Keeps a sample; its handle.
pub(crate) fn keep(simulator: &Simulator, file: StoredFile) -> String {
    format!("{HANDLE}{}", URL_SAFE_NO_PAD.encode(simulator.put_file(file)))
}

/// The file of a handle.
pub(crate) fn file(simulator: &Simulator, handle: &str) -> Option<StoredFile> {
    let id = URL_SAFE_NO_PAD.decode(handle.strip_prefix(HANDLE)?).ok()?;
    simulator.file(&String::from_utf8(id).ok()?)
}
