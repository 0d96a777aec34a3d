//! Secrets sealed by the key service. It seals a key drawn for each text, and that key the text, so a text may have
//! any length; the master key never leaves the service, and the context is bound to both.

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::json::Json;
use crate::aead::{Sealer, new_key};
use crate::error::{Error, Result};
use crate::ports::Secrets;

const SERVICE: &str = "key service";

/// Seals and opens with one key.
pub struct Sealed {
    kms: Kms,
    key_id: String,
}

/// The key service's operations.
#[derive(Debug, Clone)]
pub struct Kms(Json);

/// What the key service is asked: one of the texts.
#[derive(Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Asked<'a> {
    key_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    plaintext: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ciphertext_blob: Option<String>,
    encryption_context: Context<'a>,
}

/// The name of the context in the key service's log is that of the field.
#[derive(Default, Serialize)]
struct Context<'a> {
    context: &'a str,
}

/// What it answers: the other one.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    plaintext: Option<String>,
    ciphertext_blob: Option<String>,
}

impl Kms {
    pub(super) fn new(json: Json) -> Self {
        Self(json)
    }

    async fn call(&self, operation: &str, asked: &Asked<'_>) -> Result<Answer> {
        self.0.call(operation, asked).await.map_err(|e| e.meaning(SERVICE))
    }
}

impl Sealed {
    pub fn new(kms: Kms, key_id: String) -> Self {
        Self { kms, key_id }
    }

    fn asked<'a>(&'a self, context: &'a str) -> Asked<'a> {
        let encryption_context = Context { context };
        Asked { key_id: &self.key_id, encryption_context, ..Asked::default() }
    }
}

/// What an answer holds in base64.
fn held(text: Option<String>, otherwise: &'static str) -> Result<Vec<u8>> {
    let bytes = text.and_then(|text| STANDARD.decode(text).ok());
    bytes.ok_or_else(|| Error::unavailable(SERVICE, otherwise))
}

#[async_trait]
impl Secrets for Sealed {
    /// One call. The sealed text is the length of the sealed key, the sealed key, and the text sealed by that key.
    async fn seal(&self, context: &str, plain: &[u8]) -> Result<String> {
        let key = new_key()?;
        let asked = Asked { plaintext: Some(STANDARD.encode(key)), ..self.asked(context) };
        let answer = self.kms.call("Encrypt", &asked).await?;
        let key_sealed = held(answer.ciphertext_blob, "it answered without the sealed key")?;
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
        let key_sealed = Some(STANDARD.encode(key_sealed));
        let asked = Asked { ciphertext_blob: key_sealed, ..self.asked(context) };
        let answer = self.kms.call("Decrypt", &asked).await?;
        let key = held(answer.plaintext, "it answered without the key")?;
        Sealer::new(&key)?.open(context, sealed)
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
        let kms = Clients::new(&stand_in.access()).unwrap().kms();
        let secrets = Sealed::new(kms, "key-1".to_owned());
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
