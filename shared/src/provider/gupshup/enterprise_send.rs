//! The enterprise gateway's form for each message and what it answers (A1, A2). Every call is one `POST` of a form;
//! user id and password are fields of it, never of the address.

use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::NAME;
use super::settings::{Account, field, hsm_account, send_url, two_way_account};
use super::wire::{form, object, text};
use crate::domain::channel::OpenChannel;
use crate::domain::message::{
    ButtonValue, Choice, Failure, Header, Media, MediaKind, MediaSource, Section, Sending,
    TemplateHeader, TemplateMessage, ToUser,
};
use crate::domain::user::Address;
use crate::provider::{Answer, Class, Unsupported, codes};

type Fields<'a> = Vec<(&'a str, String)>;

/// What every call of the gateway begins with.
pub(super) fn common(account: &Account<'_>) -> Fields<'static> {
    vec![
        ("userid", account.userid.to_owned()),
        ("password", account.password.to_owned()),
        ("v", "1.1".to_owned()),
        ("format", "json".to_owned()),
        ("auth_scheme", "plain".to_owned()),
    ]
}

/// The call that sends the message; `extra` comes back in its reports.
pub(super) fn build(
    channel: &OpenChannel,
    message: &Sending,
) -> Result<Request<Vec<u8>>, Unsupported> {
    let Address::Phone(to) = &message.to else {
        return Err(unsupported("a message to a user without a number"));
    };
    let (account, own, values) = match &message.content {
        ToUser::Template(template) => {
            let values =
                if template_by(channel) == TemplateBy::Text { &[][..] } else { &template.body };
            (hsm_account(channel), template_fields(channel, template)?, values)
        }
        content => (two_way_account(channel), session_fields(channel, content)?, &[][..]),
    };
    let names: Vec<String> = (1..=values.len()).map(|number| format!("var{number}")).collect();
    let mut fields = common(&account);
    fields.extend(own);
    fields.extend(names.iter().map(String::as_str).zip(values.iter().cloned()));
    fields.push(("send_to", to.as_str().to_owned()));
    fields.push(("extra", message.id.to_string()));
    Ok(form(Method::POST, &send_url(channel), &fields))
}

/// The call that tells the gateway of a user's consent, by the account that sends templates (A2).
pub(super) fn opt_in(channel: &OpenChannel, user: &Address) -> Option<Request<Vec<u8>>> {
    let Address::Phone(number) = user else { return None };
    let mut fields = common(&hsm_account(channel));
    fields.extend([
        ("method", "OPT_IN".to_owned()),
        ("channel", "WHATSAPP".to_owned()),
        ("phone_number", number.as_str().to_owned()),
    ]);
    Some(form(Method::POST, &send_url(channel), &fields))
}

fn unsupported(kind: &'static str) -> Unsupported {
    Unsupported { provider: NAME, kind }
}

/// Free-form messages; the kinds that the gateway has no parameters for are refused.
fn session_fields<'a>(
    channel: &'a OpenChannel,
    content: &ToUser,
) -> Result<Fields<'a>, Unsupported> {
    Ok(match content {
        ToUser::Text { body, .. } => vec![
            ("method", "SendMessage".to_owned()),
            ("msg_type", "DATA_TEXT".to_owned()),
            ("msg", body.clone()),
        ],
        ToUser::Media(media) => media_fields(media, content.kind())?,
        ToUser::Buttons { header, body, footer, buttons } => {
            let action = json!({ "buttons": buttons.iter().map(reply).collect::<Vec<_>>() });
            menu("dr_button", header.as_ref(), body, footer.as_deref(), &action)?
        }
        ToUser::List { header, body, footer, button, sections } => {
            let sections: Vec<Value> = sections.iter().map(section).collect();
            let action = json!({ "button": button, "sections": sections });
            let header = header.clone().map(Header::Text);
            menu("list", header.as_ref(), body, footer.as_deref(), &action)?
        }
        ToUser::Interactive { interactive } => order_fields(channel, interactive)?,
        ToUser::Location(_)
        | ToUser::Contacts { .. }
        | ToUser::Reaction { .. }
        | ToUser::CtaUrl { .. }
        | ToUser::LocationRequest { .. }
        | ToUser::Template(_) => return Err(unsupported(content.kind())),
    })
}

fn media_fields(media: &Media, kind: &'static str) -> Result<Fields<'static>, Unsupported> {
    let Some(MediaSource::Link(url)) = &media.source else { return Err(unsupported(kind)) };
    let mut fields = vec![
        ("method", "SendMediaMessage".to_owned()),
        ("isHSM", "false".to_owned()),
        ("msg_type", media_word(media.kind).to_owned()),
        ("media_url", url.clone()),
    ];
    if matches!(media.kind, MediaKind::Image | MediaKind::Video | MediaKind::Document) {
        // A caption may be empty but not missing (A2).
        fields.push(("caption", media.caption.clone().unwrap_or_default()));
    }
    push_filename(&mut fields, media);
    Ok(fields)
}

const fn media_word(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "IMAGE",
        MediaKind::Video => "VIDEO",
        MediaKind::Audio | MediaKind::Voice => "AUDIO",
        MediaKind::Document => "DOCUMENT",
        MediaKind::Sticker => "STICKER",
    }
}

