//! The copies of users' files: by API key, or by a link that expires (README 14).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Manage, found};
use crate::domain::ids::MediaId;
use crate::domain::tenant::Role;
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::handlers::admit::Call;
pub use crate::ports::File;
use crate::ports::Secrets;

/// How long a link to a file works.
const LINK_LASTS: Duration = Duration::from_hours(1);

/// What sealed links are bound to.
const CONTEXT: &str = "file-link";

/// A link to a file that works without an API key, for an hour.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FileLink {
    pub media_id: MediaId,
    pub url: String,
    pub expires_date: Time,
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
    let expires = now + LINK_LASTS;
    let token = serde_json::to_vec(&Token { media: id, expires });
    let token = token.map_err(|e| Error::internal(format!("a link cannot be written: {e}")))?;
    let sealed = secrets.seal(CONTEXT, &token).await?;
    let url = format!("{api}/v1/files/{}", URL_SAFE_NO_PAD.encode(sealed));
    Ok(FileLink { media_id: id, url, expires_date: expires })
}

impl Manage {
    /// A file of the caller's tenant.
    pub async fn file(&self, call: &Call, id: MediaId) -> Result<File> {
        call.require_any(&[Role::Integrator, Role::ContactAdmin])?;
        self.check_own(call, id).await?;
        found(self.ports.media.get(id).await?, "media_id")
    }

    /// `host` is where the caller found the API.
    pub async fn file_link(
        &self,
        call: &Call,
        id: MediaId,
        host: Option<&str>,
    ) -> Result<FileLink> {
        call.require_any(&[Role::Integrator, Role::ContactAdmin])?;
        self.check_own(call, id).await?;
        link(&*self.ports.secrets, &self.addresses.api(host)?, id, call.now).await
    }

    /// The file behind a link. Broken and expired links find nothing.
    pub async fn linked_file(&self, token: &str) -> Result<File> {
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
        found(self.ports.media.get(token.media).await?, "file")
    }

    async fn check_own(&self, call: &Call, id: MediaId) -> Result<()> {
        let media = self.store.media(id).await?;
        found(media.filter(|media| media.tenant == call.caller.tenant), "media_id").map(drop)
    }
}
