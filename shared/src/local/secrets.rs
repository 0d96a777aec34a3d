//! Secrets sealed with a key of this machine: AES-256-GCM, the context as additional data. On AWS the key service
//! does it (`aws::kms`).

use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::aead::{Sealer, new_key};
use crate::error::{Error, Result};
use crate::ports::Secrets;

/// Seals and opens with one key.
pub struct Sealed(Sealer);

impl Sealed {
    /// A key that nobody will ever see again: for tests.
    pub fn memory() -> Result<Self> {
        Ok(Self(Sealer::new(&new_key()?)?))
    }

    /// The key in this file. The file is made at the first start, readable for its owner only; one that others can
    /// read is refused.
    pub fn key_file(path: &Path) -> Result<Self> {
        let wrong = |e: &dyn std::fmt::Display| {
            Error::internal(format!("the key file {} cannot be used: {e}", path.display()))
        };
        match std::fs::read(path) {
            Ok(text) => {
                let mode = std::fs::metadata(path).map_err(|e| wrong(&e))?.permissions().mode();
                if mode & 0o077 != 0 {
                    return Err(wrong(&"others may read it; set its mode to 600"));
                }
                let key = hex::decode(text.trim_ascii())
                    .map_err(|_| wrong(&"it must hold 64 hex digits"))?;
                let sealer = Sealer::new(&key);
                Ok(Self(sealer.map_err(|_| wrong(&"it must hold 64 hex digits"))?))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = new_key()?;
                let text = hex::encode(key);
                let mut options = std::fs::OpenOptions::new();
                options.write(true).create_new(true).mode(0o600);
                let mut file = options.open(path).map_err(|e| wrong(&e))?;
                file.write_all(text.as_bytes())
                    .and_then(|()| file.sync_all())
                    .map_err(|e| wrong(&e))?;
                Ok(Self(Sealer::new(&key)?))
            }
            Err(error) => Err(wrong(&error)),
        }
    }
}

#[async_trait]
impl Secrets for Sealed {
    async fn seal(&self, context: &str, plain: &[u8]) -> Result<String> {
        self.0.seal(context, plain).map(|sealed| STANDARD.encode(sealed))
    }

    async fn open(&self, context: &str, sealed: &str) -> Result<Vec<u8>> {
        let not_base64 = |_| Error::internal("a secret to open is not base64");
        self.0.open(context, &STANDARD.decode(sealed).map_err(not_base64)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::media::test_folder;

    #[tokio::test]
    async fn a_secret_opens_with_its_context_only() {
        let sealed = Sealed::memory().unwrap();
        let text = sealed.seal("CHN1", b"token").await.unwrap();
        assert!(!text.contains("token"));
        assert_eq!(sealed.open("CHN1", &text).await.unwrap(), b"token");
        for (context, text) in
            [("CHN2", text.as_str()), ("CHN1", "c2hvcnQ="), ("CHN1", "no base64"), ("CHN1", "")]
        {
            assert!(sealed.open(context, text).await.is_err(), "{context} {text}");
        }
        assert!(Sealed::memory().unwrap().open("CHN1", &text).await.is_err());
    }

    #[tokio::test]
    async fn the_key_file_is_made_once_for_its_owner_alone() {
        let folder = test_folder("secrets");
        let path = folder.join("key");
        let text = Sealed::key_file(&path).unwrap().seal("c", b"s").await.unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Sealed::key_file(&path).unwrap().open("c", &text).await.unwrap(), b"s");
        let said = |path: &Path| Sealed::key_file(path).err().unwrap().to_string();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        assert!(said(&path).contains("set its mode to 600"));
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        std::fs::write(&path, "abcd").unwrap();
        assert!(said(&path).contains("64 hex digits"));
        assert!(said(&folder.join("none/key")).contains("cannot be used"));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
