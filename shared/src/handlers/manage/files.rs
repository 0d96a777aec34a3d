//! Files: the copies of what users sent, and what callers bring to be sent. Read by API key, or by a link that expires
//! (README 14).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Manage, found};
use crate::domain::attachment;
use crate::domain::bounds::{check_file, essence};
use crate::domain::ids::MediaId;
use crate::domain::tenant::Role;
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::handlers::admit::Call;
use crate::handlers::media::sha256;
pub use crate::ports::File;
use crate::ports::Secrets;
use crate::store::media::StoredMedia;

/// How long a link to a file works for whoever asked for it.
const LINK_LASTS: Duration = Duration::from_hours(1);

/// How long a link works that a provider is given: its message may wait until the user writes.
const SENT_LINK_LASTS: Duration = Duration::from_hours(7 * 24);

/// How long the link works that a caller is sent on to.
const ELSEWHERE_LASTS: Duration = Duration::from_mins(5);

/// The largest file that comes in one call or goes in one answer: a function takes and gives 6 MB, in base64.
pub const BYTES_MAX: usize = 4 * 1024 * 1024;

/// What sealed links are bound to.
const CONTEXT: &str = "file-link";

/// A link to a file that works without an API key, for an hour.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FileLink {
    pub media_id: MediaId,
    pub url: String,
    pub expires_date: Time,
}

/// What a new file is called.
#[derive(Debug, Clone, Deserialize, IntoParams)]
pub struct NewFileQuery {
    /// Shown with documents; made of the type where nothing is said.
    #[param(min_length = 1, max_length = 240)]
    pub filename: Option<String>,
}

/// A file that was brought.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FileBody {
    pub media_id: MediaId,
    pub mime: String,
    pub filename: Option<String>,
    pub size_bytes: u64,
    /// Hex.
    pub sha256: Option<String>,
    pub creation_date: Time,
}

/// Where a file's bytes are.
#[derive(Debug)]
pub enum Bytes {
    Here(File),
    /// Too large for an answer: at this address, for some minutes.
    Elsewhere(String),
}

/// A file that is read.
#[derive(Debug)]
pub struct Download {
    pub id: MediaId,
    pub filename: Option<String>,
    /// `None`: the caller has it already.
    pub bytes: Option<Bytes>,
}

/// What a link's token holds. It is sealed, so nobody can write one.
#[derive(Serialize, Deserialize)]
struct Token {
    media: MediaId,
    expires: Time,
}

/// A link to a file at the API's address. Whoever has it needs nothing else, until it expires.
pub(crate) async fn link(
    secrets: &dyn Secrets,
    api: &str,
    id: MediaId,
    now: Time,
) -> Result<FileLink> {
    link_until(secrets, api, id, now + LINK_LASTS).await
}

async fn link_until(
    secrets: &dyn Secrets,
    api: &str,
    id: MediaId,
    expires: Time,
) -> Result<FileLink> {
    let token = serde_json::to_vec(&Token { media: id, expires });
    let token = token.map_err(|e| Error::internal(format!("a link cannot be written: {e}")))?;
    let sealed = secrets.seal(CONTEXT, &token).await?;
    let url = format!("{api}/v1/files/{}", URL_SAFE_NO_PAD.encode(sealed));
    Ok(FileLink { media_id: id, url, expires_date: expires })
}

impl Manage {
    /// Keeps a file that a caller brings, so that messages can name it.
    pub async fn create_file(
        &self,
        call: &Call,
        mime: &str,
        filename: Option<String>,
        bytes: Vec<u8>,
    ) -> Result<FileBody> {
        call.require(Role::Integrator)?;
        let kind = attachment::kind("", Some(mime), None);
        check_file(kind, mime, &bytes).map_err(|rule| Error::invalid("body", rule))?;
        let media = StoredMedia {
            id: MediaId::from_bytes(self.draw()),
            tenant: call.caller.tenant,
            channel: None,
            message: None,
            mime: mime.to_owned(),
            filename: Some(filename.unwrap_or_else(|| attachment::default_name(kind, mime))),
            size_bytes: bytes.len() as u64,
            sha256: Some(sha256(&bytes)),
            created: call.now,
        };
        // The bytes first: a file that is known is there.
        self.ports.media.put(media.id, File { mime: media.mime.clone(), bytes }).await?;
        let body = FileBody {
            media_id: media.id,
            mime: media.mime.clone(),
            filename: media.filename.clone(),
            size_bytes: media.size_bytes,
            sha256: media.sha256.clone(),
            creation_date: media.created,
        };
        let receipt = self.admit.receipt(call, 201, &body, Vec::new())?;
        self.store.create_media(&media, receipt).await?;
        Ok(body)
    }

