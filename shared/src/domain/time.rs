//! A moment, to the millisecond. Where it comes from is the caller's matter: nothing here reads a clock.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds since 1970-01-01T00:00:00Z. Written everywhere as RFC 3339 in UTC with milliseconds
/// (`2024-03-11T15:00:00.000Z`, contracts 1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(i64);

/// What cannot be read as a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an RFC 3339 time such as 2024-03-11T15:00:00.000Z")]
pub struct NotATime;

/// The last moment that has a text.
const LATEST_MILLIS: i64 = 253_402_207_200_999;

impl Time {
    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// From a provider's number: seconds, or milliseconds where the value is above 10^11
    /// (whatsapp-rules 10: both occur in the same field). What no calendar has becomes the nearest moment that one has: a
    /// time that is written down is read again as it was.
    pub const fn from_seconds_or_millis(value: i64) -> Self {
        let millis = if value > 100_000_000_000 { value } else { value.saturating_mul(1000) };
        match millis {
            ..0 => Self(0),
            0..=LATEST_MILLIS => Self(millis),
            _ => Self(LATEST_MILLIS),
        }
    }

    /// Reads an RFC 3339 time with any offset.
    pub fn parse(text: &str) -> Result<Self, NotATime> {
        let moment: jiff::Timestamp = text.parse().map_err(|_| NotATime)?;
        Ok(Self(moment.as_millisecond()))
    }

    /// Reads the date of an HTTP header, `Mon, 02 Mar 2026 10:00:00 GMT`.
    pub fn parse_http_date(text: &str) -> Result<Self, NotATime> {
        let moment = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text);
        moment.map(|moment| Self(moment.as_millisecond())).map_err(|_| NotATime)
    }

    /// Saturating, so that a provider's nonsense number cannot overflow.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long from `earlier` to `self`; zero if it is not later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The UTC day, `2024-03-11`.
    pub fn day(self) -> String {
        self.to_string()[..10].to_owned()
    }
}

impl Add<Duration> for Time {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        self.plus(duration)
    }
}

impl Sub<Duration> for Time {
    type Output = Self;
    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = jiff::Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        });
        write!(f, "{moment:.3}")
    }
}

impl utoipa::PartialSchema for Time {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .into()
    }
}

impl utoipa::ToSchema for Time {}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A provider's nonsense is written down and read again as the same time.
    #[test]
    fn no_number_makes_a_time_without_a_text() {
        for number in [i64::MIN, -1, 0, 1_710_169_260, 1_710_169_260_000, i64::MAX / 1000, i64::MAX]
        {
            let time = Time::from_seconds_or_millis(number);
            assert_eq!(Time::parse(&time.to_string()), Ok(time), "{number}");
        }
    }

    #[test]
    fn it_is_written_with_milliseconds_and_read_back() {
        let time = Time::from_millis(1_710_169_200_005);
        assert_eq!(time.to_string(), "2024-03-11T15:00:00.005Z");
        assert_eq!(Time::parse("2024-03-11T10:00:00.005-05:00"), Ok(time));
        assert_eq!(
            serde_json::to_string(&Time::from_millis(0)).unwrap(),
            "\"1970-01-01T00:00:00.000Z\""
        );
        assert_eq!(Time::parse("yesterday"), Err(NotATime));
    }

    #[test]
    fn a_date_of_http_is_read() {
        let time = Time::parse("2026-03-02T10:00:05Z").unwrap();
        assert_eq!(Time::parse_http_date("Mon, 02 Mar 2026 10:00:05 GMT"), Ok(time));
        for wrong in ["", "7", "2026-03-02T10:00:05Z", "Tue, 02 Mar 2026 10:00:05 GMT"] {
            assert_eq!(Time::parse_http_date(wrong), Err(NotATime), "{wrong}");
        }
    }

    #[test]
    fn a_provider_may_count_seconds_or_milliseconds() {
        assert_eq!(Time::from_seconds_or_millis(1_710_169_200).millis(), 1_710_169_200_000);
        assert_eq!(Time::from_seconds_or_millis(1_710_169_200_005).millis(), 1_710_169_200_005);
    }
}
