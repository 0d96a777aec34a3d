//! WhatsApp's rules for templates, checked before a template is submitted: what breaks one would come back refused after
//! hours (whatsapp-rules 2, 5, 6). Fields are named as the API names them. Rules that nobody has published exactly are
//! checked as far as they are certain; the review decides the rest.

use super::{
    Button, Card, Category, Offer, Otp, OtpType, Outbound, TemplateType, filling::values_of,
};
use crate::domain::template::{self, Piece};
use crate::domain::text::{
    FOOTER_CHARS_MAX, HEADER_CHARS_MAX, TEMPLATE_BUTTON_CHARS_MAX, TEMPLATE_CHARS_MAX, chars,
};

/// The text of a template with a limited-time offer.
const OFFER_CHARS_MAX: usize = 600;
/// The title of a limited-time offer.
const OFFER_TITLE_CHARS_MAX: usize = 16;
/// The text of a card.
const CARD_CHARS_MAX: usize = 160;
/// Cards of a carousel.
const CARDS: std::ops::RangeInclusive<usize> = 2..=10;
/// Buttons of one card.
const CARD_BUTTONS: std::ops::RangeInclusive<usize> = 1..=2;
/// Buttons of a template, all kinds together.
const BUTTONS_MAX: usize = 10;
/// Buttons that open an address.
const URL_BUTTONS_MAX: usize = 2;
/// The address of a button, its variable included.
const URL_CHARS_MAX: usize = 2000;
/// A coupon's code, and a one-time password.
pub(super) const CODE_CHARS_MAX: usize = 15;
/// How long a one-time password may be said to hold.
const CODE_MINUTES: std::ops::RangeInclusive<u8> = 1..=90;
/// Apps that may take a one-time password.
const APPS: std::ops::RangeInclusive<usize> = 1..=5;

/// A field that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} {rule}")]
pub struct Broken {
    /// As the API names it.
    pub field: String,
    pub rule: String,
}

impl Broken {
    pub(super) fn of(field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { field: field.into(), rule: rule.into() }
    }
}

type Checked = Result<(), Broken>;

fn broken(field: impl Into<String>, rule: impl Into<String>) -> Checked {
    Err(Broken::of(field, rule))
}

impl Outbound {
    /// Itself with the examples that it needs and no others, if WhatsApp may take it; or the first field that breaks a
    /// rule.
    pub fn checked(mut self) -> Result<Self, Broken> {
        self.check()?;
        self.examples = values_of(&self.names(), &self.examples)?;
        Ok(self)
    }

    fn check(&self) -> Checked {
        header(self)?;
        match &self.parts.otp {
            Some(otp) => authentication(self, otp)?,
            None if self.category == Category::Authentication => {
                broken("otp", "is required: category is AUTHENTICATION")?;
            }
            None => body("content", &self.content, self.content_chars_max())?,
        }
        footer(self)?;
        buttons(self)?;
        if let Some(given) = &self.parts.offer {
            offer(self, given)?;
        }
        cards(self)?;
        values_of(&self.names(), &self.examples).map(|_| ())
    }

    fn content_chars_max(&self) -> usize {
        if self.parts.offer.is_some() { OFFER_CHARS_MAX } else { TEMPLATE_CHARS_MAX }
    }
}

fn header(outbound: &Outbound) -> Checked {
    let field = "header_text";
    let Some(text) = &outbound.parts.header_text else { return Ok(()) };
    if outbound.template_type != TemplateType::Text {
        return broken(field, "must not be given unless template_type is TEXT");
    }
    line(field, text, HEADER_CHARS_MAX)?;
    match variables(field, text)?.len() {
        0 | 1 => Ok(()),
        _ => broken(field, "must have at most one variable"),
    }
}

/// A text of one line.
fn line(field: &str, text: &str, chars_max: usize) -> Checked {
    if text.trim().is_empty() {
        return broken(field, "must not be blank");
    }
    if chars(text) > chars_max {
        return broken(field, format!("must have at most {chars_max} characters"));
    }
    if text.contains(['\n', '\r']) {
        return broken(field, "must be one line");
    }
    Ok(())
}

fn variables(field: &str, text: &str) -> Result<Vec<String>, Broken> {
    template::variables(text).map_err(|wrong| Broken::of(field, wrong.to_string()))
}

