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
            let found = answered(channel, look_up(http, request).await?)?;
            found.and_then(|answer| provider.read_media_location(channel, &answer))
        }
        Fetch::Copy { into, lookup } => {
            if answered(channel, look_up(http, *into).await?)?.is_none() {
                return Ok(None);
            }
            let found = answered(channel, look_up(http, *lookup).await?)?;
            found.and_then(|answer| provider.read_media_location(channel, &answer))
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
    let Some(answer) = answered(channel, answer)? else { return Ok(None) };
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

/// What was answered, if it is a success. `None`: the file is not to be had.
///
/// # Errors
/// Something is wrong on the provider's side, and it may be asked again.
fn answered(
    channel: &OpenChannel,
    answer: http::Response<Vec<u8>>,
) -> Result<Option<http::Response<Vec<u8>>>> {
    let status = answer.status();
    if status.is_success() {
        return Ok(Some(answer));
    }
    let is_passing = status.is_server_error() || status == http::StatusCode::TOO_MANY_REQUESTS;
    if is_passing && provider::of(channel.provider).asks_again_for_media() {
        return Err(Error::Unavailable { service: SERVICE, source: None });
    }
    tracing::warn!(channel.id = %channel.id, status = status.as_u16(), "the provider does not give a file");
    Ok(None)
}

/// Hex, of a file's bytes.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(ring::digest::digest(&ring::digest::SHA256, bytes))
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::*;
    use crate::domain::channel::{Credentials, ProviderKind};
    use crate::domain::fixtures;
    use crate::ports::CallError;

    /// A provider that answers so, one call after the other.
    struct Says(Mutex<VecDeque<u16>>);

    #[async_trait]
    impl Http for Says {
        async fn call(
            &self,
            _request: http::Request<Vec<u8>>,
            _reach: Reach,
            _timeout: Duration,
            _body_bytes_max: usize,
        ) -> std::result::Result<http::Response<Vec<u8>>, CallError> {
            let status = self.0.lock().unwrap().pop_front().expect("so many calls");
            let body = br#"{"url":"https://lookaside.fbsbx.com/1"}"#.to_vec();
            Ok(http::Response::builder().status(status).body(body).unwrap())
        }
    }

    /// README 14: a fault of the provider while it is asked where a file is costs the file as little as one while the
    /// bytes are fetched; only where asking again does harm it is not done.
    #[tokio::test]
    async fn a_file_is_asked_for_again_whichever_call_fails() {
        use ProviderKind::{AwsSocial, Dialog360, Meta};
        for (kind, says, comes_again) in [
            (Meta, &[503][..], true),
            (Meta, &[429], true),
            (Meta, &[200, 503], true),
            (Meta, &[404], false),
            (Meta, &[200, 404], false),
            (Dialog360, &[503], false),
            (Dialog360, &[200, 503], false),
            (AwsSocial, &[503], true),
            (AwsSocial, &[200, 503], true),
            (AwsSocial, &[403], false),
            (AwsSocial, &[200, 403], false),
        ] {
            let credentials = Credentials::default();
            let channel = OpenChannel { channel: fixtures::channel(kind), credentials, app: None };
            let media = Media {
                kind: MediaKind::Image,
                source: Some(MediaSource::ProviderId("1".to_owned())),
                mime: None,
                filename: None,
                caption: None,
                stored: None,
            };
            let provider = Says(Mutex::new(says.iter().copied().collect()));
            let fetched = fetch(&provider, &channel, &media).await;
            match fetched {
                Err(error) => assert!(comes_again && error.is_transient(), "{kind:?} {says:?}"),
                Ok(file) => assert!(!comes_again && file.is_none(), "{kind:?} {says:?}"),
            }
            assert!(provider.0.lock().unwrap().is_empty(), "{kind:?} {says:?}");
        }
    }
}
