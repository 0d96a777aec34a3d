//! Files that stand as samples in templates: the partner API answers with a handle, self-serve with an id and an
//! address.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::form::invalid;
use super::partner::token_line;
use super::self_serve::{line, refuse};
use crate::Refusal;
use crate::simulator::{Simulator, StoredFile};

const HANDLE: &str = "4::";

/// `POST /partner/app/{app}/upload/media`.
pub(super) async fn partner(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    Path(app): Path<String>,
    body: Bytes,
) -> Response {
    let kept =
        token_line(&simulator, &headers, &app).and_then(|_| keep(&simulator, &headers, &body));
    match kept {
        Ok(id) => {
            let handle = format!("{HANDLE}{}", URL_SAFE_NO_PAD.encode(id));
            let body = json!({ "status": "success", "handleId": { "message": handle } });
            Json(body).into_response()
        }
        Err(refusal) => refuse(&refusal),
    }
}

/// `POST /wa/{app}/wa/media/v2`.
pub(super) async fn self_serve(
    State(simulator): State<Simulator>,
    headers: HeaderMap,
    Path(app): Path<String>,
    body: Bytes,
) -> Response {
    let kept =
        line(&simulator, &headers, Some(&app)).and_then(|_| keep(&simulator, &headers, &body));
    match kept {
        Ok(id) => {
            let url = simulator.file_link(&id);
            let media = json!({ "fileName": "sample", "id": id, "url": url });
            Json(json!({ "status": "success", "media": media })).into_response()
        }
        Err(refusal) => refuse(&refusal),
    }
}

/// Whether a submission's file was uploaded before.
pub(super) fn is_kept(simulator: &Simulator, handle: &str) -> bool {
    let id = handle.strip_prefix(HANDLE).and_then(|rest| URL_SAFE_NO_PAD.decode(rest).ok());
    let id = id.and_then(|id| String::from_utf8(id).ok());
    id.is_some_and(|id| simulator.file(&id).is_some())
}

/// Keeps the file of the form; its id.
fn keep(simulator: &Simulator, headers: &HeaderMap, body: &[u8]) -> Result<String, Refusal> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let boundary = kind.and_then(|kind| kind.strip_prefix("multipart/form-data; boundary="));
    let boundary = boundary.ok_or_else(|| invalid("the upload is no multipart/form-data"))?;
    let (mut file, mut file_type) = (None, None);
    for part in parts(body, &format!("--{boundary}")) {
        let (head, content) = split(part).ok_or_else(|| invalid("a part has no head"))?;
        if head.contains("name=\"file\"") {
            file = Some(content.to_vec());
        } else if head.contains("name=\"file_type\"") {
            file_type = Some(String::from_utf8_lossy(content).into_owned());
        }
    }
    let bytes = file.filter(|bytes| !bytes.is_empty()).ok_or_else(|| invalid("file is missing"))?;
    let mime = file_type.ok_or_else(|| invalid("file_type is missing"))?;
    Ok(simulator.put_file(StoredFile { mime, filename: None, bytes: bytes.into() }))
}

/// What stands between the boundaries, without the line ends around it.
fn parts<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let boundary = boundary.as_bytes();
    let mut places = Vec::new();
    let mut at = 0;
    while let Some(found) = find(&body[at..], boundary) {
        places.push(at + found);
        at += found + boundary.len();
    }
    let between = places.windows(2).map(|pair| &body[pair[0] + boundary.len()..pair[1]]);
    between.filter_map(|part| part.strip_prefix(b"\r\n")?.strip_suffix(b"\r\n")).collect()
}

fn split(part: &[u8]) -> Option<(String, &[u8])> {
    let end = find(part, b"\r\n\r\n")?;
    Some((String::from_utf8_lossy(&part[..end]).into_owned(), &part[end + 4..]))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
