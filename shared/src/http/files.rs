//! `/v1/media`, `/v1/files`, `/v1/audit`: files of users and callers, and the account of what webhooks brought.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Query;
use super::call::{Answer, Id, Reply};
use super::error::Problem;
use crate::domain::ids::MediaId;
use crate::error::Error;
use crate::handlers::admit::Call;
use crate::handlers::manage::Manage;
use crate::handlers::manage::audit::{Balance, BalanceQuery};
use crate::handlers::manage::files::{
    BYTES_MAX, Bytes, Download, FileBody, FileLink, NewFileQuery, is_type,
};

/// Where callers bring files: the one place whose body is no text and may be large.
pub(super) const PATH: &str = "/v1/media";

/// The longest type of a file.
const TYPE_BYTES_MAX: usize = 120;

pub(super) fn routes() -> OpenApiRouter<Arc<Manage>> {
    OpenApiRouter::new()
        .routes(routes!(create_file))
        .routes(routes!(file))
        .routes(routes!(file_link))
        .routes(routes!(balance))
}

/// What works without an API key, because the address itself is a secret.
pub(super) fn open_routes() -> OpenApiRouter<Arc<Manage>> {
    OpenApiRouter::new().routes(routes!(linked_file))
}

/// Keep a file to be sent
///
/// The body is the file, up to 4 MiB, and `Content-Type` its type; larger files are sent by link. Messages name it by
/// its `media_id`.
#[utoipa::path(post, path = "/v1/media", tag = "messages", params(NewFileQuery),
    request_body(content_type = "application/octet-stream", content = Vec<u8>),
    responses((status = 201, body = FileBody)))]
async fn create_file(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Query(query): Query<NewFileQuery>,
    request: Request,
) -> Answer<FileBody> {
    let mime = request.headers().get(header::CONTENT_TYPE).and_then(|mime| mime.to_str().ok());
    let mime = mime.unwrap_or_default().trim().to_owned();
    if mime.len() > TYPE_BYTES_MAX || !is_type(&mime) {
        return Err(Error::invalid("Content-Type", "must be the file's type").into());
    }
    if mime.starts_with("multipart/") {
        let rule = "must be the file's type: the body is the file itself, not a form";
        return Err(Error::invalid("Content-Type", rule).into());
    }
    let too_large = |_| Problem::TooLarge { bytes_max: BYTES_MAX };
    let bytes = axum::body::to_bytes(request.into_body(), BYTES_MAX).await.map_err(too_large)?;
    Ok(Reply::created(manage.create_file(&call, &mime, query.filename, bytes.to_vec()).await?))
}

/// Read a file
///
/// One over 4 MiB is at another address: 307.
#[utoipa::path(get, path = "/v1/media/{media_id}", tag = "messages",
    params(("media_id" = MediaId, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = [u8]),
        (status = 304, description = "The caller has this very file (`If-None-Match`)"),
        (status = 307, description = "The file is at the address in `Location`")))]
async fn file(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<MediaId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Ok(download(manage.file(&call, id, known(&headers)).await?))
}

/// Get a link to a file that works for an hour
#[utoipa::path(get, path = "/v1/media/{media_id}/link", tag = "messages",
    params(("media_id" = MediaId, Path)), responses((status = 200, body = FileLink)))]
async fn file_link(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<MediaId>,
    headers: HeaderMap,
) -> Answer<FileLink> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    Ok(Reply::ok(manage.file_link(&call, id, host).await?))
}

/// Read a file by a link
#[utoipa::path(get, path = "/v1/files/{token}", tag = "messages", security(()),
    params(("token" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = [u8]),
        (status = 304, description = "The caller has this very file (`If-None-Match`)"),
        (status = 307, description = "The file is at the address in `Location`")))]
async fn linked_file(
    State(manage): State<Arc<Manage>>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Ok(download(manage.linked_file(&token, known(&headers)).await?))
}

/// Read the balance of the audit
#[utoipa::path(get, path = "/v1/audit/balance", tag = "audit", params(BalanceQuery),
    responses((status = 200, body = Balance)))]
async fn balance(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Query(query): Query<BalanceQuery>,
) -> Answer<Balance> {
    Ok(Reply::ok(manage.balance(&call, query).await?))
}

/// The tag of a file that the caller has already.
fn known(headers: &HeaderMap) -> Option<&str> {
    let tag = headers.get(header::IF_NONE_MATCH)?.to_str().ok()?;
    Some(tag.trim_start_matches("W/").trim_matches('"'))
}

/// A file is outside input: it is downloaded, never shown or run by a browser.
fn download(file: Download) -> Response {
    let tag = HeaderValue::from_str(&format!("\"{}\"", file.id));
    let tag = [(header::ETAG, tag.unwrap_or(HeaderValue::from_static("\"\"")))];
    let here = match file.bytes {
        None => return (StatusCode::NOT_MODIFIED, tag).into_response(),
        Some(Bytes::Elsewhere(address)) => return Redirect::temporary(&address).into_response(),
        Some(Bytes::Here(here)) => here,
    };
    let kind = HeaderValue::from_str(&here.mime)
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, disposition(file.filename.as_deref())),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ];
    (tag, headers, here.bytes).into_response()
}

/// `attachment`, with the file's name where it has one, as RFC 6266 writes it.
fn disposition(filename: Option<&str>) -> HeaderValue {
    let plain = HeaderValue::from_static("attachment");
    let Some(name) = filename else { return plain };
    let name = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{name}")).unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// README 14: a file that is too large for an answer is at another address.
    #[test]
    fn a_large_file_is_elsewhere() {
        let address = "https://files.example/media/x?signed=1".to_owned();
        let bytes = Some(Bytes::Elsewhere(address.clone()));
        let answer = download(Download { id: MediaId::derive(&[b"m"]), filename: None, bytes });
        assert_eq!(answer.status(), StatusCode::TEMPORARY_REDIRECT);
        assert_eq!(answer.headers()[header::LOCATION], address);
    }
}