/// Error 2388299 (a variable at an edge), 2388293 (too many for the length), and variables side by side, which the
/// review refuses as `INVALID_FORMAT`.
fn body(field: &str, text: &str, chars_max: usize) -> Checked {
    if text.trim().is_empty() {
        return broken(field, "must not be blank");
    }
    if chars(text) > chars_max {
        return broken(field, format!("must have at most {chars_max} characters"));
    }
    let names = variables(field, text)?;
    if names.is_empty() {
        return Ok(());
    }
    let pieces =
        template::pieces(text.trim()).map_err(|wrong| Broken::of(field, wrong.to_string()))?;
    let is_text = |piece: &Piece<'_>| matches!(piece, Piece::Text(text) if !text.is_empty());
    if !pieces.first().is_some_and(is_text) || !pieces.last().is_some_and(is_text) {
        return broken(field, "must not begin or end with a variable");
    }
    // Between two variables there is always a text, and it may be empty.
    if pieces[1..pieces.len() - 1].iter().any(|piece| matches!(piece, Piece::Text(""))) {
        return broken(field, "must have text between two variables");
    }
    // The ratio is not published. Fewer words than this, the variables among them, are never enough.
    let words_min = 2 * names.len() + 1;
    if words(&template::positional(text)) < words_min {
        let rule = format!(
            "has too many variables for its length: {} need at least {words_min} words",
            names.len()
        );
        return broken(field, rule);
    }
    Ok(())
}

/// A sign of a script that has no blanks between words counts as one: more of them are needed than there are.
fn words(text: &str) -> usize {
    let is_unspaced = |c: &char| {
        matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
            | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
    };
    text.split_whitespace().count() + text.chars().filter(is_unspaced).count()
}

fn footer(outbound: &Outbound) -> Checked {
    let Some(text) = &outbound.parts.footer else { return Ok(()) };
    line("footer", text, FOOTER_CHARS_MAX)?;
    if text.contains("{{") {
        return broken("footer", "must not have variables");
    }
    if outbound.parts.offer.is_some() {
        return broken("footer", "must not be given together with limited_time_offer");
    }
    if !outbound.parts.cards.is_empty() {
        return broken("footer", "must not be given together with cards");
    }
    Ok(())
}

/// The name of a button's text in the API, and of its address.
fn names(button: &Button, urls_before: usize) -> (&'static str, &'static str) {
    match (button, urls_before) {
        (Button::Continue { .. }, _) => ("continue_process_message", ""),
        (Button::Cancel { .. }, _) => ("cancel_process_message", ""),
        (Button::QuickReply { .. }, _) => ("quick_replies", ""),
        (Button::Url { .. }, 0) => ("call_to_action.url.message", "call_to_action.url.url"),
        (Button::Url { .. }, _) => {
            ("call_to_action.second_url.message", "call_to_action.second_url.url")
        }
        (Button::Phone { .. }, _) => ("call_to_action.phone.message", ""),
        (Button::CopyCode { .. }, _) => ("copy_code", ""),
    }
}

fn buttons(outbound: &Outbound) -> Checked {
    if outbound.buttons.len() > BUTTONS_MAX {
        return broken("quick_replies", "make more than 10 buttons in all");
    }
    each_button(&outbound.buttons, "")
}

/// `place` comes before each field's name: `cards[2].`.
fn each_button(buttons: &[Button], place: &str) -> Checked {
    let mut urls = 0;
    for (at, button) in buttons.iter().enumerate() {
        let (label_field, url_field) = names(button, urls);
        let label_field = format!("{place}{label_field}");
        if let Some(label) = button.label() {
            line(&label_field, label, TEMPLATE_BUTTON_CHARS_MAX)?;
            if label.contains("{{") {
                return broken(label_field, "must not have variables");
            }
            let same = |other: &Button| {
                let label = other.label().filter(|l| l.trim() == label.trim());
                other.is_quick_reply() && button.is_quick_reply() && label.is_some()
            };
            if buttons[..at].iter().any(same) {
                return broken(label_field, "must differ from the other quick replies");
            }
        }
        match button {
            Button::Url { url, .. } => {
                urls += 1;
                address(&format!("{place}{url_field}"), url)?;
            }
            Button::CopyCode { example } => line(&label_field, example, CODE_CHARS_MAX)?,
            Button::Continue { .. }
            | Button::Cancel { .. }
            | Button::QuickReply { .. }
            | Button::Phone { .. } => {}
        }
    }
    if urls > URL_BUTTONS_MAX {
        return broken(format!("{place}call_to_action"), "must have at most 2 addresses");
    }
    Ok(())
}

/// At most one variable, and that at the end.
fn address(field: &str, url: &str) -> Checked {
    if chars(&template::positional(url)) > URL_CHARS_MAX {
        return broken(field, format!("must have at most {URL_CHARS_MAX} characters"));
    }
    match variables(field, url)?.len() {
        0 => Ok(()),
        1 if url.ends_with("}}") => Ok(()),
        _ => broken(field, "must have at most one variable, and that at its end"),
    }
}

