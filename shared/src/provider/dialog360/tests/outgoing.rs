//! What is sent, in both forms.

use super::*;
use crate::domain::message::{
    Choice, Media, MediaKind, MediaSource, Sending, TemplateMessage, ToUser,
};
use crate::domain::user::{Address, Bsuid, WaId};

fn sending(content: ToUser) -> Sending {
    Sending { reply_to: Some("ABGGtheirs".to_owned()), ..testing::sending(USER, content) }
}

fn hidden(content: ToUser) -> Sending {
    Sending { to: Address::Bsuid(Bsuid::parse("CO.1a2B3c").unwrap()), ..sending(content) }
}

/// What is posted, without what every message has.
fn built(channel: &OpenChannel, content: ToUser) -> Value {
    let request = Dialog360.build(channel, &sending(content)).unwrap();
    let mut sent = body(&request);
    assert_eq!(sent["recipient_type"], "individual");
    assert_eq!(sent["to"], "573001234567");
    let fields = sent.as_object_mut().unwrap();
    for name in ["recipient_type", "to"] {
        fields.remove(name);
    }
    sent
}

fn file(kind: MediaKind, source: MediaSource) -> ToUser {
    ToUser::Media(Media {
        kind,
        source: Some(source),
        mime: None,
        filename: Some("factura.pdf".to_owned()),
        caption: Some("La factura".to_owned()),
        stored: None,
    })
}

fn link() -> MediaSource {
    MediaSource::Link("https://files.example.com/1".to_owned())
}

/// A template of the account, as an outbound sends it.
fn template(provider_id: Option<&str>) -> ToUser {
    let template: TemplateMessage = serde_json::from_value(json!({
        "name": "start_03030303", "provider_id": provider_id, "language": "pt-BR",
        "body": ["Ana"],
    }))
    .unwrap();
    ToUser::Template(template)
}

/// D1: where each generation takes messages.
#[test]
fn each_generation_has_its_address() {
    let text = ToUser::text("Hola");
    for (channel, address) in [
        (v2(), "https://waba-v2.360dialog.io/messages"),
        (v1(), "https://waba.360dialog.io/v1/messages"),
        (
            channel(&[("api", "v1"), ("base_url", "https://waba-sandbox.360dialog.io/v1/")]),
            "https://waba-sandbox.360dialog.io/v1/messages",
        ),
    ] {
        let request = Dialog360.build(&channel, &sending(text.clone())).unwrap();
        assert_eq!(shown(&request).lines().next(), Some(format!("POST {address}").as_str()));
    }
}

/// The second generation gets the Cloud API's body, with our reference.
#[test]
fn the_second_generation_gets_the_cloud_apis_body() {
    let text = ToUser::Text { body: "https://a.example".to_owned(), preview_url: true };
    let request = Dialog360.build(&v2(), &sending(text.clone())).unwrap();
    assert_eq!(
        body(&request),
        json!({
            "messaging_product": "whatsapp", "recipient_type": "individual", "to": "573001234567",
            "type": "text", "text": { "body": "https://a.example", "preview_url": true },
            "context": { "message_id": "ABGGtheirs" },
            "biz_opaque_callback_data": testing::MESSAGE,
        })
    );
    let request = Dialog360.build(&v2(), &hidden(text)).unwrap();
    assert_eq!(body(&request)["recipient"], "CO.1a2B3c");
}

