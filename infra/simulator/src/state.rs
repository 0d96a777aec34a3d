//! What the simulator remembers. Values only; what happens with them is in `simulator`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::fault::Faults;
use crate::hooks::{ReceivedHook, Receiver};
use crate::line::{Line, User};
use crate::message::{Delivery, Entry, FromUser, Message};
use crate::post::{Pending, Posted};
use crate::template::Template;

/// A service window is open this long after the user's last message.
pub const WINDOW_MILLIS: i64 = 24 * 3_600_000;
/// How many past webhooks are remembered.
const POSTED_MAX: usize = 200;

/// Everything but the bytes of files.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Rises with each change.
    pub revision: u64,
    pub lines: BTreeMap<String, Line>,
    /// By number.
    pub users: BTreeMap<String, User>,
    /// Numbers that are not on WhatsApp.
    pub absent: BTreeSet<String>,
    /// What users did and saw, in the order it happened.
    pub messages: Vec<Message>,
    pub templates: Vec<Template>,
    /// By line.
    pub faults: BTreeMap<String, Faults>,
    pub pending: Vec<Pending>,
    pub posted: VecDeque<Posted>,
    pub receivers: BTreeMap<String, Receiver>,
    /// What came at the receivers, oldest first.
    pub hooks: VecDeque<ReceivedHook>,
    /// By `line/user`: the last message that the user has seen on the screen.
    pub seen: BTreeMap<String, u64>,
    next_number: u64,
    /// For the header of the answer that is on its way.
    #[serde(skip)]
    pub(crate) retry_after: Option<String>,
    /// What all ids follow from, in a world that is to be the same again; otherwise they are random.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

impl State {
    /// The next number of anything that is ordered.
    pub fn next_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// The person with this number or business-scoped id, or who is dialled so.
    pub fn user(&self, address: &str) -> Option<&User> {
        self.users
            .get(address)
            .or_else(|| self.users.values().find(|user| user.scoped_id.as_deref() == Some(address)))
            .or_else(|| {
                self.users.values().find(|user| user.dialled_as.iter().any(|n| n == address))
            })
    }

    /// When the user last wrote to the line: what opens the service window. Reactions do not.
    pub fn last_said_millis(&self, line: &str, user: &str) -> Option<i64> {
        self.messages.iter().rev().find_map(|message| match &message.entry {
            Entry::FromUser { said, .. }
                if message.line == line
                    && message.user == user
                    && !matches!(said.content, FromUser::Reaction { .. }) =>
            {
                Some(said.time_millis)
            }
            Entry::FromUser { .. } | Entry::ToUser { .. } => None,
        })
    }

    /// Whether the business may write freely to the user.
    pub fn is_window_open(&self, line: &str, user: &str, now_millis: i64) -> bool {
        self.last_said_millis(line, user).is_some_and(|last| now_millis - last < WINDOW_MILLIS)
    }

    /// What became of the webhook of these messages. What was taken once stays taken.
    pub(crate) fn note_delivery(&mut self, messages: &[u64], now: Delivery) {
        for message in self.messages.iter_mut().filter(|m| messages.contains(&m.number)) {
            if let Entry::FromUser { delivery, .. } = &mut message.entry
                && *delivery != Delivery::Taken
            {
                *delivery = now;
            }
        }
    }

    pub(crate) fn remember_posted(&mut self, posted: Posted) {
        self.posted.push_back(posted);
        while self.posted.len() > POSTED_MAX {
            self.posted.pop_front();
        }
    }

    /// What is due, the earliest first.
    pub(crate) fn due(&self, now_millis: i64) -> Option<&Pending> {
        let due = self.pending.iter().filter(|pending| pending.due_millis <= now_millis);
        due.min_by_key(|pending| (pending.due_millis, pending.order))
    }
}

/// Bytes as base64, so that a state is readable JSON.
pub(crate) mod base64_bytes {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD.decode(text).map_err(D::Error::custom)
    }
}
