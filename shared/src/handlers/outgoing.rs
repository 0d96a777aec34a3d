//! What is done with a message right before its provider is called: its limits are looked at, and a file that is kept
//! here is brought to the provider, if that has a place for files; else it goes by our link.

use std::borrow::Cow;

use super::upload::{Brought, bring};
use crate::domain::bounds::{self, check_file};
use crate::domain::channel::OpenChannel;
use crate::domain::ids::MediaId;
use crate::domain::message::{Failure, Media, MediaSource, Sending, ToUser};
use crate::domain::time::Time;
use crate::error::Result;
use crate::ports::{self, Http};
use crate::provider::{self, Class, Purpose, Upload, UploadStep};
use crate::store::Store;

/// A larger file goes by its link: it must fit into the function's memory twice.
const UPLOAD_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// A message on its way to the provider.
#[expect(clippy::large_enum_variant, reason = "nearly every message is ready")]
pub(super) enum Outgoing<'a> {
    Ready(Cow<'a, Sending>),
    Refused { class: Class, failure: Failure },
}

/// What is needed of the outside.
pub(super) struct Outside<'a> {
    pub(super) store: &'a Store,
    pub(super) http: &'a dyn Http,
    pub(super) files: &'a dyn ports::Media,
}

/// The message as the provider is to get it.
pub(super) async fn prepare<'a>(
    outside: &Outside<'_>,
    channel: &OpenChannel,
    sending: &'a Sending,
    now: Time,
) -> Result<Outgoing<'a>> {
    if let Err(breach) = bounds::check(channel.provider, &sending.content) {
        return Ok(refused("limit", &breach.to_string()));
    }
    let ToUser::Media(media) = &sending.content else {
        return Ok(Outgoing::Ready(Cow::Borrowed(sending)));
    };
    // Apart from the stack of texts, which are nearly everything.
    Ok(match Box::pin(uploaded(outside, channel, media, now)).await? {
        Uploaded::No => Outgoing::Ready(Cow::Borrowed(sending)),
        Uploaded::Under(id) => {
            let source = Some(MediaSource::ProviderId(id));
            let content = ToUser::Media(Media { source, ..media.clone() });
            Outgoing::Ready(Cow::Owned(Sending { content, ..sending.clone() }))
        }
        Uploaded::Refused { class, failure } => Outgoing::Refused { class, failure },
    })
}

enum Uploaded {
    /// It goes as it is.
    No,
    Under(String),
    Refused {
        class: Class,
        failure: Failure,
    },
}

/// Once for all messages of the channel that bring this file.
async fn uploaded(
    outside: &Outside<'_>,
    channel: &OpenChannel,
    media: &Media,
    now: Time,
) -> Result<Uploaded> {
    let Some(id) = media.stored.filter(|_| takes_files(channel, media)) else {
        return Ok(Uploaded::No);
    };
    if let Some(id) = outside.store.uploaded(id, channel.id, now).await? {
        return Ok(Uploaded::Under(id));
    }
    let known = outside.store.media(id).await?;
    if known.is_none_or(|file| file.size_bytes > UPLOAD_BYTES_MAX) {
        return Ok(Uploaded::No);
    }
    upload(outside, channel, media, id, now).await
}

/// Whether the provider keeps files of messages. Only asked: nothing is called.
fn takes_files(channel: &OpenChannel, media: &Media) -> bool {
    let step = provider::of(channel.provider).upload(channel, &as_upload(media, "", &[]), &[]);
    !matches!(step, UploadStep::ByAddress)
}

async fn upload(
    outside: &Outside<'_>,
    channel: &OpenChannel,
    media: &Media,
    id: MediaId,
    now: Time,
) -> Result<Uploaded> {
    let Some(file) = outside.files.get(id).await? else {
        return Ok(Uploaded::refused(Class::Final, "file_gone", "the file is not kept any more"));
    };
    if let Err(rule) = check_file(media.kind, &file.mime, &file.bytes) {
        return Ok(Uploaded::refused(Class::Final, "limit", &format!("the file {rule}")));
    }
    let mime = bounds::essence(&file.mime);
    match bring(outside.http, channel, &as_upload(media, &mime, &file.bytes)).await {
        Ok(Brought::ByAddress) => Ok(Uploaded::No),
        Ok(Brought::Under(provider_id)) => {
            outside.store.put_uploaded(id, channel.id, &provider_id, now).await?;
            Ok(Uploaded::Under(provider_id))
        }
        Ok(Brought::Refused { class, failure }) => Ok(Uploaded::Refused { class, failure }),
        // Nothing refers to what may lie there now: it is brought again.
        Err(error) => Ok(Uploaded::refused(Class::Retry(None), "unreachable", &error.to_string())),
    }
}

impl Uploaded {
    fn refused(class: Class, code: &str, message: &str) -> Self {
        Self::Refused { class, failure: super::deliver::ours(code, message) }
    }
}

fn refused<'a>(code: &str, message: &str) -> Outgoing<'a> {
    Outgoing::Refused { class: Class::Final, failure: super::deliver::ours(code, message) }
}

fn as_upload<'a>(media: &'a Media, mime: &'a str, bytes: &'a [u8]) -> Upload<'a> {
    let (purpose, kind) = (Purpose::Message, media.kind);
    Upload { purpose, kind, mime, filename: media.filename.as_deref(), bytes }
}
