//! Packs JSON: what is repeated in it (names, dates, hex) takes a third of the room. Who looks at the table by hand
//! unpacks it with any inflate (`zlib.decompress(bytes, -15)` in Python).

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

/// Of zlib's levels; higher ones gain nothing on texts of this size.
const LEVEL: u8 = 6;

/// No item is as large as this unpacked; more is a fault or a bomb.
const BYTES_MAX: usize = 8 * 1024 * 1024;

/// What cannot be unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not packed text")]
pub(super) struct NotPacked;

pub(super) fn pack(text: &str) -> Vec<u8> {
    compress_to_vec(text.as_bytes(), LEVEL)
}

pub(super) fn unpack(bytes: &[u8]) -> Result<String, NotPacked> {
    let text = decompress_to_vec_with_limit(bytes, BYTES_MAX).map_err(|_| NotPacked)?;
    String::from_utf8(text).map_err(|_| NotPacked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked_and_nothing_else() {
        for text in ["", "{}", "¿Cómo te llamas? 😊", &"{\"step\":\"name\"},".repeat(100)] {
            assert_eq!(unpack(&pack(text)).as_deref(), Ok(text));
        }
        let text = "{\"time\":\"2024-03-11T15:00:00.000Z\"}".repeat(10);
        assert!(pack(&text).len() < text.len() / 3);
        for broken in [&b"no deflate"[..], &pack("abc")[..3], &compress_to_vec(&[0xff, 0xfe], 6)] {
            assert_eq!(unpack(broken), Err(NotPacked));
        }
        let bomb = compress_to_vec(&vec![b'a'; BYTES_MAX + 1], 6);
        assert_eq!(unpack(&bomb), Err(NotPacked));
    }
}
