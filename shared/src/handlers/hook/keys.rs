//! The keys that sign, opened once per process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::hook::KeyRing;
use crate::domain::time::Time;
use crate::error::{Error, Result};
use crate::partner::signature::Key;
use crate::ports::Secrets;

/// Keys remembered at most; when more come, all are forgotten.
const MAX: usize = 1000;

/// Opens sealed keys and remembers them.
pub(super) struct OpenKeys {
    secrets: Arc<dyn Secrets>,
    /// By their sealed text.
    opened: Mutex<HashMap<String, Key>>,
}

impl OpenKeys {
    pub(super) fn new(secrets: Arc<dyn Secrets>) -> Self {
        Self { secrets, opened: Mutex::default() }
    }

    /// What seals, also other things than keys.
    pub(super) fn secrets(&self) -> &dyn Secrets {
        &*self.secrets
    }

    /// The keys of a ring that sign now, the newest first.
    pub(super) async fn open(&self, context: &str, ring: &KeyRing, now: Time) -> Result<Vec<Key>> {
        let mut keys = Vec::new();
        for sealed in ring.signing(now) {
            keys.push(self.key(context, sealed).await?);
        }
        Ok(keys)
    }

    /// A new key as it is stored.
    pub(super) async fn seal(&self, context: &str, key: &Key) -> Result<String> {
        self.secrets.seal(context, key.reveal().as_bytes()).await
    }

    async fn key(&self, context: &str, sealed: &str) -> Result<Key> {
        let known = self.opened.lock().unwrap_or_else(PoisonError::into_inner).get(sealed).cloned();
        if let Some(key) = known {
            return Ok(key);
        }
        let unreadable = || Error::internal("a signing key cannot be read");
        let text = self.secrets.open(context, sealed).await?;
        let text = String::from_utf8(text).map_err(|_| unreadable())?;
        let key = Key::parse(&text).map_err(|_| unreadable())?;
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.len() >= MAX {
            opened.clear();
        }
        opened.insert(sealed.to_owned(), key.clone());
        Ok(key)
    }
}
