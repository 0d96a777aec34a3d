//! `/v1/media`, `/v1/files`, `/v1/audit`: copies of users' files, and the account of what webhooks brought.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, header};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Query;
use super::call::{Answer, Id, Reply};
use super::error::Problem;
use crate::domain::ids::MediaId;
use crate::handlers::admit::Call;
use crate::handlers::manage::Manage;
use crate::handlers::manage::audit::{Balance, BalanceQuery};
use crate::handlers::manage::files::{File, FileLink};

pub(super) fn routes() -> OpenApiRouter<Arc<Manage>> {
    OpenApiRouter::new().routes(routes!(file)).routes(routes!(file_link)).routes(routes!(balance))
}

/// What works without an API key, because the address itself is a secret.
pub(super) fn open_routes() -> OpenApiRouter<Arc<Manage>> {
    OpenApiRouter::new().routes(routes!(linked_file))
}

/// Read a user's file
#[utoipa::path(get, path = "/v1/media/{media_id}", tag = "messages",
    params(("media_id" = MediaId, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = [u8])))]
async fn file(
    State(manage): State<Arc<Manage>>,
    call: Call,
    Id(id): Id<MediaId>,
) -> Result<Response, Problem> {
    Ok(download(manage.file(&call, id).await?))
}

/// Get a link to a user's file that works for an hour
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

/// Read a user's file by a link
#[utoipa::path(get, path = "/v1/files/{token}", tag = "messages", security(()),
    params(("token" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream", body = [u8])))]
async fn linked_file(
    State(manage): State<Arc<Manage>>,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    Ok(download(manage.linked_file(&token).await?))
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

/// A user's file is outside input: it is downloaded, never shown or run by a browser.
fn download(file: File) -> Response {
    let kind = HeaderValue::from_str(&file.mime)
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ];
    (headers, file.bytes).into_response()
}
