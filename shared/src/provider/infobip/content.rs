//! What a user's message says: one function per type (infobip 3.1). What cannot be read is kept as unsupported, so
//! that the message itself is recorded (T6).

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::{cards, settings, wire};
use crate::domain::channel::OpenChannel;
use crate::domain::message::{Context, FromUser, Location, Media, MediaKind, MediaSource, Payment};
use crate::provider::cloud::{any, degrees, read, text};

/// Longest name of a file.
const FILENAME_CHARS_MAX: usize = 240;
/// Longest ending of one.
const ENDING_CHARS_MAX: usize = 5;

/// The content, by its `type`. `None`: it says nothing but the keyword of the shared number.
pub(super) fn of(part: Option<&RawValue>, channel: &OpenChannel) -> Option<FromUser> {
    let message = read::<wire::Message<'_>>(part);
    let kind = message.as_ref().and_then(|message| message.kind.as_deref()).unwrap_or("UNKNOWN");
    let content = if kind == "TEXT" {
        match said(part, channel) {
            Said::Words(body) => Some(FromUser::Text { body }),
            Said::KeywordAlone => return None,
            Said::Nothing => None,
        }
    } else {
        read_kind(kind, part, channel)
    };
    // Among them INFECTED_CONTENT, of which nothing is ever fetched.
    Some(content.unwrap_or_else(|| FromUser::Unsupported { kind: kind.to_owned() }))
}

fn read_kind(kind: &str, part: Option<&RawValue>, channel: &OpenChannel) -> Option<FromUser> {
    if kind == "INTERACTIVE_PAYMENT_CONFIRMATION" {
        return payment(part);
    }
    let given: wire::Content<'_> = read(part)?;
    match kind {
        "IMAGE" => file(MediaKind::Image, &given, channel),
        "VIDEO" => file(MediaKind::Video, &given, channel),
        "AUDIO" => file(MediaKind::Audio, &given, channel),
        "VOICE" => file(MediaKind::Voice, &given, channel),
        "DOCUMENT" => file(MediaKind::Document, &given, channel),
        "STICKER" => file(MediaKind::Sticker, &given, channel),
        "LOCATION" => place(&given),
        "CONTACT" => contacts(given.contacts),
        "BUTTON" => button(&given),
        "INTERACTIVE_BUTTON_REPLY" | "INTERACTIVE_LIST_REPLY" => choice(&given),
        "INTERACTIVE_FLOW_REPLY" => {
            any(given.response).map(|response| FromUser::FlowReply { name: None, response })
        }
        "ORDER" => order(&given),
        "REACTION" => reaction(&given, part),
        _ => None,
    }
}

enum Said {
    Words(String),
    KeywordAlone,
    Nothing,
}

fn said(part: Option<&RawValue>, channel: &OpenChannel) -> Said {
    let given = read::<wire::Content<'_>>(part);
    let Some(words) = given.and_then(|given| text(given.text.as_deref())) else {
        return Said::Nothing;
    };
    match settings::field(channel, "sandbox_keyword").map(|keyword| without(&words, keyword)) {
        Some("") => Said::KeywordAlone,
        Some(rest) => Said::Words(rest.to_owned()),
        None => Said::Words(words),
    }
}

/// K13: the text behind the keyword, if it begins with it: once, as a whole word, in any case. Only the keyword that
/// the channel is configured with: the one in the payload may be a menu's word of an ordinary number.
fn without<'a>(words: &'a str, keyword: &str) -> &'a str {
    let begun = words.trim_start();
    let (first, rest) = begun.split_once(char::is_whitespace).unwrap_or((begun, ""));
    if first.to_lowercase() == keyword.to_lowercase() { rest.trim_start() } else { words }
}

/// The payload has neither MIME type nor name: the download tells the one, a document's caption the other.
fn file(kind: MediaKind, given: &wire::Content<'_>, channel: &OpenChannel) -> Option<FromUser> {
    let url = text(given.url.as_deref())?;
    let source = if settings::is_own_host(channel, &url) {
        MediaSource::PrivateLink { url, id: String::new() }
    } else {
        // Not the account's host, so it gets no credentials and is fetched as what any stranger says.
        MediaSource::Link(url)
    };
    let caption = text(given.caption.as_deref());
    let filename =
        caption.clone().filter(|caption| kind == MediaKind::Document && is_name(caption));
    Some(FromUser::Media(Media {
        kind,
        source: Some(source),
        mime: None,
        filename,
        caption,
        stored: None,
    }))
}

/// `invoice-2024-05.pdf`: what WhatsApp puts into the caption where the user writes none.
fn is_name(caption: &str) -> bool {
    let Some((name, ending)) = caption.rsplit_once('.') else { return false };
    let is_ending = (1..=ENDING_CHARS_MAX).contains(&ending.len())
        && ending.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_line = !caption.chars().any(|c| c.is_control() || matches!(c, '/' | '\\'));
    is_ending && is_line && !name.is_empty() && caption.chars().count() <= FILENAME_CHARS_MAX
}

