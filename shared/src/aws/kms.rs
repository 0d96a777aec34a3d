//! Secrets sealed by the key service. It seals a key drawn for each text, and that key the text, so a text may have
//! any length; the master key never leaves the service, and the context is bound to both.

use async_trait::async_trait;
use aws_sdk_kms::Client;
use aws_sdk_kms::primitives::Blob;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::failed;
use crate::aead::{Sealer, new_key};
use crate::error::{Error, Result};
use crate::ports::Secrets;

const SERVICE: &str = "key service";
/// The name of the context in the key service's log.
const CONTEXT: &str = "context";

/// Seals and opens with one key.
pub struct Sealed {
    client: Client,
    key_id: String,
}

impl Sealed {
    pub fn new(client: Client, key_id: String) -> Self {
        Self { client, key_id }
    }
}

#[async_trait]
impl Secrets for Sealed {
    /// One call. The sealed text is the length of the sealed key, the sealed key, and the text sealed by that key.
    async fn seal(&self, context: &str, plain: &[u8]) -> Result<String> {
        let key = new_key()?;
        let call = self.client.encrypt().key_id(&self.key_id).plaintext(Blob::new(key));
        let call = call.encryption_context(CONTEXT, context);
        let answer = call.send().await.map_err(|e| failed(SERVICE, e))?;
        let key_sealed = answer
            .ciphertext_blob
            .ok_or_else(|| Error::unavailable(SERVICE, "it answered without the sealed key"))?
            .into_inner();
        let length = u16::try_from(key_sealed.len())
            .map_err(|_| Error::unavailable(SERVICE, "it answered with too long a key"))?;
        let sealed = Sealer::new(&key)?.seal(context, plain)?;
        Ok(STANDARD.encode([&length.to_be_bytes()[..], &key_sealed, &sealed].concat()))
    }

    async fn open(&self, context: &str, sealed: &str) -> Result<Vec<u8>> {
        let wrong = || Error::internal("what is to be opened was not sealed here");
        let bytes = STANDARD.decode(sealed).map_err(|_| wrong())?;
        let (length, rest) = bytes.split_first_chunk().ok_or_else(wrong)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (key_sealed, sealed) = rest.split_at_checked(length).ok_or_else(wrong)?;
        let call =
            self.client.decrypt().key_id(&self.key_id).ciphertext_blob(Blob::new(key_sealed));
        let call = call.encryption_context(CONTEXT, context);
        let answer = call.send().await.map_err(|e| failed(SERVICE, e))?;
        let key = answer
            .plaintext
            .ok_or_else(|| Error::unavailable(SERVICE, "it answered without the key"))?;
        Sealer::new(key.as_ref())?.open(context, sealed)
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
        let client = Clients::new(&stand_in.access()).unwrap().kms();
        let secrets = Sealed::new(client, "key-1".to_owned());
        let sealed = secrets.seal("CHN1", b"token").await.unwrap();
        assert_eq!(secrets.open("CHN1", &sealed).await.unwrap(), b"token");
        assert!(!secrets.open("CHN2", &sealed).await.unwrap_err().is_transient());
        let long = secrets.seal("CHN1", &[7; 10_000]).await.unwrap();
        assert_eq!(secrets.open("CHN1", &long).await.unwrap(), [7; 10_000]);
        assert_eq!(stand_in.calls().len(), 5, "one call each");
        for wrong in ["", "no base64", "AA==", "//8=", "AAFh"] {
            assert!(secrets.open("CHN1", wrong).await.is_err(), "{wrong}");
        }
    }
}
