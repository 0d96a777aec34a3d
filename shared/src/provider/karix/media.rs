//! Files of users (karix 7): by their link exactly as it was given, with the account key only where Karix is.

use http::{Method, Request, Response, Uri};

use super::settings::{account_key, is_karix, media_url};
use super::wire::{Object, call};
use crate::domain::channel::OpenChannel;
use crate::domain::message::{Media, MediaSource};
use crate::provider::Fetch;
use crate::provider::request::{self, segment};

/// How to get the bytes. How long a link lives is not known, and an id was seen by one reader only: the link goes
/// first.
pub(super) fn fetch(channel: &OpenChannel, media: &Media) -> Fetch {
    match &media.source {
        Some(MediaSource::PrivateLink { url, .. }) if is_karix(channel, url) => {
            Fetch::Bytes(call(Method::GET, url, account_key(channel)))
        }
        Some(MediaSource::Link(url)) => request::open_link(url),
        Some(MediaSource::ProviderId(id)) => {
            let path = format!("services/media/get?media_id={}", segment(id));
            Fetch::Lookup(call(Method::GET, &media_url(channel, &path), account_key(channel)))
        }
        Some(MediaSource::PrivateLink { .. }) | None => Fetch::Nothing,
    }
}

/// The download, out of `{"filedata"}`: as it is, because it is encoded already.
pub(super) fn location(
    channel: &OpenChannel,
    response: &Response<Vec<u8>>,
) -> Option<Request<Vec<u8>>> {
    let data = Object::of_bytes(response.body())?.text("filedata")?;
    if !response.status().is_success() {
        return None;
    }
    let url = media_url(channel, &format!("services/media/download?filedata={data}"));
    url.parse::<Uri>().ok().map(|_| call(Method::GET, &url, account_key(channel)))
}
