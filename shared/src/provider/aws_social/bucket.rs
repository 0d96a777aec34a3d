//! Files: AWS hands none out and takes none in, but copies between WhatsApp and a bucket of the account, which is read
//! and written here.

use http::{HeaderValue, Method, Request, Response};
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use serde_json::json;

use super::settings::{MEDIA_BUCKET, PHONE_NUMBER_ID, WABA_ID};
use super::{answer, call};
use crate::domain::channel::OpenChannel;
use crate::domain::message::{Media, MediaSource};
use crate::provider::{Class, Fetch, Purpose, Upload, UploadStep, request};

/// In front of the keys of users' files, and of those that we bring.
const IN: &str = "wharf/in/";
const OUT: &str = "wharf/out/";

/// `POST /v1/whatsapp/media/get` into a folder of its own: AWS names the file as it likes, so it is looked for there.
pub(super) fn fetch(channel: &OpenChannel, media: &Media) -> Fetch {
    let id = match &media.source {
        Some(MediaSource::ProviderId(id) | MediaSource::PrivateLink { id, .. }) => id,
        Some(MediaSource::Link(_)) | None => return Fetch::Nothing,
    };
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Fetch::Nothing;
    }
    let folder = format!("{IN}{id}/");
    let asked = json!({
        "mediaId": id,
        "originationPhoneNumberId": channel.setting(PHONE_NUMBER_ID, ""),
        "destinationS3File": { "bucketName": channel.setting(MEDIA_BUCKET, ""), "key": folder },
    });
    let into = call::to(channel, Method::POST, "/v1/whatsapp/media/get", &[], Some(&asked));
    let query = [("list-type", "2"), ("max-keys", "1"), ("prefix", folder.as_str())];
    let lookup = call::bucket(channel, Method::GET, "", &query);
    Fetch::Copy { into: Box::new(into), lookup: Box::new(lookup) }
}

/// The file that a list of its folder names.
pub(super) fn found(
    channel: &OpenChannel,
    response: &Response<Vec<u8>>,
) -> Option<Request<Vec<u8>>> {
    let list = std::str::from_utf8(response.body()).ok()?;
    let (_, rest) = list.split_once("<Key>")?;
    let (key, _) = rest.split_once("</Key>")?;
    // Nothing that would lead elsewhere, or be signed as something else.
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b"/._-".contains(&b);
    let is_ours = key.starts_with(IN) && !key.contains("..") && key.bytes().all(is_part);
    let is_found = response.status().is_success() && is_ours;
    is_found.then(|| call::bucket(channel, Method::GET, &format!("/{key}"), &[]))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    #[serde(alias = "metaHeaderHandle")]
    media_id: String,
}

/// First into the bucket, then from there to WhatsApp: `POST /v1/whatsapp/media` for a message, `…/template/media` for
/// a review.
pub(super) fn upload(
    channel: &OpenChannel,
    file: &Upload<'_>,
    answers: &[Response<Vec<u8>>],
) -> UploadStep {
    let Some(last) = answers.last() else { return UploadStep::Call(put(channel, file)) };
    if !last.status().is_success() {
        let (class, failure) = answer::refusal(channel, last);
        // What may not be done with files concerns this message: texts go on.
        let class = if class == Class::Configuration { Class::Final } else { class };
        return UploadStep::Refused { class, failure };
    }
    if answers.len() == 1 {
        return UploadStep::Call(hand_on(channel, file));
    }
    match serde_json::from_slice::<Told>(last.body()) {
        Ok(Told { media_id }) if !media_id.is_empty() => UploadStep::Done(media_id),
        Ok(_) | Err(_) => UploadStep::Refused {
            class: Class::Retry(None),
            failure: answer::failure(channel, "upload", "the answer names no file"),
        },
    }
}

/// The same file has the same key.
fn key(file: &Upload<'_>) -> String {
    format!("{OUT}{}", hex::encode(digest(&SHA256, file.bytes)))
}

fn put(channel: &OpenChannel, file: &Upload<'_>) -> Request<Vec<u8>> {
    let mut request = call::bucket(channel, Method::PUT, &format!("/{}", key(file)), &[]);
    let kind = HeaderValue::from_str(file.mime);
    let kind = kind.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    request::fill(&mut request, kind, file.bytes.to_vec());
    request
}

fn hand_on(channel: &OpenChannel, file: &Upload<'_>) -> Request<Vec<u8>> {
    let source = json!({ "bucketName": channel.setting(MEDIA_BUCKET, ""), "key": key(file) });
    let (path, name, id) = match file.purpose {
        Purpose::Message => ("/v1/whatsapp/media", "originationPhoneNumberId", PHONE_NUMBER_ID),
        Purpose::Sample => ("/v1/whatsapp/template/media", "id", WABA_ID),
    };
    let asked = json!({ name: channel.setting(id, ""), "sourceS3File": source });
    call::to(channel, Method::POST, path, &[], Some(&asked))
}
