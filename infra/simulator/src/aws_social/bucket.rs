//! A bucket of S3, and how files go between it and WhatsApp. An object is a file under a setting of the line.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Extract;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::call::{self, Call};
use super::problem::Problem;
use super::{NAME, SERVICE};
use crate::line::Line;
use crate::simulator::{Simulator, StoredFile};

const S3: &str = "s3";
/// In front of an object's key.
const OBJECT: &str = "object:";

/// What S3 refuses, in its own form.
#[derive(Debug, Clone, Copy)]
pub(super) enum Refused {
    BadSignature,
    NoSuchBucket,
    NoSuchKey,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, code) = match self {
            Self::BadSignature => (StatusCode::FORBIDDEN, "SignatureDoesNotMatch"),
            Self::NoSuchBucket => (StatusCode::NOT_FOUND, "NoSuchBucket"),
            Self::NoSuchKey => (StatusCode::NOT_FOUND, "NoSuchKey"),
        };
        (status, xml(&format!("<Error><Code>{code}</Code></Error>"))).into_response()
    }
}

fn xml(body: &str) -> Response {
    let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}");
    ([(header::CONTENT_TYPE, "application/xml")], body).into_response()
}

/// The line, and the key that the call names in its bucket.
fn own(simulator: &Simulator, call: &Call) -> Result<(Line, String), Refused> {
    let line = call.line(simulator, S3).map_err(|_| Refused::BadSignature)?;
    let path = call.uri.path().trim_start_matches(&format!("/{NAME}/")).to_owned();
    let (bucket, key) = path.split_once('/').unwrap_or((&path, ""));
    if line.accepts("media_bucket", bucket) {
        Ok((line, key.to_owned()))
    } else {
        Err(Refused::NoSuchBucket)
    }
}

fn keep(simulator: &Simulator, line: &Line, key: &str, file: StoredFile) {
    let id = simulator.put_file(file);
    simulator.change(|state| {
        if let Some(line) = state.lines.get_mut(&line.id) {
            line.settings.insert(format!("{OBJECT}{key}"), id);
        }
    });
}

fn object(simulator: &Simulator, line: &Line, key: &str) -> Option<StoredFile> {
    simulator.file(line.setting(&format!("{OBJECT}{key}")))
}

pub(super) async fn write(
    Extract(simulator): Extract<Simulator>,
    call: Call,
) -> Result<StatusCode, Refused> {
    let (line, key) = own(&simulator, &call)?;
    let mime = call.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let mime = mime.unwrap_or("binary/octet-stream").to_owned();
    let bytes = Arc::new(call.body.to_vec());
    keep(&simulator, &line, &key, StoredFile { mime, filename: None, bytes });
    Ok(StatusCode::OK)
}

pub(super) async fn read(
    Extract(simulator): Extract<Simulator>,
    call: Call,
) -> Result<Response, Refused> {
    let (line, key) = own(&simulator, &call)?;
    let file = object(&simulator, &line, &key).ok_or(Refused::NoSuchKey)?;
    let bytes = file.bytes.as_slice().to_vec();
    Ok(([(header::CONTENT_TYPE, file.mime)], bytes).into_response())
}

/// The keys that begin so.
pub(super) async fn list(
    Extract(simulator): Extract<Simulator>,
    call: Call,
) -> Result<Response, Refused> {
    let (line, _) = own(&simulator, &call)?;
    let prefix = call.query("prefix").unwrap_or_default();
    let mut contents = String::new();
    for key in line.settings.keys().filter_map(|name| name.strip_prefix(OBJECT)) {
        if key.starts_with(prefix) {
            contents.extend(["<Contents><Key>", key, "</Key></Contents>"]);
        }
    }
    Ok(xml(&format!("<ListBucketResult>{contents}</ListBucketResult>")))
}

/// The file that the call names in the line's bucket.
pub(super) fn source(
    simulator: &Simulator,
    line: &Line,
    asked: &Value,
) -> Result<StoredFile, Problem> {
    let place = &asked["sourceS3File"];
    let (bucket, key) = (place["bucketName"].as_str(), place["key"].as_str());
    let (Some(bucket), Some(key)) = (bucket, key) else {
        return Err(Problem::invalid("sourceS3File must be there"));
    };
    let file = object(simulator, line, key).filter(|_| line.accepts("media_bucket", bucket));
    file.ok_or_else(|| Problem::invalid("the file cannot be read from S3"))
}

/// From the bucket to WhatsApp.
pub(super) async fn bring(
    Extract(simulator): Extract<Simulator>,
    call: Call,
) -> Result<Response, Problem> {
    let line = call.line(&simulator, SERVICE)?;
    let asked = call.json()?;
    call::own_number(&line, &asked)?;
    let id = simulator.put_file(source(&simulator, &line, &asked)?);
    Ok(Json(json!({ "mediaId": id })).into_response())
}

/// From WhatsApp to the bucket, under the given key and a name that AWS makes.
pub(super) async fn copy(
    Extract(simulator): Extract<Simulator>,
    call: Call,
) -> Result<Response, Problem> {
    let line = call.line(&simulator, SERVICE)?;
    let asked = call.json()?;
    call::own_number(&line, &asked)?;
    let id = asked["mediaId"].as_str().ok_or_else(|| Problem::invalid("mediaId must be there"))?;
    let file = simulator.file(id).ok_or_else(|| Problem::missing("The media was not found"))?;
    let place = &asked["destinationS3File"];
    let key = place["key"].as_str().ok_or_else(|| Problem::invalid("the key must be there"))?;
    if place["bucketName"] != line.setting("media_bucket") {
        return Err(Problem::invalid("the bucket cannot be written"));
    }
    let end =
        file.mime.split(';').next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
    let answer = json!({ "mimeType": file.mime, "fileSize": file.bytes.len() });
    keep(&simulator, &line, &format!("{key}{id}.{end}"), file);
    Ok(Json(answer).into_response())
}
