//! Copies a user's file as soon as its message is processed: the provider's links die within minutes (README 14).

use std::time::Duration;

use crate::domain::attachment;
use crate::domain::channel::OpenChannel;
use crate::domain::ids::{MediaId, MessageId};
use crate::domain::message::{Media, MediaKind, MediaSource};
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::ports::{self, File, Http, Reach};
use crate::provider::{self, Fetch};
use crate::store::Store;
use crate::store::media::StoredMedia;

const SERVICE: &str = "the provider's media";

/// For where the bytes are.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(10);
const LOOKUP_BYTES_MAX: usize = 64 * 1024;

/// For the bytes. A job of the event queue may take longer than this.
const MEDIA_TIMEOUT: Duration = Duration::from_secs(40);

/// WhatsApp's largest file is a document of 100 MB. A larger one is no user's: its message is kept without it.
const FILE_BYTES_MAX: usize = 100 * 1024 * 1024;

/// After so many deliveries of the event a file that cannot be had is given up; its message is processed all the same.
pub(super) const DELIVERIES_MAX: u32 = 3;

/// Which message a file came with.
pub(super) struct From<'a> {
    pub(super) channel: &'a OpenChannel,
    pub(super) message: MessageId,
    pub(super) received: Time,
}

/// Copies the file and notes the copy on it. False if there is nothing to be had.
///
/// # Errors
/// What may be better at the next delivery, unless this is the `last`.
pub(super) async fn copy(
    store: &Store,
    http: &dyn Http,
    files: &dyn ports::Media,
    from: &From<'_>,
    media: &mut Media,
    last: bool,
) -> Result<bool> {
    let id = MediaId::derive(&[from.message.bytes(), b"file"]);
    let file = match fetch(http, from.channel, media).await {
        Ok(Some(file)) => file,
        Ok(None) => return Ok(false),
        Err(error) if last => {
            tracing::warn!(message.id = %from.message, error = %crate::error::chain(&error), "a file is lost");
            return Ok(false);
        }
        Err(error) => return Err(error),
    };
    let mime = media.mime.clone().unwrap_or_else(|| file.mime.clone());
    if media.kind == MediaKind::Document && media.filename.is_none() {
        media.filename = Some(attachment::default_name(media.kind, &mime));
    }
    let stored = StoredMedia {
        id,
        tenant: from.channel.tenant,
        channel: Some(from.channel.id),
        message: Some(from.message),
        mime: mime.clone(),
        filename: media.filename.clone(),
        size_bytes: file.bytes.len() as u64,
        sha256: Some(sha256(&file.bytes)),
        created: from.received,
    };
    files.put(id, File { mime, bytes: file.bytes }).await?;
    store.put_media(&stored).await?;
    media.stored = Some(id);
    Ok(true)
}

async fn fetch(http: &dyn Http, channel: &OpenChannel, media: &Media) -> Result<Option<File>> {
    let provider = provider::of(channel.provider);
    let request = match provider.fetch_media(channel, media) {
        Fetch::Nothing => return Ok(None),
        Fetch::Bytes(request) => Some(request),
        Fetch::Lookup(request) => {
            let answer = look_up(http, request).await?;
            provider.read_media_location(channel, &answer)
        }
        Fetch::Copy { into, lookup } => {
            let status = look_up(http, *into).await?.status();
            if is_passing(status) {
                return Err(unavailable());
            }
            if !status.is_success() {
                return Ok(None);
            }
            let answer = look_up(http, *lookup).await?;
            provider.read_media_location(channel, &answer)
        }
    };
    let Some(request) = request else { return Ok(None) };
    // A link out of a message is outside input.
    let reach = match media.source {
        Some(MediaSource::Link(_)) => Reach::Public,
        Some(MediaSource::ProviderId(_) | MediaSource::PrivateLink { .. }) | None => {
            Reach::Configured
        }
    };
    let answer = match http.call(request, reach, MEDIA_TIMEOUT, FILE_BYTES_MAX + 1).await {
        Ok(answer) => answer,
        Err(ports::CallError::Forbidden { .. }) => return Ok(None),
        Err(error) => return Err(Error::unavailable(SERVICE, error)),
    };
    let status = answer.status();
    if is_passing(status) && provider.asks_again_for_media() {
        return Err(unavailable());
    }
    if !status.is_success() {
        return Ok(None);
    }
    if answer.body().len() > FILE_BYTES_MAX {
        tracing::warn!(channel.id = %channel.id, "a file is over 100 MB: its message is kept without it");
        return Ok(None);
    }
    let mime =
        answer.headers().get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mime = mime.unwrap_or("application/octet-stream").to_owned();
    Ok(Some(File { mime, bytes: answer.into_body() }))
}

async fn look_up(
    http: &dyn Http,
    request: http::Request<Vec<u8>>,
) -> Result<http::Response<Vec<u8>>> {
    let answer = http.call(request, Reach::Configured, LOOKUP_TIMEOUT, LOOKUP_BYTES_MAX).await;
    answer.map_err(|error| Error::unavailable(SERVICE, error))
}

fn is_passing(status: http::StatusCode) -> bool {
    status.is_server_error() || status == http::StatusCode::TOO_MANY_REQUESTS
}

fn unavailable() -> Error {
    Error::Unavailable { service: SERVICE, source: None }
}

/// Hex, of a file's bytes.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(ring::digest::digest(&ring::digest::SHA256, bytes))
}