/// 360dialog 2: the legacy generation's bodies are flat, with the preview on top and a namespace beside a template.
#[test]
fn the_legacy_generation_gets_flat_bodies() {
    let choice = Choice { id: "b".to_owned(), title: "Pro".to_owned(), description: None };
    let buttons = ToUser::Buttons {
        header: None,
        body: "¿Cuál?".to_owned(),
        footer: None,
        buttons: vec![choice],
    };
    let preview = ToUser::Text { body: "https://a.example".to_owned(), preview_url: true };
    let id = MediaSource::ProviderId("2f6c1d9e".to_owned());
    let interactive = json!({ "type": "button", "body": { "text": "¿Cuál?" }, "action": {
        "buttons": [{ "type": "reply", "reply": { "id": "b", "title": "Pro" } }] } });
    let rows = [
        (ToUser::text("Hola"), json!({ "type": "text", "text": { "body": "Hola" } })),
        (
            preview,
            json!({ "type": "text", "preview_url": true, "text": { "body": "https://a.example" } }),
        ),
        (
            file(MediaKind::Document, link()),
            json!({ "type": "document", "document": {
                "link": "https://files.example.com/1", "filename": "factura.pdf",
                "caption": "La factura" } }),
        ),
        (file(MediaKind::Audio, id), json!({ "type": "audio", "audio": { "id": "2f6c1d9e" } })),
        (buttons, json!({ "type": "interactive", "interactive": interactive })),
        (
            template(Some("aa11_bb22/start_03030303")),
            json!({ "type": "template", "template": {
                "namespace": "aa11_bb22", "name": "start_03030303",
                "language": { "policy": "deterministic", "code": "pt_BR" },
                "components": [{ "type": "body",
                                 "parameters": [{ "type": "text", "text": "Ana" }] }] } }),
        ),
    ];
    for (content, expected) in rows {
        assert_eq!(built(&v1(), content), expected);
    }
}

/// A template that was not made here is in the namespace that the channel was told.
#[test]
fn a_template_has_its_own_namespace_or_the_channels() {
    let told = channel(&[("api", "v1"), ("namespace", "cc33")]);
    for (channel, id, expected) in [
        (&told, Some("aa11/start_03030303"), json!("aa11")),
        (&told, None, json!("cc33")),
        (&told, Some("778899001122"), json!("cc33")),
        (&v1(), None, Value::Null),
    ] {
        assert_eq!(built(channel, template(id))["template"]["namespace"], expected, "{id:?}");
    }
}

/// What the legacy generation has no form for is said to be so, and not sent as something else.
#[test]
fn what_the_legacy_generation_lacks_is_not_sent() {
    let reaction = ToUser::Reaction { to: "ABGGtheirs".to_owned(), emoji: Some("👍".to_owned()) };
    let refused = Dialog360.build(&v1(), &sending(reaction.clone())).unwrap_err();
    assert_eq!(refused.to_string(), "reaction cannot be sent through 360dialog");
    assert!(Dialog360.build(&v2(), &sending(reaction)).is_ok());
    assert!(Dialog360.build(&v1(), &hidden(ToUser::text("Hola"))).is_err());
}

/// D36, D37: a text of over a thousand characters leaves whole, its marks as they are.
#[test]
fn a_long_text_leaves_whole_and_unchanged() {
    for length in [1001, 4096] {
        let text = "**ñ**".chars().cycle().take(length).collect::<String>();
        for channel in [v1(), v2()] {
            assert_eq!(built(&channel, ToUser::text(&text))["text"]["body"], text.as_str());
        }
    }
}

/// 360dialog 2: a user whom the legacy generation does not know is looked up, and written to under the id that it says.
#[test]
fn an_unknown_contact_is_looked_up() {
    let text = sending(ToUser::text("Hola"));
    let unknown = answer(404, fixture!("v1-error-unknown-contact.response.json"));
    let question = Dialog360.ask_contact(&v1(), &text, &unknown).unwrap();
    insta::assert_snapshot!(shown(&question), @r#"
    POST https://waba.360dialog.io/v1/contacts
    {"blocking":"wait","contacts":["+573001234567"],"force_check":true}
    "#);
    let valid = answer(200, fixture!("v1-contacts-valid.response.json"));
    let found = Dialog360.read_contact(&v1(), &valid);
    assert_eq!(found, WaId::parse(USER).ok());
    for nobody in [fixture!("v1-contacts-invalid.response.json"), "{}", "<html>"] {
        assert_eq!(Dialog360.read_contact(&v1(), &answer(200, nobody)), None);
    }
    // The second generation knows everyone, and other errors are not about the user.
    assert!(Dialog360.ask_contact(&v2(), &text, &unknown).is_none());
    for other in [
        fixture!("v1-error-window.response.json"),
        r#"{"errors":[{"code":1006,"title":"Resource not found","details":"unknown media"}]}"#,
        fixture!("v1-send.response.json"),
    ] {
        assert!(Dialog360.ask_contact(&v1(), &text, &answer(404, other)).is_none(), "{other}");
    }
}
