//! What providers prove themselves by.

use ring::hmac;

/// In a time that says nothing about where the two differ: their codes under one key are compared.
pub(super) fn equal(given: &[u8], ours: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, ours);
    hmac::verify(&key, given, hmac::sign(&key, ours).as_ref()).is_ok()
}