fn place(given: &wire::Content<'_>) -> Option<FromUser> {
    Some(FromUser::Location(Location {
        latitude: degrees(given.latitude)?,
        longitude: degrees(given.longitude)?,
        name: text(given.name.as_deref()),
        address: text(given.address.as_deref()),
    }))
}

fn contacts(part: Option<&RawValue>) -> Option<FromUser> {
    let given: Vec<Value> = any(part)?;
    let contacts: Vec<Value> = given.iter().map(cards::from_infobip).collect();
    (!contacts.is_empty()).then_some(FromUser::Contacts { contacts })
}

fn button(given: &wire::Content<'_>) -> Option<FromUser> {
    let shown = text(given.text.as_deref()).or_else(|| text(given.payload.as_deref()))?;
    let payload = text(given.payload.as_deref()).unwrap_or_else(|| shown.clone());
    Some(FromUser::TemplateButton { payload, text: shown })
}

fn choice(given: &wire::Content<'_>) -> Option<FromUser> {
    let title = text(given.title.as_deref())?;
    let id = text(given.id.as_deref()).unwrap_or_else(|| title.clone());
    Some(FromUser::Choice { id, title })
}

/// Items under the Cloud API's names.
fn order(given: &wire::Content<'_>) -> Option<FromUser> {
    let items: Vec<Value> = given
        .product_items
        .iter()
        .flatten()
        .filter_map(|part| any::<Map<String, Value>>(Some(part)))
        .map(|item| {
            renamed(
                &item,
                &[
                    ("productRetailerId", "product_retailer_id"),
                    ("quantity", "quantity"),
                    ("itemPrice", "item_price"),
                    ("currency", "currency"),
                ],
            )
        })
        .collect();
    (!items.is_empty()).then(|| FromUser::Order {
        catalog_id: text(given.catalog_id.as_deref()),
        text: text(given.text.as_deref()),
        items,
    })
}

/// An emoji that was removed is not told, or is told all the same.
fn reaction(given: &wire::Content<'_>, part: Option<&RawValue>) -> Option<FromUser> {
    let to = context(part).reply_to?;
    let is_removed = given.action.as_deref() == Some("REMOVED");
    let emoji = text(given.emoji.as_deref()).filter(|_| !is_removed);
    Some(FromUser::Reaction { to, emoji })
}

/// Integers over an offset, nothing is rounded. The words in the form that they have at every provider.
fn payment(part: Option<&RawValue>) -> Option<FromUser> {
    let given: wire::PaymentConfirmation<'_> = read(part)?;
    let amount = given.total_amount.filter(|amount| amount.offset > 0)?;
    Some(FromUser::Payment(Payment {
        transaction_id: text(given.transaction_id.as_deref()),
        reference_id: text(given.reference_id.as_deref())?,
        amount_minor: amount.value,
        offset: amount.offset,
        currency: text(given.currency.as_deref())?,
        transaction_type: given.transaction_type.as_deref().map(str::to_ascii_lowercase),
        status: text(given.status.as_deref())?.to_ascii_lowercase(),
        raw: read(part)?,
    }))
}

/// What the message answers, and the advertisement or product that it came from. A context that cannot be read costs
/// the context, not the message.
pub(super) fn context(part: Option<&RawValue>) -> Context {
    let message = read::<wire::Message<'_>>(part);
    let given = message.as_ref().and_then(|message| read::<wire::Context<'_>>(message.context));
    let referral =
        message.as_ref().and_then(|message| any(message.referral)).map(|it| referral(&it));
    let product =
        given.as_ref().and_then(|given| any::<Map<String, Value>>(given.referred_product));
    let product = product.map(|product| {
        let names = [("catalogId", "catalog_id"), ("productRetailerId", "product_retailer_id")];
        json!({ "referred_product": renamed(&product, &names) })
    });
    Context {
        reply_to: given.and_then(|given| text(given.id.as_deref())),
        forwarded: false,
        referral: referral.or(product),
    }
}

/// In the Cloud API's form.
fn referral(given: &Map<String, Value>) -> Value {
    let mut referral = renamed(
        given,
        &[
            ("sourceUrl", "source_url"),
            ("sourceId", "source_id"),
            ("headline", "headline"),
            ("body", "body"),
            ("ctwaClickId", "ctwa_clid"),
        ],
    );
    let word = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_str).map(str::to_ascii_lowercase)
    };
    if let Some(kind) = given.get("sourceType").and_then(Value::as_str) {
        referral["source_type"] = json!(kind.to_ascii_lowercase());
    }
    let media = given.get("referralMedia").unwrap_or(&Value::Null);
    if let Some(kind) = word(media, "type") {
        let place = if kind == "video" { "video_url" } else { "image_url" };
        if let Some(url) = media.get("url").and_then(Value::as_str) {
            referral[place] = json!(url);
        }
        referral["media_type"] = json!(kind);
    }
    referral
}

/// The members that are there, under other names.
pub(super) fn renamed(object: &Map<String, Value>, names: &[(&str, &str)]) -> Value {
    let members = names.iter().filter_map(|(theirs, ours)| {
        let value = object.get(*theirs).filter(|value| !value.is_null())?;
        Some(((*ours).to_owned(), value.clone()))
    });
    Value::Object(members.collect())
}
