//! Secrets sealed by the key service: the key never leaves it, and the context is signed with it.

use async_trait::async_trait;
use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::failed;
use crate::error::{Error, Result};
use crate::ports::Secrets;

const SERVICE: &str = "key service";
/// The name of the context in the key service's log.
const CONTEXT: &str = "context";
/// What one call of the key service encrypts.
const PLAIN_BYTES_MAX: usize = 4096;

/// Seals and opens with one key.
pub struct Sealed {
    client: Client,
    /// Absent in a function that needs no credentials.
    key_id: Option<String>,
}

impl Sealed {
    pub fn new(client: Client, key_id: Option<String>) -> Self {
        Self { client, key_id }
    }

    fn key(&self) -> Result<&str> {
        let none = || Error::internal("this function was not given the key of secrets");
        self.key_id.as_deref().ok_or_else(none)
    }
}

#[async_trait]
impl Secrets for Sealed {
    async fn seal(&self, context: &str, plain: &[u8]) -> Result<String> {
        if plain.len() > PLAIN_BYTES_MAX {
            let rule = format!("must have at most {PLAIN_BYTES_MAX} bytes together");
            return Err(Error::invalid("credentials", rule));
        }
        let call = self.client.encrypt().key_id(self.key()?).plaintext(Blob::new(plain));
        let call = call.encryption_context(CONTEXT, context);
        let answer = call.send().await.map_err(|e| failed(SERVICE, e))?;
        let sealed = answer
            .ciphertext_blob()
            .ok_or_else(|| Error::unavailable(SERVICE, "it answered without the sealed text"))?;
        Ok(STANDARD.encode(sealed))
    }

    async fn open(&self, context: &str, sealed: &str) -> Result<Vec<u8>> {
        let bytes = STANDARD
            .decode(sealed)
            .map_err(|_| Error::internal("a stored secret is not base64"))?;
        let call = self.client.decrypt().key_id(self.key()?).ciphertext_blob(Blob::new(bytes));
        let call = call.encryption_context(CONTEXT, context);
        let answer = call.send().await.map_err(|e| failed(SERVICE, e))?;
        let plain = answer
            .plaintext
            .ok_or_else(|| Error::unavailable(SERVICE, "it answered without the text"))?;
        Ok(plain.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::aws::client::Clients;
    use crate::aws::stand_in::{Call, StandIn};

    /// Seals by writing context and text behind each other.
    fn toy(call: &Call) -> (u16, String) {
        let asked = call.json();
        let context = asked["EncryptionContext"]["context"].as_str().unwrap();
        assert_eq!(asked["KeyId"], "key-1");
        if call.headers["x-amz-target"] == "TrentService.Encrypt" {
            let plain = STANDARD.decode(asked["Plaintext"].as_str().unwrap()).unwrap();
            let sealed = [context.as_bytes(), b"|", &plain].concat();
            return (200, json!({"CiphertextBlob": STANDARD.encode(sealed)}).to_string());
        }
        let sealed = STANDARD.decode(asked["CiphertextBlob"].as_str().unwrap()).unwrap();
        match sealed.strip_prefix(format!("{context}|").as_bytes()) {
            Some(plain) => (200, json!({"Plaintext": STANDARD.encode(plain)}).to_string()),
            None => (400, json!({"__type": "InvalidCiphertextException"}).to_string()),
        }
    }

    #[tokio::test]
    async fn a_secret_is_sealed_and_opened_with_its_context() {
        let stand_in = StandIn::start(toy).await;
        let client = Clients::new(&stand_in.access()).unwrap().kms;
        let secrets = Sealed::new(client.clone(), Some("key-1".to_owned()));
        let sealed = secrets.seal("CHN1", b"token").await.unwrap();
        assert_eq!(secrets.open("CHN1", &sealed).await.unwrap(), b"token");
        assert!(!secrets.open("CHN2", &sealed).await.unwrap_err().is_transient());
        assert!(secrets.seal("CHN1", &[0; PLAIN_BYTES_MAX + 1]).await.is_err());
        assert!(secrets.open("CHN1", "no base64").await.is_err());
        assert!(Sealed::new(client, None).open("CHN1", &sealed).await.is_err());
    }
}
