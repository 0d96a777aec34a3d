//! `POST /{phone-number-id}/media`: the file that a business uploads to send it.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State as Extract};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::problem::Problem;
use super::{Place, line};
use crate::simulator::{Simulator, StoredFile};
use crate::upload::{Part, parts};

/// The largest file of any kind: a document.
pub(super) const BYTES_MAX: usize = 100 * 1024 * 1024;

pub(super) async fn upload(
    Extract(simulator): Extract<Simulator>,
    Path(place): Place,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    line(&simulator, &headers, &place, "phone_number_id")?;
    let parts = parts(&headers, body).await.map_err(Problem::parameter)?;
    let known = ["messaging_product", "type", "file"];
    if let Some(other) = parts.iter().find(|part| !known.contains(&part.name.as_str())) {
        return Err(Problem::parameter(format!("Unexpected key \"{}\" in the body.", other.name)));
    }
    let part = |name: &str| {
        let found = parts.iter().find(|part| part.name == name);
        found.ok_or_else(|| Problem::missing(name))
    };
    if part("messaging_product")?.bytes != "whatsapp" {
        return Err(Problem::parameter("Param messaging_product must be one of {whatsapp}."));
    }
    let Part { filename, mime, bytes, .. } = part("file")?.clone();
    let mime = mime.filter(|mime| takes(mime, bytes.len()));
    let mime =
        mime.ok_or_else(|| Problem::value("The file has a type or a size that is not supported."))?;
    let file = StoredFile { mime, filename, bytes: Arc::new(bytes.to_vec()) };
    let id = simulator.put_file(file);
    Ok(Json(json!({ "id": id })).into_response())
}

/// Types and sizes of the platform's own list.
fn takes(mime: &str, bytes: usize) -> bool {
    let mb_max = match mime.split_once('/') {
        Some(("image", "webp")) => 1,
        Some(("image", "jpeg" | "png")) => 5,
        Some(("audio", "aac" | "amr" | "mpeg" | "mp4" | "ogg") | ("video", "mp4" | "3gpp")) => 16,
        Some(("image" | "audio" | "video", _)) | None => return false,
        Some(_) => 100,
    };
    (1..=mb_max * 1024 * 1024).contains(&bytes)
}
