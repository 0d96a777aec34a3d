//! Who can write to whom: a business number at a provider, and a person with a phone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A business number as its provider knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Any word, unique: the address of the line in the control API.
    pub id: String,
    /// [`crate::Carrier::name`] of the provider.
    pub carrier: String,
    /// Shown to users as the name of the business.
    pub name: String,
    /// Digits with the country code.
    pub number: String,
    /// Account ids, credentials and dialect, by the names that the carrier reads.
    pub settings: BTreeMap<String, String>,
    /// Where the provider posts what happens.
    pub webhook_url: String,
}

impl Line {
    /// A setting; empty where it is not set, which fits no credential.
    pub fn setting(&self, name: &str) -> &str {
        self.settings.get(name).map_or("", String::as_str)
    }

    /// Whether a credential is set and is this one.
    pub fn accepts(&self, name: &str, value: &str) -> bool {
        let known = self.setting(name);
        !known.is_empty() && known == value
    }
}

/// A person with WhatsApp on a phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Digits with the country code: the WhatsApp id.
    pub number: String,
    /// The profile's name.
    pub name: String,
    /// Business-scoped user id. Whoever has one hides the number, unless [`User::shows_number`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scoped_id: Option<String>,
    /// Both the number and the business-scoped id are told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shows_number: bool,
    /// Other numbers under which this person is dialled (Brazil's ninth digit and the like).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dialled_as: Vec<String>,
    /// Whether the phone is on: what is sent to one that is off stays undelivered.
    #[serde(default = "yes")]
    pub is_online: bool,
}

fn yes() -> bool {
    true
}

impl User {
    pub fn new(number: &str, name: &str) -> Self {
        Self {
            number: number.to_owned(),
            name: name.to_owned(),
            scoped_id: None,
            shows_number: false,
            dialled_as: Vec::new(),
            is_online: true,
        }
    }

    /// The business-scoped id, where it is told.
    pub fn told_id(&self) -> Option<&str> {
        self.scoped_id.as_deref()
    }

    /// The number, where it is told.
    pub fn told_number(&self) -> Option<&str> {
        (self.scoped_id.is_none() || self.shows_number).then_some(self.number.as_str())
    }
}

/// The digits of a number as people or APIs write it.
pub fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}