fn push_filename(fields: &mut Fields<'_>, media: &Media) {
    if let (MediaKind::Document, Some(name)) = (media.kind, &media.filename) {
        fields.push(("filename", name.clone()));
    }
}

fn menu(
    kind: &str,
    header: Option<&Header>,
    body: &str,
    footer: Option<&str>,
    action: &Value,
) -> Result<Fields<'static>, Unsupported> {
    let mut fields = match header {
        Some(Header::Media(media)) => {
            let word = match media.kind {
                MediaKind::Image => "image",
                MediaKind::Video => "video",
                MediaKind::Document => "document",
                MediaKind::Audio | MediaKind::Voice | MediaKind::Sticker => {
                    return Err(unsupported("interactive"));
                }
            };
            let Some(MediaSource::Link(url)) = &media.source else {
                return Err(unsupported("interactive"));
            };
            let mut fields = vec![
                ("method", "SendMediaMessage".to_owned()),
                ("isTemplate", "false".to_owned()),
                ("msg_type", word.to_owned()),
                ("media_url", url.clone()),
                ("caption", body.to_owned()),
            ];
            push_filename(&mut fields, media);
            fields
        }
        Some(Header::Text(header)) => vec![
            ("method", "SendMessage".to_owned()),
            ("isTemplate", "true".to_owned()),
            ("header", header.clone()),
        ],
        None => {
            vec![("method", "SendMessage".to_owned()), ("isTemplate", "true".to_owned())]
        }
    };
    fields.push(("interactive_type", kind.to_owned()));
    fields.push(("msg", body.to_owned()));
    fields.push(("action", action.to_string()));
    if let Some(footer) = footer {
        fields.push(("footer", footer.to_owned()));
    }
    Ok(fields)
}

fn reply(choice: &Choice) -> Value {
    json!({ "type": "reply", "reply": { "id": choice.id, "title": choice.title } })
}

fn section(section: &Section) -> Value {
    let rows = section.rows.iter().map(|row| {
        object([
            ("id", Some(json!(row.id))),
            ("title", Some(json!(row.title))),
            ("description", row.description.as_ref().map(|d| json!(d))),
        ])
    });
    object([
        ("title", section.title.as_ref().map(|title| json!(title))),
        ("rows", Some(Value::Array(rows.collect()))),
    ])
}

/// K47, K48: order details and order status, after a look at what no order can miss (contracts 11.5). The names
/// of the parameters are settings, because they are not published.
fn order_fields<'a>(
    channel: &'a OpenChannel,
    interactive: &Value,
) -> Result<Fields<'a>, Unsupported> {
    let kind = match text(interactive, "type").as_deref() {
        Some("order_details") => "order_details",
        Some("order_status") => "order_status",
        _ => return Err(unsupported("interactive")),
    };
    let body = interactive.get("body").and_then(|body| text(body, "text"));
    let (Some(body), Some(action)) = (body, interactive.get("action")) else {
        return Err(unsupported(kind));
    };
    let order = action.get("parameters").unwrap_or(&Value::Null);
    let amounts = || order.pointer("/total_amount/value").is_some_and(Value::is_i64);
    let complete = text(order, "reference_id").is_some()
        && (kind == "order_status" || (text(order, "currency").is_some() && amounts()));
    if !complete {
        return Err(unsupported(kind));
    }
    Ok(vec![
        ("method", "SendMessage".to_owned()),
        (field(channel, "order_type_parameter").unwrap_or("interactive_type"), kind.to_owned()),
        (field(channel, "order_text_parameter").unwrap_or("msg"), body),
        (field(channel, "order_action_parameter").unwrap_or("action"), action.to_string()),
    ])
}

/// WhatsApp compares the text with the approved one, so it goes out as it was rendered; or by id with its values,
/// where the account takes that (A2).
fn template_fields<'a>(
    channel: &OpenChannel,
    template: &TemplateMessage,
) -> Result<Fields<'a>, Unsupported> {
    let mut own = match &template.header {
        Some(TemplateHeader::Media(media)) => media_header(media)?,
        Some(TemplateHeader::Location(_)) => return Err(unsupported("template with a location")),
        Some(TemplateHeader::Text(_)) | None => {
            vec![("method", "SendMessage".to_owned()), ("msg_type", "HSM".to_owned())]
        }
    };
    own.push(("isHSM", "true".to_owned()));
    own.extend(match template_by(channel) {
        TemplateBy::Text => by_text(template)?,
        TemplateBy::TemplateId => by_id(template, "template_id")?,
        TemplateBy::WhatsAppTemplateId => by_id(template, "whatsAppTemplateId")?,
    });
    own.extend(header_text(template).map(|header| ("header", header.clone())));
    own.extend(template.footer.as_ref().map(|footer| ("footer", footer.clone())));
    let changing = template.buttons.iter().find_map(|button| match &button.value {
        ButtonValue::Url { suffix: value } | ButtonValue::CopyCode { code: value } => Some(value),
        ButtonValue::QuickReply { .. } => None,
    });
    own.extend(changing.map(|value| ("buttonUrlParam", value.clone())));
    Ok(own)
}