    /// A file of the caller's tenant. `known` is the id of one that the caller has already: what an id names never
    /// changes.
    pub async fn file(&self, call: &Call, id: MediaId, known: Option<&str>) -> Result<Download> {
        call.require_any(&[Role::Integrator, Role::ContactAdmin])?;
        let media = self.own_file(call, id).await?;
        self.download(media, known).await
    }

    /// `host` is where the caller found the API.
    pub async fn file_link(
        &self,
        call: &Call,
        id: MediaId,
        host: Option<&str>,
    ) -> Result<FileLink> {
        call.require_any(&[Role::Integrator, Role::ContactAdmin])?;
        self.own_file(call, id).await?;
        link(&*self.ports.secrets, &self.addresses.api(host)?, id, call.now).await
    }

    /// The file behind a link. Broken and expired links find nothing.
    pub async fn linked_file(&self, token: &str, known: Option<&str>) -> Result<Download> {
        let gone = || Error::NotFound { what: "file" };
        let sealed = URL_SAFE_NO_PAD.decode(token).map_err(|_| gone())?;
        let sealed = String::from_utf8(sealed).map_err(|_| gone())?;
        let plain = match self.ports.secrets.open(CONTEXT, &sealed).await {
            Err(error) if !error.is_transient() => return Err(gone()),
            opened => opened?,
        };
        let token: Token = serde_json::from_slice(&plain).map_err(|_| gone())?;
        if self.ports.clock.now() >= token.expires {
            return Err(gone());
        }
        let media = found(self.store.media(token.media).await?, "file")?;
        self.download(media, known).await
    }

    /// A file of the caller's tenant that a message is to bring, and a link to it for providers that read by link.
    pub(super) async fn file_to_send(
        &self,
        call: &Call,
        id: MediaId,
        host: Option<&str>,
    ) -> Result<(StoredMedia, String)> {
        let media = self.store.media(id).await?;
        let media = media.filter(|media| media.tenant == call.caller.tenant);
        let media = found(media, "message.media_id")?;
        let (api, expires) = (self.addresses.api(host)?, call.now + SENT_LINK_LASTS);
        let link = link_until(&*self.ports.secrets, &api, id, expires).await?;
        Ok((media, link.url))
    }

    async fn download(&self, media: StoredMedia, known: Option<&str>) -> Result<Download> {
        let (id, filename) = (media.id, media.filename);
        if known == Some(id.to_string().as_str()) {
            return Ok(Download { id, filename, bytes: None });
        }
        let is_large = media.size_bytes > BYTES_MAX as u64;
        let elsewhere =
            if is_large { self.ports.media.link(id, ELSEWHERE_LASTS).await? } else { None };
        let bytes = match elsewhere {
            Some(address) => Bytes::Elsewhere(address),
            None => Bytes::Here(found(self.ports.media.get(id).await?, "media_id")?),
        };
        Ok(Download { id, filename, bytes: Some(bytes) })
    }

    async fn own_file(&self, call: &Call, id: MediaId) -> Result<StoredMedia> {
        let media = self.store.media(id).await?;
        found(media.filter(|media| media.tenant == call.caller.tenant), "media_id")
    }
}

/// Whether this can be the type of a file: `image/png`, `audio/ogg; codecs=opus`.
pub fn is_type(mime: &str) -> bool {
    let essence = essence(mime);
    let is_name = |part: &str| {
        let is_sign = |b: u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b);
        !part.is_empty() && part.bytes().all(is_sign)
    };
    essence.split_once('/').is_some_and(|(group, name)| is_name(group) && is_name(name))
}
