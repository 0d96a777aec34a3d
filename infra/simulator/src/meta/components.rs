//! The components of a template that is created: what the platform checks at once.

use super::message::web_address;
use super::params::Params;
use super::problem::Problem;
use super::uploads;
use crate::message::FileKind;
use crate::simulator::Simulator;
use crate::template::{Card, Header, Offer, Template, TemplateButton};

const BODY_CHARS_MAX: usize = 1024;
/// Of a body below a limited-time offer.
const OFFER_BODY_CHARS_MAX: usize = 600;
const CARD_CHARS_MAX: usize = 160;
/// Of a header text and a footer.
const LINE_CHARS_MAX: usize = 60;
const BUTTONS_MAX: usize = 10;
const CARD_BUTTONS_MAX: usize = 2;
const URLS_MAX: usize = 2;
const PHONES_MAX: usize = 1;
const CODES_MAX: usize = 1;
const LABEL_CHARS_MAX: usize = 25;
const CODE_CHARS_MAX: usize = 15;

/// The reasons that the platform gives.
const HEADER_FORMAT: i64 = 2_388_047;
const BODY_FORMAT: i64 = 2_388_072;
const FOOTER_FORMAT: i64 = 2_388_073;
const SAMPLES: i64 = 2_388_043;
const TOO_MANY_VARIABLES: i64 = 2_388_293;
const VARIABLE_AT_EDGE: i64 = 2_388_299;

/// Reads them into the template.
pub(crate) fn read(
    simulator: &Simulator,
    call: &Params<'_>,
    template: &mut Template,
) -> Result<(), Problem> {
    let components = call.objects("components", 1, 5)?;
    for component in &components {
        match component.text("type", 32)?.to_ascii_uppercase().as_str() {
            _ if template.category == "AUTHENTICATION" => authentication(component, template)?,
            "HEADER" => template.header = header(simulator, component)?,
            "BODY" => template.body = body(component, BODY_CHARS_MAX)?,
            "FOOTER" => {
                component.only(&["type", "text"])?;
                component.text("text", LINE_CHARS_MAX)?.clone_into(&mut template.footer);
                if template.footer.contains("{{") {
                    return Err(Problem::template(FOOTER_FORMAT, "A FOOTER has no variables."));
                }
            }
            "BUTTONS" => {
                component.only(&["type", "buttons"])?;
                template.buttons = buttons(component, BUTTONS_MAX)?;
            }
            "LIMITED_TIME_OFFER" => template.parts.offer = Some(offer(component)?),
            "CAROUSEL" => template.parts.cards = carousel(simulator, component)?,
            other => {
                let details = format!("Component type {other} is not played by the simulator.");
                return Err(Problem::parameter(details));
            }
        }
    }
    check_whole(template)
}

fn check_whole(template: &Template) -> Result<(), Problem> {
    if template.body.is_empty() {
        return Err(Problem::template(BODY_FORMAT, "A component of type BODY is required."));
    }
    if template.parts.offer.is_some() {
        let is_long = template.body.chars().count() > OFFER_BODY_CHARS_MAX;
        if template.category != "MARKETING" || !template.footer.is_empty() || is_long {
            let details = "A LIMITED_TIME_OFFER is MARKETING, with a short BODY and no FOOTER.";
            return Err(Problem::parameter(details));
        }
    }
    let has_more = template.header != Header::Nothing || !template.buttons.is_empty();
    if !template.parts.cards.is_empty() && has_more {
        return Err(Problem::parameter("A CAROUSEL stands below a BODY and nothing else."));
    }
    Ok(())
}

/// The platform words it: there is no text of ours but on the button.
fn authentication(component: &Params<'_>, template: &mut Template) -> Result<(), Problem> {
    match component.text("type", 32)?.to_ascii_uppercase().as_str() {
        "BODY" => {
            component.only(&["type", "add_security_recommendation"])?;
            "{{1}} is your verification code.".clone_into(&mut template.body);
            if component.flag("add_security_recommendation")? {
                template.body.push_str(" For your security, do not share this code.");
            }
        }
        "FOOTER" => {
            component.only(&["type", "code_expiration_minutes"])?;
            let minutes = component.number("code_expiration_minutes", 1.0, 90.0)?;
            template.footer = format!("This code expires in {minutes} minutes.");
        }
        "BUTTONS" => {
            component.only(&["type", "buttons"])?;
            for button in component.objects("buttons", 1, 1)? {
                template.buttons = vec![TemplateButton::Otp { text: otp(&button)? }];
            }
        }
        other => {
            let details = format!("An AUTHENTICATION template has no {other}.");
            return Err(Problem::parameter(details));
        }
    }
    Ok(())
}

