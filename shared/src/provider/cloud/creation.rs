//! The components of a template that is submitted (whatsapp-rules 6). Not: those of a message that sends one.

use serde_json::{Value, json};

use crate::domain::outbound::{Button, Card, Otp, OtpType, Outbound, Sampled, TemplateType};
use crate::domain::template;

/// All of an outbound's. `files` is what stands for its files, as [`Outbound::files`] lists them: a handle or an
/// address, whatever the host takes.
pub(super) fn components(outbound: &Outbound, files: &[&str]) -> Vec<Value> {
    if let Some(otp) = &outbound.parts.otp {
        return authentication(otp);
    }
    let mut components: Vec<Value> = header(outbound, files.first().copied()).into_iter().collect();
    if let Some(offer) = &outbound.parts.offer {
        let offer = json!({ "text": offer.text, "has_expiration": offer.has_expiration });
        components.push(json!({ "type": "LIMITED_TIME_OFFER", "limited_time_offer": offer }));
    }
    components.push(body(outbound.body()));
    if let Some(footer) = &outbound.parts.footer {
        components.push(json!({ "type": "FOOTER", "text": footer }));
    }
    components.extend(buttons(outbound, &outbound.buttons));
    if !outbound.parts.cards.is_empty() {
        let cards = outbound.parts.cards.iter().zip(files);
        let cards: Vec<Value> = cards.map(|(one, file)| card(outbound, one, file)).collect();
        components.push(json!({ "type": "CAROUSEL", "cards": cards }));
    }
    components
}

/// WhatsApp words the text; the code's variable is implied.
fn authentication(otp: &Otp) -> Vec<Value> {
    let mut components = vec![json!({
        "type": "BODY", "add_security_recommendation": otp.add_security_recommendation
    })];
    if let Some(minutes) = otp.code_expiration_minutes {
        components.push(json!({ "type": "FOOTER", "code_expiration_minutes": minutes }));
    }
    let mut button = json!({ "type": "OTP", "otp_type": otp.kind.as_str() });
    if let Some(text) = &otp.text {
        button["text"] = json!(text);
    }
    match otp.kind {
        OtpType::CopyCode => {}
        OtpType::OneTap | OtpType::ZeroTap => {
            button["supported_apps"] = json!(otp.apps);
            if let Some(text) = &otp.autofill_text {
                button["autofill_text"] = json!(text);
            }
        }
    }
    if otp.kind == OtpType::ZeroTap {
        // Nobody gets here who has not accepted them.
        button["zero_tap_terms_accepted"] = json!(true);
    }
    components.push(json!({ "type": "BUTTONS", "buttons": [button] }));
    components
}

fn header(outbound: &Outbound, file: Option<&str>) -> Option<Value> {
    match outbound.template_type {
        TemplateType::Text => {
            let text = outbound.parts.header_text.as_ref()?;
            let Sampled { text, samples } = template::sampled(text, &outbound.examples);
            let mut header = json!({ "type": "HEADER", "format": "TEXT", "text": text });
            if !samples.is_empty() {
                header["example"] = json!({ "header_text": samples });
            }
            Some(header)
        }
        TemplateType::Location => Some(json!({ "type": "HEADER", "format": "LOCATION" })),
        TemplateType::Image | TemplateType::Video | TemplateType::Document => {
            file.map(|file| file_header(outbound.template_type, file))
        }
    }
}

fn file_header(kind: TemplateType, file: &str) -> Value {
    let example = json!({ "header_handle": [file] });
    json!({ "type": "HEADER", "format": kind.as_str(), "example": example })
}

fn body(Sampled { text, samples }: Sampled) -> Value {
    let mut body = json!({ "type": "BODY", "text": text });
    if !samples.is_empty() {
        body["example"] = json!({ "body_text": [samples] });
    }
    body
}

fn buttons(outbound: &Outbound, buttons: &[Button]) -> Option<Value> {
    let buttons: Vec<Value> = buttons.iter().map(|one| button(outbound, one)).collect();
    (!buttons.is_empty()).then(|| json!({ "type": "BUTTONS", "buttons": buttons }))
}

fn button(outbound: &Outbound, button: &Button) -> Value {
    match button {
        Button::Continue { text } | Button::Cancel { text } | Button::QuickReply { text } => {
            json!({ "type": "QUICK_REPLY", "text": text })
        }
        Button::Url { text, url } => {
            let Sampled { text: url, samples } = template::sampled(url, &outbound.examples);
            let mut button = json!({ "type": "URL", "text": text, "url": url });
            // Without a variable there must be no example (whatsapp-rules 6).
            if !samples.is_empty() {
                button["example"] = json!(samples);
            }
            button
        }
        Button::Phone { text, number } => {
            json!({ "type": "PHONE_NUMBER", "text": text, "phone_number": number })
        }
        Button::CopyCode { example } => json!({ "type": "COPY_CODE", "example": example }),
    }
}

fn card(outbound: &Outbound, card: &Card, file: &str) -> Value {
    let mut components = vec![file_header(card.template_type, file)];
    let content = card.content.as_deref();
    components.extend(content.map(|text| body(template::sampled(text, &outbound.examples))));
    components.extend(buttons(outbound, &card.buttons));
    json!({ "components": components })
}
