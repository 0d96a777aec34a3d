//! From what the topic brought to what happened: one entry of a Cloud API webhook, told as a text, with AWS's own id of
//! the message beside it where a status is about a sending.

use serde::Deserialize;
use serde_json::Value;

use super::settings::WABA_ID;
use super::topic::{NOTIFICATION, Posted};
use crate::domain::channel::OpenChannel;
use crate::domain::time::Time;
use crate::provider::cloud::{self, Dialect};
use crate::provider::{Item, Parsed};

/// Its own form of the Cloud API.
const DIALECT: Dialect = Dialect {
    is_ours: cloud::is_shown_number,
    open_links: false,
    // Not in those that AWS makes itself.
    echoes: false,
    // Entries have Meta's id of the account, of which the channel knows AWS's.
    account: None,
    template_ids: true,
};

#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    context: Context,
    #[serde(rename = "whatsAppWebhookEntry")]
    entry: String,
    message_timestamp: Option<String>,
    #[serde(rename = "messageId")]
    message_id: Option<String>,
}

#[derive(Default, Deserialize)]
struct Context {
    #[serde(rename = "MetaWabaIds", default)]
    accounts: Vec<Account>,
}

#[derive(Deserialize)]
struct Account {
    #[serde(default)]
    arn: String,
}

/// Never an error: what can be read of it is told, and the rest is counted.
pub(super) fn parse(posted: &Posted, channel: &OpenChannel) -> Parsed {
    if posted.kind != NOTIFICATION {
        return ignored("subscription");
    }
    let Some(told) = cloud::read::<Told>(serde_json::from_str(&posted.message).ok()) else {
        return ignored("unreadable");
    };
    let entry = named(&told).unwrap_or(told.entry);
    let body = format!(r#"{{"object":"whatsapp_business_account","entry":[{entry}]}}"#);
    let Ok(mut parsed) = cloud::parse(body.as_bytes(), channel, DIALECT) else {
        return ignored("unreadable");
    };
    if is_other_account(&told.context, channel) {
        parsed.items.fill(Item::Ignored { reason: "other_account" });
    }
    parsed
}

/// A topic may be that of several accounts.
fn is_other_account(context: &Context, channel: &OpenChannel) -> bool {
    let ours = channel.setting(WABA_ID, "").trim_start_matches("waba-");
    let is_ours = |account: &Account| account.arn.ends_with(&format!("waba/{ours}"));
    !ours.is_empty() && !context.accounts.is_empty() && !context.accounts.iter().any(is_ours)
}

/// The entry with AWS's id in its statuses, where the Cloud API has a place for a carrier's own, and with a time where
/// AWS gives none: it makes some statuses itself. `None` if there is nothing to put there.
fn named(told: &Told) -> Option<String> {
    let id = told.message_id.as_deref()?;
    let mut entry: Value = serde_json::from_str(&told.entry).ok()?;
    let time = told.message_timestamp.as_deref().and_then(|time| Time::parse(time).ok());
    for change in entry.get_mut("changes")?.as_array_mut()? {
        let statuses = change.pointer_mut("/value/statuses").and_then(Value::as_array_mut);
        for status in statuses.into_iter().flatten().filter_map(Value::as_object_mut) {
            status.insert("gs_id".to_owned(), id.into());
            if let Some(time) = time.filter(|_| !status.contains_key("timestamp")) {
                status.insert("timestamp".to_owned(), time.seconds().to_string().into());
            }
        }
    }
    Some(entry.to_string())
}

fn ignored(reason: &'static str) -> Parsed {
    Parsed { items: vec![Item::Ignored { reason }] }
}
