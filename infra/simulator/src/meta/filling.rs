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
            "header" => header(&component, template, &mut filling, has_file)?,
            "body" => {
                component.only(&["type", "parameters"])?;
                for parameter in component.objects("parameters", 0, COMPONENTS_MAX * 5)? {
                    parameter.only(&["type", "text"])?;
                    parameter.word("type", &["text"])?;
                    filling.body.push(parameter.text("text", VALUE_CHARS_MAX)?.to_owned());
                }
            }
            "button" => button(&component, template, &mut filling)?,
            other => {
                let details = format!("Component type {other} is not one of header, body, button.");
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

fn header(
    component: &Params<'_>,
    template: &Template,
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
                place(&parameter.object("location")?)?;
                continue;
            }
            "image" => FileKind::Image,
            "video" => FileKind::Video,
            _ => FileKind::Document,
        };
        filling.file = Some(file(&parameter.object(word)?, kind, false, has_file)?.0);
    }
    match &template.header {
        Header::Nothing => Err(unlike("header: the template has none")),
        Header::Text { text } if filling.header.is_none() || !text.contains("{{") => {
            Err(unlike("header: the template has another one"))
        }
        Header::File { .. } if filling.file.is_none() => {
            Err(unlike("header: the template wants a file"))
        }
        Header::Text { .. } | Header::File { .. } => Ok(()),
    }
}

fn button(
    component: &Params<'_>,
    template: &Template,
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
    let target = template
        .buttons
        .get(index)
        .ok_or_else(|| unlike(format!("button: there is no button at {index}")))?;
    let parameters = component.objects("parameters", 1, 1)?;
    for parameter in parameters {
        match (kind.as_str(), target) {
            ("quick_reply", TemplateButton::QuickReply { .. }) => {
                parameter.only(&["type", "payload"])?;
                parameter.word("type", &["payload"])?;
                let payload = parameter.text("payload", PAYLOAD_CHARS_MAX)?.to_owned();
                filling.payloads.push((index, payload));
            }
            ("url", TemplateButton::Url { url, .. }) if url.contains("{{1}}") => {
                parameter.only(&["type", "text"])?;
                parameter.word("type", &["text"])?;
                filling.url_ends.push((index, parameter.text("text", VALUE_CHARS_MAX)?.to_owned()));
            }
            (_, _) => {
                return Err(unlike(format!("button: the one at {index} takes no {kind}")));
            }
        }
    }
    Ok(())
}