/// What stands on the button.
fn otp(button: &Params<'_>) -> Result<String, Problem> {
    button.word("type", &["OTP"])?;
    let text = button.optional_text("text", LABEL_CHARS_MAX)?.unwrap_or("Copy code").to_owned();
    let kind = button.word("otp_type", &["COPY_CODE", "ONE_TAP", "ZERO_TAP"])?;
    if kind == "COPY_CODE" {
        button.only(&["type", "otp_type", "text"])?;
        return Ok(text);
    }
    button.only(&[
        "type",
        "otp_type",
        "text",
        "autofill_text",
        "supported_apps",
        "zero_tap_terms_accepted",
    ])?;
    button.optional_text("autofill_text", LABEL_CHARS_MAX)?;
    for app in button.objects("supported_apps", 1, 5)? {
        app.only(&["package_name", "signature_hash"])?;
        app.text("package_name", 224)?;
        app.text("signature_hash", 11)?;
    }
    if kind == "ZERO_TAP" && !button.flag("zero_tap_terms_accepted")? {
        return Err(Problem::parameter("Param zero_tap_terms_accepted must be true."));
    }
    Ok(text)
}

fn body(component: &Params<'_>, chars_max: usize) -> Result<String, Problem> {
    component.only(&["type", "text", "example"])?;
    let text = component.text("text", chars_max)?;
    check_variables(component, text)?;
    Ok(text.to_owned())
}

/// Numbered from 1 without a gap, none at an edge or beside another, and one sample for each.
fn check_variables(component: &Params<'_>, text: &str) -> Result<(), Problem> {
    let numbers = numbers(text);
    let count = numbers.iter().copied().max().unwrap_or_default();
    if (1..=count).any(|number| !numbers.contains(&number)) || numbers.contains(&0) {
        let details = "Variables must be {{1}}, {{2}}, … without a gap.";
        return Err(Problem::template(BODY_FORMAT, details));
    }
    let trimmed = text.trim();
    if count > 0 && (trimmed.starts_with("{{") || trimmed.ends_with("}}")) {
        let details = "Variables can't be at the start or end of the template.";
        return Err(Problem::template(VARIABLE_AT_EDGE, details));
    }
    if text.contains("}}{{") {
        return Err(Problem::template(BODY_FORMAT, "Variables can't stand side by side."));
    }
    if text.split_whitespace().count() < 2 * count + 1 {
        let details = "There are too many variables for the length of the text.";
        return Err(Problem::template(TOO_MANY_VARIABLES, details));
    }
    let missing = || {
        let details = format!("BODY needs one list of {count} samples in example.body_text.");
        Problem::template(SAMPLES, details)
    };
    let Some(example) = component.optional_object("example")? else {
        return if count == 0 { Ok(()) } else { Err(missing()) };
    };
    example.only(&["body_text"])?;
    let (_, samples) = &example.list("body_text", 1, 1)?[0];
    let samples = samples.as_array().ok_or_else(missing)?;
    let are_texts = samples.iter().all(|one| one.as_str().is_some_and(|text| !text.is_empty()));
    if samples.len() == count && are_texts { Ok(()) } else { Err(missing()) }
}

/// The numbers between double braces; what is none counts as 0, which no variable has.
fn numbers(text: &str) -> Vec<usize> {
    text.split("{{")
        .skip(1)
        .map(|rest| {
            rest.split("}}").next().and_then(|inner| inner.parse().ok()).unwrap_or_default()
        })
        .collect()
}

fn header(simulator: &Simulator, component: &Params<'_>) -> Result<Header, Problem> {
    component.only(&["type", "format", "text", "example"])?;
    let words = ["TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION"];
    let kind = match component.word("format", &words)? {
        "TEXT" => {
            let text = component.text("text", LINE_CHARS_MAX)?.to_owned();
            if numbers(&text).iter().any(|number| *number != 1) || text.contains('\n') {
                let details = "A HEADER has one line and at most the variable {{1}}.";
                return Err(Problem::template(HEADER_FORMAT, details));
            }
            if text.contains("{{") {
                component.object("example")?.list("header_text", 1, 1)?;
            }
            return Ok(Header::Text { text });
        }
        "LOCATION" => return Ok(Header::Location),
        "IMAGE" => FileKind::Image,
        "VIDEO" => FileKind::Video,
        _ => FileKind::Document,
    };
    sample(simulator, component, kind)?;
    Ok(Header::File { kind })
}

/// The handle of an upload to the app, of a file of this kind.
fn sample(simulator: &Simulator, component: &Params<'_>, kind: FileKind) -> Result<(), Problem> {
    let example = component.object("example")?;
    example.only(&["header_handle"])?;
    let (name, handle) = &example.list("header_handle", 1, 1)?[0];
    let file = handle.as_str().and_then(|handle| uploads::file(simulator, handle));
    let begin = match kind {
        FileKind::Image => "image/",
        FileKind::Video => "video/",
        FileKind::Audio | FileKind::Voice | FileKind::Document | FileKind::Sticker => {
            "application/"
        }
    };
    if file.is_some_and(|file| file.mime.starts_with(begin)) {
        return Ok(());
    }
    Err(Problem::parameter(format!("Param {name} must be a handle of an {begin} file.")))
}

