//! What every provider must stand, whatever comes. Each of these is one named test of each provider.

use http::{HeaderName, HeaderValue, Response, StatusCode};
use proptest::prelude::*;
use serde_json::Value;

use super::testing::call;
use super::{Item, Provider, Setting};
use crate::domain::channel::OpenChannel;

/// The tests of whatever may come, which need nothing but the provider's trial.
macro_rules! stands_whatever_comes {
    ($trial:expr) => {
        #[test]
        fn no_bytes_panic() {
            $trial.no_bytes_panic();
        }

        #[test]
        fn no_broken_sample_panics() {
            $trial.no_broken_sample_panics();
        }

        #[test]
        fn no_answer_panics() {
            $trial.no_answer_panics();
        }
    };
}
pub(super) use stands_whatever_comes;

/// Name of a setting or credential, values that it takes, and values that it refuses.
pub(super) type SettingRow<'a> = (&'a str, &'a [&'a str], &'a [&'a str]);

/// A provider, and what it is tried with.
pub(super) struct Trial {
    pub(super) provider: &'static dyn Provider,
    /// One of each of its dialects.
    pub(super) channels: Vec<OpenChannel>,
    /// Bodies that it posts, to be cut or broken at will.
    pub(super) samples: &'static [&'static str],
    /// Whether bytes that are none of its bodies are answered as taken, too.
    pub(super) takes_everything: bool,
}

impl Trial {
    /// No bytes make reading panic.
    pub(super) fn no_bytes_panic(&self) {
        proptest!(|(body in prop::collection::vec(any::<u8>(), 0..400))| {
            self.accounts_for(&body)?;
        });
    }

    /// Neither does a sample with one byte changed, or cut off.
    pub(super) fn no_broken_sample_panics(&self) {
        let samples = prop::sample::select(self.samples);
        let place = any::<prop::sample::Index>();
        proptest!(|(sample in samples, place in place, byte in any::<u8>(), is_cut in any::<bool>())| {
            let mut body = sample.as_bytes().to_vec();
            let at = place.index(body.len());
            if is_cut {
                body.truncate(at);
            } else {
                body[at] = byte;
            }
            self.accounts_for(&body)?;
        });
    }

    /// No answer to any of our calls makes reading it panic.
    pub(super) fn no_answer_panics(&self) {
        let bytes = prop::collection::vec(any::<u8>(), 0..200);
        proptest!(|(body in bytes, status in 200_u16..600)| {
            let response = Response::builder().status(status).body(body).unwrap();
            for channel in &self.channels {
                let _ = self.provider.read(channel, &response);
                let _ = self.provider.read_contact(channel, &response);
                let _ = self.provider.read_submitted(channel, &response);
                let _ = self.provider.read_templates(channel, None, &response);
                let _ = self.provider.read_media_location(channel, &response);
                let _ = self.provider.read_check(channel, &response);
                let _ = self.provider.read_registered(channel, "https://a.example", &response);
            }
        });
    }

    /// `bodies` puts any text and any number in the place of a part: that is one item, and loses nothing but itself.
    pub(super) fn any_part_is_one_item(&self, bodies: impl Fn(&str, i64) -> Vec<Value>) {
        proptest!(|(text in "[ -~]{0,40}", number in any::<i64>())| {
            for body in bodies(&text, number) {
                for channel in &self.channels {
                    let parsed = self.provider.parse(&call(body.to_string()), channel).unwrap();
                    prop_assert_eq!(parsed.items.len(), 1, "{}", &body);
                }
            }
        });
    }

    /// Nothing that is guessed opens, in the header in which the proof is looked for.
    pub(super) fn no_header_lets_anybody_in(&self, name: &'static str) {
        proptest!(|(value in "[ -~]{0,60}")| {
            let mut call = call("{}");
            if let Ok(value) = HeaderValue::from_str(&value) {
                call.headers.insert(HeaderName::from_static(name), value);
            }
            for channel in &self.channels {
                prop_assert!(self.provider.verify(&call, channel).is_err());
            }
        });
    }

    /// Bytes that are none of its bodies are the caller's fault.
    pub(super) fn refuses(&self, bodies: &[&str]) {
        for body in bodies {
            for channel in &self.channels {
                let refused = self.provider.parse(&call(body), channel).unwrap_err();
                assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{body:?}");
            }
        }
    }

    /// What it posts and we have no use for is taken, and counted under its reason.
    pub(super) fn ignores(&self, rows: &[(&str, &'static str)]) {
        for &(body, reason) in rows {
            for channel in &self.channels {
                let parsed = self.provider.parse(&call(body), channel).unwrap();
                assert_eq!(parsed.items, [Item::Ignored { reason }], "{body}");
            }
        }
    }

    /// Which settings there are, which of them must be given, which are never shown, and what each takes.
    pub(super) fn settings_are(&self, required: &[&str], secret: &[&str], rows: &[SettingRow<'_>]) {
        let settings = self.provider.settings();
        let names = |is_meant: fn(&Setting) -> bool| -> Vec<&str> {
            settings.iter().filter(|setting| is_meant(setting)).map(|s| s.name).collect()
        };
        assert_eq!(names(|setting| setting.required), required);
        assert_eq!(names(|setting| setting.secret), secret);
        assert_eq!(names(|_| true), rows.iter().map(|(name, ..)| *name).collect::<Vec<_>>());
        for (setting, (name, good, bad)) in settings.iter().zip(rows) {
            for text in *good {
                assert!((setting.check)(text), "{name} {text}");
            }
            for text in *bad {
                assert!(!(setting.check)(text), "{name} {text:?}");
            }
        }
    }

    /// A body is refused, or everything in it is told: at the least that there is nothing.
    fn accounts_for(&self, body: &[u8]) -> Result<(), TestCaseError> {
        for channel in &self.channels {
            match self.provider.parse(&call(body), channel) {
                Ok(parsed) => prop_assert!(!parsed.items.is_empty()),
                Err(refused) => prop_assert!(!self.takes_everything, "{}", refused.message),
            }
        }
        Ok(())
    }
}
