//! From a webhook's body to what happened. Both generations come at one address and are told apart by their bodies:
//! the Cloud API's envelope, or what stands inside of one, without it (360dialog 3).

use serde::Deserialize;

use super::settings::{Api, api};
use crate::domain::channel::OpenChannel;
use crate::provider::cloud::{self, Dialect, wire};
use crate::provider::{Item, Parsed};

/// Never an error: 360dialog takes everything but 200 for an outage and keeps the number's next webhooks back.
pub(super) fn parse(body: &[u8], channel: &OpenChannel) -> Parsed {
    let dialect = dialect(channel);
    let Ok(parsed) = cloud::parse(body, channel, dialect) else { return ignored("unreadable") };
    if parsed != ignored(cloud::OTHER_OBJECT) {
        return parsed;
    }
    if let Some(parsed) = cloud::parse_value(body, channel, dialect) {
        return parsed;
    }
    match serde_json::from_slice::<OfPartner<'_>>(body) {
        Ok(OfPartner { event: Some(_), data: Some(_) }) => ignored("partner_event"),
        Ok(_) | Err(_) => parsed,
    }
}

/// Templates have no ids in 360dialog's own list, so the ids of events name nothing.
fn dialect(channel: &OpenChannel) -> Dialect {
    Dialect {
        is_ours: cloud::is_shown_number,
        open_links: false,
        // By what the channel sends: a channel that moved gets statuses of both forms for a while.
        echoes: api(channel) == Api::V2,
        account: None,
        template_ids: false,
    }
}

/// A webhook about the partner's account, which concerns no number of ours.
#[derive(Deserialize)]
struct OfPartner<'a> {
    #[serde(borrow)]
    event: wire::Part<'a>,
    data: wire::Part<'a>,
}

fn ignored(reason: &'static str) -> Parsed {
    Parsed { items: vec![Item::Ignored { reason }] }
}