/// As a whole, where it is known: it is compared like the body.
fn header_text(template: &TemplateMessage) -> Option<&String> {
    let value = match &template.header {
        Some(TemplateHeader::Text(value)) => Some(value),
        Some(TemplateHeader::Media(_) | TemplateHeader::Location(_)) | None => None,
    };
    template.rendered_header.as_ref().or(value)
}

/// How an account takes templates; which of the two names of the id it wants is not published (A2).
#[derive(Clone, Copy, PartialEq, Eq)]
enum TemplateBy {
    Text,
    TemplateId,
    WhatsAppTemplateId,
}

/// Whether templates are found by their id, not by their text.
pub(super) fn sends_by_id(channel: &OpenChannel) -> bool {
    template_by(channel) != TemplateBy::Text
}

fn template_by(channel: &OpenChannel) -> TemplateBy {
    match field(channel, "template_by") {
        Some("template_id") => TemplateBy::TemplateId,
        Some("whatsAppTemplateId") => TemplateBy::WhatsAppTemplateId,
        _ => TemplateBy::Text,
    }
}

fn media_header(media: &Media) -> Result<Fields<'static>, Unsupported> {
    let source = match &media.source {
        Some(MediaSource::Link(url)) => ("media_url", url.clone()),
        Some(MediaSource::ProviderId(id)) => ("media_id", id.clone()),
        Some(MediaSource::PrivateLink { .. }) | None => {
            return Err(unsupported("template without its file"));
        }
    };
    let mut fields = vec![
        ("method", "SendMediaMessage".to_owned()),
        ("msg_type", media_word(media.kind).to_owned()),
        source,
    ];
    push_filename(&mut fields, media);
    Ok(fields)
}

fn by_text(template: &TemplateMessage) -> Result<Fields<'static>, Unsupported> {
    let text = template.rendered.clone().ok_or_else(|| unsupported("template without its text"))?;
    let has_media = matches!(template.header, Some(TemplateHeader::Media(_)));
    let mut fields = vec![(if has_media { "caption" } else { "msg" }, text)];
    let has_more = !template.buttons.is_empty() || template.footer.is_some();
    if has_more || header_text(template).is_some() {
        fields.push(("isTemplate", "true".to_owned()));
    }
    Ok(fields)
}

fn by_id<'a>(template: &TemplateMessage, parameter: &'a str) -> Result<Fields<'a>, Unsupported> {
    let id = template.provider_id.clone().ok_or_else(|| unsupported("template without its id"))?;
    Ok(vec![("isTemplate", "true".to_owned()), (parameter, id)])
}

/// What the gateway says: HTTP 200 even for failures, JSON, a line of text, or a page on an outage.
pub(super) fn read(response: &Response<Vec<u8>>) -> Answer {
    let status = response.status();
    let by_status = codes::of_status(status);
    // An overload says nothing about the message, whatever the body claims.
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        return refused(by_status, status.as_str(), "the gateway is overloaded or down");
    }
    match said(response.body()) {
        Some(Said { good: true, id, .. }) if !id.is_empty() => {
            Answer::Accepted { provider_id: id, wa_id: None }
        }
        // It went out, but nobody knows as what: sending it again would double it.
        Some(Said { good: true, .. }) => {
            refused(Class::Final, "no_id", "the gateway accepted the message without an id")
        }
        Some(Said { good: false, id, details }) => {
            refused(codes::gupshup::enterprise_class(&id), &id, &details)
        }
        None => refused(by_status, status.as_str(), "the gateway's answer cannot be read"),
    }
}

pub(super) fn refused(class: Class, code: &str, message: &str) -> Answer {
    let failure =
        Failure { provider: NAME.to_owned(), code: code.to_owned(), message: message.to_owned() };
    Answer::Refused { class, failure }
}

/// An answer of the gateway. `id` is the error's code where it is not good.
pub(super) struct Said {
    pub(super) good: bool,
    pub(super) id: String,
    pub(super) details: String,
}

/// Reads `format=json` and `format=text`. `None`: neither.
pub(super) fn said(body: &[u8]) -> Option<Said> {
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        let response = value.get("response").unwrap_or(&value);
        let good = match text(response, "status")?.to_ascii_lowercase().as_str() {
            "success" => true,
            "error" => false,
            _ => return None,
        };
        let details = text(response, "details").unwrap_or_default();
        return Some(Said { good, id: text(response, "id").unwrap_or_default(), details });
    }
    let line = std::str::from_utf8(body).ok()?;
    let mut parts = line.splitn(3, '|').map(str::trim);
    let (word, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    let (good, id, details) = match word.to_ascii_lowercase().as_str() {
        "success" => (true, third, ""),
        "error" => (false, second, third),
        _ => return None,
    };
    Some(Said { good, id: id.to_owned(), details: details.to_owned() })
}
