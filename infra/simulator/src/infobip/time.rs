//! Infobip's way to write a moment: `2024-05-14T09:11:34.217+0000`, the offset without a colon.

/// From milliseconds since 1970.
pub(super) fn written(millis: i64) -> String {
    format!("{}+0000", crate::time::date_time(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_without_a_colon_in_the_offset() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000+0000"),
            (1_710_169_200_005, "2024-03-11T15:00:00.005+0000"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999+0000"),
            (951_782_400_000, "2000-02-29T00:00:00.000+0000"),
            (-1, "1969-12-31T23:59:59.999+0000"),
        ] {
            assert_eq!(written(millis), text);
        }
    }
}
