//! Files of both generations: uploads, and how users' files are had.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State as Extract};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::{Api, Problem, line_of};
use crate::simulator::{Simulator, StoredFile};

/// A link to a file's bytes is good for five minutes.
const LINK_SECONDS: i64 = 300;
/// Where Meta says that the bytes are. They are had here, under the same path.
const LOOKASIDE: &str = "https://lookaside.fbsbx.com/whatsapp_business/attachments/";

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default()
}

pub(super) async fn upload_flat(
    Extract(simulator): Extract<Simulator>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    line_of(&simulator, &headers, Api::V1)?;
    let mime = content_type(&headers).to_owned();
    if mime.is_empty() || body.is_empty() {
        return Err(Problem::new(400, "The file and its Content-Type must be there"));
    }
    let file = StoredFile { mime, filename: None, bytes: Arc::new(body.to_vec()) };
    let id = simulator.put_file(file);
    Ok((StatusCode::CREATED, Json(json!({ "media": [{ "id": id }] }))).into_response())
}

pub(super) async fn upload(
    Extract(simulator): Extract<Simulator>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    line_of(&simulator, &headers, Api::V2)?;
    let boundary = content_type(&headers).strip_prefix("multipart/form-data; boundary=");
    let boundary = boundary.ok_or_else(|| Problem::new(400, "The body must be a form"))?;
    let parts = parts(&body, boundary);
    let named = |name: &str| {
        let wanted = format!("name=\"{name}\"");
        parts.iter().find(|part| part.head.contains(&wanted))
    };
    if named("messaging_product").is_none_or(|part| part.bytes != b"whatsapp") {
        return Err(Problem::new(400, "messaging_product must be whatsapp"));
    }
    let file = named("file").ok_or_else(|| Problem::new(400, "file must be there"))?;
    let mime = file.head.lines().find_map(|line| line.strip_prefix("Content-Type: "));
    let mime = mime.ok_or_else(|| Problem::new(400, "file has no type"))?.to_owned();
    let bytes = Arc::new(file.bytes.to_vec());
    let id = simulator.put_file(StoredFile { mime, filename: None, bytes });
    Ok(Json(json!({ "id": id })).into_response())
}

/// A part of a form.
struct Part<'a> {
    head: String,
    bytes: &'a [u8],
}

fn parts<'a>(body: &'a [u8], boundary: &str) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    let mark = format!("--{boundary}");
    let mut rest = body;
    while let Some(at) = find(rest, mark.as_bytes()) {
        rest = &rest[at + mark.len()..];
        let end = find(rest, mark.as_bytes()).unwrap_or(rest.len());
        let part = &rest[..end];
        if let Some(gap) = find(part, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&part[..gap]).into_owned();
            let bytes = &part[gap + 4..];
            parts.push(Part { head, bytes: bytes.strip_suffix(b"\r\n").unwrap_or(bytes) });
        }
    }
    parts
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// Where a file's bytes are.
pub(super) async fn look_up(
    Extract(simulator): Extract<Simulator>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    line_of(&simulator, &headers, Api::V2)?;
    let file = simulator.file(&id).ok_or_else(|| Problem::new(404, "Media not found"))?;
    let until = simulator.now_millis().div_euclid(1000) + LINK_SECONDS;
    Ok(Json(json!({
        "messaging_product": "whatsapp",
        "url": format!("{LOOKASIDE}?mid={id}&ext={until}"),
        "mime_type": file.mime,
        "file_size": file.bytes.len(),
        "id": id,
    }))
    .into_response())
}

/// The query of a link.
#[derive(Deserialize)]
pub(super) struct Link {
    mid: String,
    ext: i64,
}

pub(super) async fn bytes(
    Extract(simulator): Extract<Simulator>,
    Query(link): Query<Link>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    line_of(&simulator, &headers, Api::V2)?;
    if simulator.now_millis().div_euclid(1000) >= link.ext {
        return Err(Problem::new(404, "Media not found"));
    }
    whole(&simulator, &link.mid)
}

pub(super) async fn bytes_flat(
    Extract(simulator): Extract<Simulator>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    line_of(&simulator, &headers, Api::V1)?;
    whole(&simulator, &id)
}

fn whole(simulator: &Simulator, id: &str) -> Result<Response, Problem> {
    let file = simulator.file(id).ok_or_else(|| Problem::new(404, "Media not found"))?;
    let mime = HeaderValue::from_str(&file.mime)
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    Ok(([(header::CONTENT_TYPE, mime)], file.bytes.as_slice().to_vec()).into_response())
}
