//! The `structure` of a template that is submitted (infobip 5). Samples of files are addresses, nothing is uploaded.
//! Not: a message that sends one.

use serde_json::{Value, json};

use crate::domain::outbound::{Button, Otp, OtpType, Outbound, Sampled, TemplateType};
use crate::domain::template;

/// What a template cannot have here: the forms of carousels and offers are not published, nor that of a code that needs
/// no tap, and a code goes to one app.
pub(super) fn fits(outbound: &Outbound) -> Result<(), (&'static str, &'static str)> {
    let parts = &outbound.parts;
    let lacks = "is nothing that infobip channels can have";
    let otp = parts.otp.as_ref();
    for (field, is_there) in [
        ("cards", !parts.cards.is_empty()),
        ("limited_time_offer", parts.offer.is_some()),
        ("otp.type", otp.is_some_and(|otp| otp.kind == OtpType::ZeroTap)),
    ] {
        if is_there {
            return Err((field, lacks));
        }
    }
    if otp.is_some_and(|otp| otp.apps.len() > 1) {
        return Err(("otp.apps", "must have one member at infobip channels"));
    }
    Ok(())
}

/// All parts of the outbound's template.
pub(super) fn structure(outbound: &Outbound) -> Value {
    if let Some(otp) = &outbound.parts.otp {
        return authentication(otp);
    }
    let Sampled { text, samples } = outbound.body();
    let mut body = json!({ "text": text });
    if !samples.is_empty() {
        body["examples"] = json!(samples);
    }
    let mut structure = json!({ "body": body });
    if let Some(header) = header(outbound) {
        structure["header"] = header;
    }
    if let Some(footer) = &outbound.parts.footer {
        structure["footer"] = json!({ "text": footer });
    }
    if !outbound.buttons.is_empty() {
        structure["buttons"] = outbound.buttons.iter().map(|one| button(outbound, one)).collect();
    }
    structure
}

/// WhatsApp words the text.
fn authentication(otp: &Otp) -> Value {
    let mut button = json!({ "otpType": otp.kind.as_str() });
    if let Some(text) = &otp.text {
        button["text"] = json!(text);
    }
    if let Some(app) = otp.apps.first() {
        button["packageName"] = json!(app.package_name);
        button["signatureHash"] = json!(app.signature_hash);
    }
    let mut structure = json!({
        "body": { "addSecurityRecommendation": otp.add_security_recommendation },
        "buttons": [button],
    });
    if let Some(minutes) = otp.code_expiration_minutes {
        structure["footer"] = json!({ "codeExpirationMinutes": minutes });
    }
    structure
}

fn header(outbound: &Outbound) -> Option<Value> {
    let format = outbound.template_type.as_str();
    match outbound.template_type {
        TemplateType::Text => {
            let text = outbound.parts.header_text.as_ref()?;
            let Sampled { text, samples } = template::sampled(text, &outbound.examples);
            let mut header = json!({ "format": format, "text": text });
            if let Some(sample) = samples.first() {
                header["example"] = json!(sample);
            }
            Some(header)
        }
        TemplateType::Location => Some(json!({ "format": format })),
        TemplateType::Image | TemplateType::Video | TemplateType::Document => {
            let sample = outbound.media_url.as_ref()?;
            Some(json!({ "format": format, "example": sample }))
        }
    }
}

fn button(outbound: &Outbound, button: &Button) -> Value {
    match button {
        Button::Continue { text } | Button::Cancel { text } | Button::QuickReply { text } => {
            json!({ "type": "QUICK_REPLY", "text": text })
        }
        Button::Url { text, url } => {
            let Sampled { text: address, samples } = template::sampled(url, &outbound.examples);
            let mut button = json!({ "type": "URL", "text": text, "url": address });
            // The whole address with the sample in its place; none without a variable.
            if !samples.is_empty() {
                button["example"] = json!(template::render(url, &outbound.examples));
            }
            button
        }
        Button::Phone { text, number } => {
            json!({ "type": "PHONE_NUMBER", "text": text, "phoneNumber": number })
        }
        Button::CopyCode { example } => json!({ "type": "COPY_CODE", "example": example }),
    }
}
