//! What is no message and no status: templates, the account, what a user wants to hear.

use serde_json::value::RawValue;

use super::parse::{UNREADABLE, read, text, time};
use super::{Dialect, wire};
use crate::domain::event::{Event, TemplateChanged};
use crate::domain::outbound::Category;
use crate::domain::user::{Address, Bsuid, WaId};
use crate::provider::Item;

/// The value of `message_template_status_update`.
pub(super) fn template(value: Option<&RawValue>, dialect: Dialect) -> Item {
    let Some(given) = read::<wire::TemplateStatus<'_>>(value) else { return UNREADABLE };
    let Some(word) = text(given.event.as_deref()) else { return UNREADABLE };
    let reason = given.reason.as_deref().filter(|reason| !reason.eq_ignore_ascii_case("none"));
    let sentence = given.rejection_info.as_ref().and_then(|info| info.reason.as_deref());
    let pause = given.other_info.as_ref().and_then(|info| info.description.as_deref());
    Item::Event(Event::TemplateChanged(TemplateChanged {
        provider_id: text(given.message_template_id.as_deref()).filter(|_| dialect.template_ids),
        name: text(given.message_template_name.as_deref()),
        language: text(given.message_template_language.as_deref()),
        provider_status: Some(word),
        reason: match (reason, sentence) {
            (Some(reason), Some(sentence)) => Some(format!("{reason}: {sentence}")),
            (reason, sentence) => text(reason.or(sentence).or(pause)),
        },
        category: given.message_template_category.as_deref().and_then(Category::of),
        ..TemplateChanged::default()
    }))
}

/// The value of `template_category_update`: what it is now, and what it will be a day later where that is another.
pub(super) fn category(value: Option<&RawValue>, dialect: Dialect) -> Item {
    let Some(given) = read::<wire::TemplateRated<'_>>(value) else { return UNREADABLE };
    let Some(category) = given.new_category.as_deref().and_then(Category::of) else {
        return UNREADABLE;
    };
    Item::Event(Event::TemplateChanged(TemplateChanged {
        category: Some(category),
        next_category: given.correct_category.as_deref().and_then(Category::of),
        ..named(&given, dialect)
    }))
}

/// The value of `message_template_quality_update`.
pub(super) fn quality(value: Option<&RawValue>, dialect: Dialect) -> Item {
    let Some(given) = read::<wire::TemplateRated<'_>>(value) else { return UNREADABLE };
    let Some(quality) = text(given.new_quality_score.as_deref()) else { return UNREADABLE };
    Item::Event(Event::TemplateChanged(TemplateChanged {
        quality: Some(quality),
        ..named(&given, dialect)
    }))
}

fn named(given: &wire::TemplateRated<'_>, dialect: Dialect) -> TemplateChanged {
    TemplateChanged {
        provider_id: text(given.message_template_id.as_deref()).filter(|_| dialect.template_ids),
        name: text(given.message_template_name.as_deref()),
        language: text(given.message_template_language.as_deref()),
        ..TemplateChanged::default()
    }
}

/// What changed about the account or the number, unread.
pub(super) fn account(field: &str, value: Option<&RawValue>) -> Item {
    match read::<serde_json::Value>(value) {
        Some(detail) => Item::Event(Event::AccountChanged { kind: field.to_owned(), detail }),
        None => UNREADABLE,
    }
}

/// One entry of `user_preferences`.
pub(super) fn preference(part: &RawValue) -> Item {
    let Some(given) = read::<wire::Preference<'_>>(Some(part)) else { return UNREADABLE };
    let opted_in = match given.value.as_deref() {
        Some("stop") => false,
        Some("resume" | "signup") => true,
        Some(_) | None => return Item::Ignored { reason: "unknown_preference" },
    };
    let phone = given.wa_id.as_deref().and_then(|id| WaId::parse(id).ok()).map(Address::Phone);
    let bsuid = given.user_id.as_deref().and_then(|id| Bsuid::parse(id).ok()).map(Address::Bsuid);
    match (phone.or(bsuid), time(given.timestamp.as_deref())) {
        (Some(address), Some(time)) => Item::Event(Event::OptInChanged { address, opted_in, time }),
        _ => UNREADABLE,
    }
}