/// WhatsApp words it: all that is ours is the code's variable and the button.
fn authentication(outbound: &Outbound, otp: &Otp) -> Checked {
    if outbound.category != Category::Authentication {
        return broken("otp", "must not be given unless category is AUTHENTICATION");
    }
    let names = variables("content", &outbound.content)?;
    let [name] = names.as_slice() else {
        return broken("content", "must have one variable, the code: category is AUTHENTICATION");
    };
    let has = |field, is_there: bool| {
        let rule = "must not be given: WhatsApp words authentication templates itself";
        if is_there { broken(field, rule) } else { Ok(()) }
    };
    if !outbound.is_notification {
        return broken("is_notification", "must be true: category is AUTHENTICATION");
    }
    has("template_type", outbound.template_type != TemplateType::Text)?;
    has("header_text", outbound.parts.header_text.is_some())?;
    has("footer", outbound.parts.footer.is_some())?;
    has("limited_time_offer", outbound.parts.offer.is_some())?;
    has("cards", !outbound.parts.cards.is_empty())?;
    if let Some(button) = outbound.buttons.first() {
        has(self::names(button, 0).0, true)?;
    }
    let sample = outbound.examples.get(name).map_or(0, |sample| chars(sample));
    if sample > CODE_CHARS_MAX {
        let rule = format!("must have at most {CODE_CHARS_MAX} characters");
        return broken(format!("var.{name}"), rule);
    }
    one_time_password(otp)
}

fn one_time_password(otp: &Otp) -> Checked {
    if otp.code_expiration_minutes.is_some_and(|minutes| !CODE_MINUTES.contains(&minutes)) {
        return broken("otp.code_expiration_minutes", "must be between 1 and 90");
    }
    for (field, text) in [("otp.message", &otp.text), ("otp.autofill_message", &otp.autofill_text)]
    {
        if let Some(text) = text {
            line(field, text, TEMPLATE_BUTTON_CHARS_MAX)?;
        }
    }
    let is_copied = otp.kind == OtpType::CopyCode;
    if is_copied && !otp.apps.is_empty() {
        return broken("otp.apps", "must not be given where the code is copied");
    }
    if !is_copied && !APPS.contains(&otp.apps.len()) {
        return broken("otp.apps", "must have 1 to 5 apps that may take the code");
    }
    for (at, app) in otp.apps.iter().enumerate() {
        let package = app.package_name.as_bytes();
        let is_package = app.package_name.contains('.')
            && package.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_'));
        if !is_package {
            return broken(format!("otp.apps[{at}].package_name"), "must be like com.example.shop");
        }
        if chars(&app.signature_hash) != 11 {
            return broken(format!("otp.apps[{at}].signature_hash"), "must have 11 characters");
        }
    }
    Ok(())
}

fn offer(outbound: &Outbound, offer: &Offer) -> Checked {
    let field = "limited_time_offer";
    line("limited_time_offer.text", &offer.text, OFFER_TITLE_CHARS_MAX)?;
    if outbound.category != Category::Marketing {
        return broken(field, "must not be given unless category is MARKETING");
    }
    if !outbound.parts.cards.is_empty() {
        return broken(field, "must not be given together with cards");
    }
    match outbound.template_type {
        TemplateType::Image | TemplateType::Video => Ok(()),
        TemplateType::Text if outbound.parts.header_text.is_none() => Ok(()),
        TemplateType::Text | TemplateType::Document | TemplateType::Location => {
            broken(field, "wants a picture, a video or nothing above the text")
        }
    }
}

fn cards(outbound: &Outbound) -> Checked {
    let cards = &outbound.parts.cards;
    let Some(first) = cards.first() else { return Ok(()) };
    if !CARDS.contains(&cards.len()) {
        return broken("cards", "must have 2 to 10 cards");
    }
    if outbound.category == Category::Authentication {
        return broken("cards", "must not be given where category is AUTHENTICATION");
    }
    let has_header = outbound.parts.header_text.is_some();
    if outbound.template_type != TemplateType::Text || has_header || !outbound.buttons.is_empty() {
        return broken("cards", "leave no place for another header or other buttons");
    }
    for (at, card) in cards.iter().enumerate() {
        one_card(&format!("cards[{at}]"), card, first)?;
    }
    Ok(())
}

fn one_card(place: &str, card: &Card, first: &Card) -> Checked {
    let is_moving = |card: &Card| match card.template_type {
        TemplateType::Image => Some(false),
        TemplateType::Video => Some(true),
        TemplateType::Text | TemplateType::Document | TemplateType::Location => None,
    };
    if is_moving(card).is_none() || is_moving(card) != is_moving(first) {
        let rule = "must be IMAGE on all cards or VIDEO on all cards";
        return broken(format!("{place}.template_type"), rule);
    }
    if card.content.is_some() != first.content.is_some() {
        return broken(format!("{place}.content"), "must be given on all cards or on none");
    }
    if let Some(content) = &card.content {
        body(&format!("{place}.content"), content, CARD_CHARS_MAX)?;
    }
    if !CARD_BUTTONS.contains(&card.buttons.len()) {
        return broken(place, "must have one or two buttons");
    }
    let types = |card: &Card| card.buttons.iter().map(std::mem::discriminant).collect::<Vec<_>>();
    if types(card) != types(first) {
        return broken(place, "must have the same types of buttons as the first card");
    }
    each_button(&card.buttons, &format!("{place}."))
}
