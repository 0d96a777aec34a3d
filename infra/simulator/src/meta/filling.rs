//! The object `template` of a message: which template, and what its variables are.

use super::message::{file, place};
use super::params::Params;
use super::problem::Problem;
use crate::message::FileKind;
use crate::template::{Filling, Header, Template, TemplateButton};

/// A text of a template after it is filled.
const VALUE_CHARS_MAX: usize = 1024;
const COMPONENTS_MAX: usize = 20;
const PAYLOAD_CHARS_MAX: usize = 256;
/// Of a coupon, and a one-time password.
const CODE_CHARS_MAX: usize = 15;

/// Name and language.
pub(super) fn key<'a>(object: &Params<'a>) -> Result<(&'a str, &'a str), Problem> {
    object.only(&["name", "language", "components"])?;
    let language = object.object("language")?;
    language.only(&["code", "policy"])?;
    if language.has("policy") {
        language.word("policy", &["deterministic"])?;
    }
    Ok((object.text("name", 512)?, language.text("code", 15)?))
}

/// What the components bring, as far as the template has a place for it.
pub(super) fn filling(
    object: &Params<'_>,
    template: &Template,
    has_file: &dyn Fn(&str) -> bool,
) -> Result<Filling, Problem> {
    let mut filling = Filling::default();
    if !object.has("components") {
        return Ok(filling);
    }
    for component in object.objects("components", 0, COMPONENTS_MAX)? {
        match component.text("type", 32)?.to_ascii_lowercase().as_str() {
            "header" => header(&component, &template.header, &mut filling, has_file)?,
            "body" => filling.body = body(&component)?,
            "button" => button(&component, &template.buttons, &mut filling)?,
            "limited_time_offer" => filling.offer_ends_millis = Some(offer(&component)?),
            "carousel" => filling.cards = cards(&component, template, has_file)?,
            other => {
                let details = format!("Component type {other} is not one of a template.");
                return Err(Problem::parameter(details));
            }
        }
    }
    Ok(filling)
}

fn unlike(details: impl Into<String>) -> Problem {
    let title = "Parameter format does not match format in the created template";
    Problem::new(132_012, title, details)
}

/// The templates that are played are numbered: a name is refused.
fn body(component: &Params<'_>) -> Result<Vec<String>, Problem> {
    component.only(&["type", "parameters"])?;
    let parameters = component.objects("parameters", 0, COMPONENTS_MAX * 5)?;
    let values = parameters.iter().map(|parameter| {
        parameter.only(&["type", "text"])?;
        parameter.word("type", &["text"])?;
        Ok(parameter.text("text", VALUE_CHARS_MAX)?.to_owned())
    });
    values.collect()
}

fn offer(component: &Params<'_>) -> Result<i64, Problem> {
    component.only(&["type", "parameters"])?;
    let parameter = &component.objects("parameters", 1, 1)?[0];
    parameter.only(&["type", "limited_time_offer"])?;
    parameter.word("type", &["limited_time_offer"])?;
    let offer = parameter.object("limited_time_offer")?;
    offer.only(&["expiration_time_ms"])?;
    let millis = offer.get("expiration_time_ms").and_then(serde_json::Value::as_i64);
    millis.ok_or_else(|| Problem::parameter("Param expiration_time_ms must be a number."))
}

fn cards(
    component: &Params<'_>,
    template: &Template,
    has_file: &dyn Fn(&str) -> bool,
) -> Result<Vec<Filling>, Problem> {
    component.only(&["type", "cards"])?;
    let mut fillings = Vec::new();
    for (at, given) in component.objects("cards", 2, 10)?.iter().enumerate() {
        given.only(&["card_index", "components"])?;
        let index = given.get("card_index").and_then(serde_json::Value::as_u64);
        let card = template.parts.cards.get(at).filter(|_| index == Some(at as u64));
        let card = card.ok_or_else(|| unlike(format!("carousel: there is no card {at}")))?;
        let mut filling = Filling::default();
        for component in given.objects("components", 1, COMPONENTS_MAX)? {
            match component.text("type", 32)?.to_ascii_lowercase().as_str() {
                "header" => {
                    let kind = Header::File { kind: card.kind };
                    header(&component, &kind, &mut filling, has_file)?;
                }
                "body" => filling.body = body(&component)?,
                "button" => button(&component, &card.buttons, &mut filling)?,
                other => return Err(Problem::parameter(format!("A card has no {other}."))),
            }
        }
        fillings.push(filling);
    }
    Ok(fillings)
}