fn offer(component: &Params<'_>) -> Result<Offer, Problem> {
    component.only(&["type", "limited_time_offer"])?;
    let offer = component.object("limited_time_offer")?;
    offer.only(&["text", "has_expiration"])?;
    Ok(Offer { text: offer.text("text", 16)?.to_owned(), ends: offer.flag("has_expiration")? })
}

fn carousel(simulator: &Simulator, component: &Params<'_>) -> Result<Vec<Card>, Problem> {
    component.only(&["type", "cards"])?;
    let mut cards: Vec<Card> = Vec::new();
    for given in component.objects("cards", 2, 10)? {
        given.only(&["components"])?;
        let mut card = Card { kind: FileKind::Document, body: String::new(), buttons: Vec::new() };
        for component in given.objects("components", 2, 3)? {
            match component.text("type", 32)?.to_ascii_uppercase().as_str() {
                "HEADER" => match header(simulator, &component)? {
                    Header::File { kind } => card.kind = kind,
                    Header::Nothing | Header::Text { .. } | Header::Location => {}
                },
                "BODY" => card.body = body(&component, CARD_CHARS_MAX)?,
                "BUTTONS" => {
                    component.only(&["type", "buttons"])?;
                    card.buttons = buttons(&component, CARD_BUTTONS_MAX)?;
                }
                other => return Err(Problem::parameter(format!("A card has no {other}."))),
            }
        }
        cards.push(card);
    }
    let form = |card: &Card| {
        let types: Vec<_> = card.buttons.iter().map(std::mem::discriminant).collect();
        (card.kind, card.body.is_empty(), types)
    };
    let has_file = |card: &Card| matches!(card.kind, FileKind::Image | FileKind::Video);
    if cards.iter().all(|card| has_file(card) && form(card) == form(&cards[0])) {
        return Ok(cards);
    }
    Err(Problem::parameter("All cards have the same components, a picture or a video first."))
}

fn buttons(component: &Params<'_>, max: usize) -> Result<Vec<TemplateButton>, Problem> {
    let mut buttons = Vec::new();
    for button in component.objects("buttons", 1, max)? {
        let words = ["QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE"];
        buttons.push(match button.word("type", &words)? {
            "COPY_CODE" => {
                button.only(&["type", "example"])?;
                button.text("example", CODE_CHARS_MAX)?;
                TemplateButton::CopyCode { text: "Copy offer code".to_owned() }
            }
            kind => labelled(&button, kind)?,
        });
    }
    check_order(&buttons)?;
    Ok(buttons)
}

fn labelled(button: &Params<'_>, kind: &str) -> Result<TemplateButton, Problem> {
    let text = button.text("text", LABEL_CHARS_MAX)?.to_owned();
    Ok(match kind {
        "QUICK_REPLY" => {
            button.only(&["type", "text"])?;
            TemplateButton::QuickReply { text }
        }
        "URL" => {
            button.only(&["type", "text", "url", "example"])?;
            let url = button.text("url", 2000)?.to_owned();
            web_address(&url.replace("{{1}}", "1"), &button.name_of("url"))?;
            let has_variable = url.contains("{{");
            if has_variable && (numbers(&url) != [1] || !url.ends_with("{{1}}")) {
                return Err(Problem::parameter("A URL has one variable at most, at its end."));
            }
            if has_variable != button.has("example") {
                let details = "A URL has an example if, and only if, it has a variable.";
                return Err(Problem::template(SAMPLES, details));
            }
            TemplateButton::Url { text, url }
        }
        _ => {
            button.only(&["type", "text", "phone_number"])?;
            let number = button.text("phone_number", 20)?.to_owned();
            TemplateButton::Phone { text, number }
        }
    })
}

/// Quick replies stand together, and there are few of the others.
fn check_order(buttons: &[TemplateButton]) -> Result<(), Problem> {
    let is_reply = |button: &TemplateButton| matches!(button, TemplateButton::QuickReply { .. });
    let groups = buttons.chunk_by(|a, b| is_reply(a) == is_reply(b));
    if groups.filter(|group| is_reply(&group[0])).count() > 1 {
        return Err(Problem::parameter("Quick replies must stand together."));
    }
    let count = |fits: fn(&TemplateButton) -> bool| buttons.iter().filter(|one| fits(one)).count();
    let urls = count(|button| matches!(button, TemplateButton::Url { .. }));
    let phones = count(|button| matches!(button, TemplateButton::Phone { .. }));
    let codes = count(|button| matches!(button, TemplateButton::CopyCode { .. }));
    if urls > URLS_MAX || phones > PHONES_MAX || codes > CODES_MAX {
        let details = format!(
            "At most {URLS_MAX} URL, {PHONES_MAX} PHONE_NUMBER and {CODES_MAX} COPY_CODE buttons."
        );
        return Err(Problem::parameter(details));
    }
    Ok(())
}
