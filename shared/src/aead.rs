//! AES-256-GCM over small texts: a random nonce in front, the context as additional data. Who has the key is the
//! caller's matter.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};

use crate::error::{Error, Result};

/// Length of a key.
pub(crate) const KEY_BYTES: usize = 32;

/// Seals and opens with one key.
pub(crate) struct Sealer {
    key: LessSafeKey,
    random: SystemRandom,
}

/// A key that nobody has.
pub(crate) fn new_key() -> Result<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    SystemRandom::new().fill(&mut key).map_err(|_| Error::internal("no random bytes for a key"))?;
    Ok(key)
}

impl Sealer {
    /// With [`KEY_BYTES`] bytes.
    pub(crate) fn new(key: &[u8]) -> Result<Self> {
        let key = UnboundKey::new(&AES_256_GCM, key)
            .map_err(|_| Error::internal(format!("a key has {KEY_BYTES} bytes")))?;
        Ok(Self { key: LessSafeKey::new(key), random: SystemRandom::new() })
    }

    pub(crate) fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>> {
        let failed = |_| Error::internal("a secret cannot be sealed");
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(failed)?;
        let mut sealed = plain.to_vec();
        let context = Aad::from(context.as_bytes());
        let unique = Nonce::assume_unique_for_key(nonce);
        self.key.seal_in_place_append_tag(unique, context, &mut sealed).map_err(failed)?;
        Ok([&nonce[..], &sealed].concat())
    }

    pub(crate) fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        // One sentence for every reason: which one it was helps only somebody who tries.
        let wrong = || Error::internal("a secret cannot be opened with this key and context");
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN).ok_or_else(wrong)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| wrong())?;
        let mut sealed = sealed.to_vec();
        let context = Aad::from(context.as_bytes());
        let plain = self.key.open_in_place(nonce, context, &mut sealed).map_err(|_| wrong())?;
        Ok(plain.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_or_belongs_elsewhere_does_not_open() {
        let sealer = Sealer::new(&new_key().unwrap()).unwrap();
        let sealed = sealer.seal("CHN1", b"token").unwrap();
        assert_eq!(sealer.open("CHN1", &sealed).unwrap(), b"token");
        assert_ne!(sealed, sealer.seal("CHN1", b"token").unwrap(), "never the same twice");
        assert!(sealer.open("CHN2", &sealed).is_err());
        assert!(Sealer::new(&new_key().unwrap()).unwrap().open("CHN1", &sealed).is_err());
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(sealer.open("CHN1", &changed).is_err(), "{place}");
            assert!(sealer.open("CHN1", &sealed[..place]).is_err(), "{place}");
        }
        assert!(Sealer::new(b"short").is_err());
    }
}