fn header(
    component: &Params<'_>,
    header: &Header,
    filling: &mut Filling,
    has_file: &dyn Fn(&str) -> bool,
) -> Result<(), Problem> {
    component.only(&["type", "parameters"])?;
    let parameters = component.objects("parameters", 1, 1)?;
    for parameter in parameters {
        let words = ["text", "image", "video", "document", "location"];
        let word = parameter.word("type", &words)?;
        parameter.only(&["type", word])?;
        let kind = match word {
            "text" => {
                filling.header = Some(parameter.text("text", VALUE_CHARS_MAX)?.to_owned());
                continue;
            }
            "location" => {
                filling.location = Some(place(&parameter.object("location")?)?);
                continue;
            }
            "image" => FileKind::Image,
            "video" => FileKind::Video,
            _ => FileKind::Document,
        };
        filling.file = Some(file(&parameter.object(word)?, kind, false, has_file)?.0);
    }
    match header {
        Header::Nothing => Err(unlike("header: the template has none")),
        Header::Text { text } if filling.header.is_none() || !text.contains("{{") => {
            Err(unlike("header: the template has another one"))
        }
        Header::File { .. } if filling.file.is_none() => {
            Err(unlike("header: the template wants a file"))
        }
        Header::Location if filling.location.is_none() => {
            Err(unlike("header: the template wants a place"))
        }
        Header::Text { .. } | Header::File { .. } | Header::Location => Ok(()),
    }
}

fn button(
    component: &Params<'_>,
    buttons: &[TemplateButton],
    filling: &mut Filling,
) -> Result<(), Problem> {
    component.only(&["type", "sub_type", "index", "parameters"])?;
    let kind = component.text("sub_type", 32)?.to_ascii_lowercase();
    let index = match component.get("index") {
        Some(index) => index
            .as_u64()
            .or_else(|| index.as_str()?.parse().ok())
            .and_then(|index| usize::try_from(index).ok())
            .ok_or_else(|| Problem::parameter("Param index must be a number."))?,
        None => return Err(Problem::missing(&component.name_of("index"))),
    };
    let target =
        buttons.get(index).ok_or_else(|| unlike(format!("button: there is none at {index}")))?;
    let parameters = component.objects("parameters", 1, 1)?;
    for parameter in parameters {
        let value = |kind: &str, name: &str, chars_max: usize| {
            parameter.only(&["type", name])?;
            parameter.word("type", &[kind])?;
            let text = parameter.text(name, chars_max)?;
            Ok::<_, Problem>((index, text.to_owned()))
        };
        match (kind.as_str(), target) {
            ("quick_reply", TemplateButton::QuickReply { .. }) => {
                filling.payloads.push(value("payload", "payload", PAYLOAD_CHARS_MAX)?);
            }
            ("url", TemplateButton::Url { url, .. }) if url.contains("{{1}}") => {
                filling.url_ends.push(value("text", "text", VALUE_CHARS_MAX)?);
            }
            ("url", TemplateButton::Otp { .. }) => {
                filling.url_ends.push(value("text", "text", CODE_CHARS_MAX)?);
            }
            ("copy_code", TemplateButton::CopyCode { .. }) => {
                filling.codes.push(value("coupon_code", "coupon_code", CODE_CHARS_MAX)?);
            }
            (_, _) => {
                return Err(unlike(format!("button: the one at {index} takes no {kind}")));
            }
        }
    }
    Ok(())
}
