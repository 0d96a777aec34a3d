//! The calls that send messages.

use super::*;
use crate::domain::message::{
    ButtonValue, Choice, Header, Location, Media, MediaKind, MediaSource, Section,
    TemplateButtonValue, TemplateHeader, TemplateMessage,
};
use crate::domain::user::{Address, Bsuid};
use crate::provider::Unsupported;

const GATEWAY: &str = "POST https://media.smsgupshup.com/GatewayAPI/rest";
const SESSION: &str = "POST https://api.gupshup.io/wa/api/v1/msg";
const TEMPLATE: &str = "POST https://api.gupshup.io/wa/api/v1/template/msg";
const PARTNER: &str = "POST https://partner.gupshup.io/partner/app/app-1/v3/message";

fn file(kind: MediaKind) -> Media {
    Media {
        kind,
        source: Some(MediaSource::Link("https://cdn.example.com/a".to_owned())),
        mime: None,
        filename: (kind == MediaKind::Document).then(|| "a.pdf".to_owned()),
        caption: None,
        stored: None,
    }
}

fn choice(id: &str, title: &str, description: Option<&str>) -> Choice {
    Choice {
        id: id.to_owned(),
        title: title.to_owned(),
        description: description.map(str::to_owned),
    }
}

fn buttons(header: Option<Header>) -> ToUser {
    ToUser::Buttons {
        header,
        body: "¿Listo?".to_owned(),
        footer: Some("Wharf".to_owned()),
        buttons: vec![choice("yes", "Sí", None), choice("no", "No", None)],
    }
}

fn menu() -> ToUser {
    ToUser::List {
        header: None,
        body: "Elija".to_owned(),
        footer: None,
        button: "Ver".to_owned(),
        sections: vec![Section {
            title: Some("Hoy".to_owned()),
            rows: vec![choice("s1", "Mañana", Some("9-12")), choice("s2", "Tarde", None)],
        }],
    }
}

fn template() -> TemplateMessage {
    TemplateMessage {
        name: "inicio_00010203".to_owned(),
        provider_id: Some("9100001".to_owned()),
        language: "pt-BR".to_owned(),
        header: None,
        body: vec!["Ana".to_owned(), "42".to_owned()],
        rendered: Some("Hola Ana, 42".to_owned()),
        buttons: Vec::new(),
        ..TemplateMessage::default()
    }
}

fn quick_replies() -> Vec<TemplateButtonValue> {
    [(0, "otb:x:continue"), (1, "otb:x:cancel")]
        .map(|(index, payload)| TemplateButtonValue {
            index,
            value: ButtonValue::QuickReply { payload: payload.to_owned() },
        })
        .to_vec()
}

/// The fields of the gateway's call behind those that all have.
fn gateway(channel: &OpenChannel, content: ToUser) -> Vec<(String, String)> {
    let request = Gupshup.build(channel, &sending(content)).unwrap();
    let (line, mut fields) = form(&request);
    assert_eq!(line, GATEWAY);
    let common: Vec<String> = fields.drain(..5).map(|(name, _)| name).collect();
    assert_eq!(common, ["userid", "password", "v", "format", "auth_scheme"]);
    let extra = fields.pop().unwrap();
    assert_eq!(extra, ("extra".to_owned(), MESSAGE.to_owned()));
    assert_eq!(fields.pop().unwrap(), ("send_to".to_owned(), USER.to_owned()));
    fields
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

/// K20, K35: texts and files as the gateway wants them.
#[test]
fn the_gateway_takes_texts_and_files_in_its_form() {
    let channel = enterprise();
    let url = "https://cdn.example.com/a";
    let table: Vec<(ToUser, Vec<(&str, &str)>)> = vec![
        (
            ToUser::text("Hola 👋\n¿qué tal?"),
            vec![
                ("method", "SendMessage"),
                ("msg_type", "DATA_TEXT"),
                ("msg", "Hola 👋\n¿qué tal?"),
            ],
        ),
        (
            ToUser::Media(file(MediaKind::Image)),
            vec![
                ("method", "SendMediaMessage"),
                ("isHSM", "false"),
                ("msg_type", "IMAGE"),
                ("media_url", url),
                ("caption", ""),
            ],
        ),
        (
            ToUser::Media(file(MediaKind::Voice)),
            vec![
                ("method", "SendMediaMessage"),
                ("isHSM", "false"),
                ("msg_type", "AUDIO"),
                ("media_url", url),
            ],
        ),
        (
            ToUser::Media(file(MediaKind::Document)),
            vec![
                ("method", "SendMediaMessage"),
                ("isHSM", "false"),
                ("msg_type", "DOCUMENT"),
                ("media_url", url),
                ("caption", ""),
                ("filename", "a.pdf"),
            ],
        ),
    ];
    for (content, expected) in table {
        assert_eq!(gateway(&channel, content), pairs(&expected));
    }
}

/// K20: menus as the gateway wants them.
#[test]
fn the_gateway_takes_menus_in_its_form() {
    let channel = enterprise();
    let url = "https://cdn.example.com/a";
    let replies = r#"{"buttons":[{"reply":{"id":"yes","title":"Sí"},"type":"reply"},{"reply":{"id":"no","title":"No"},"type":"reply"}]}"#;
    let rows = r#"{"button":"Ver","sections":[{"rows":[{"description":"9-12","id":"s1","title":"Mañana"},{"id":"s2","title":"Tarde"}],"title":"Hoy"}]}"#;
    let table: Vec<(ToUser, Vec<(&str, &str)>)> = vec![
        (
            menu(),
            vec![
                ("method", "SendMessage"),
                ("isTemplate", "true"),
                ("interactive_type", "list"),
                ("msg", "Elija"),
                ("action", rows),
            ],
        ),
        (
            buttons(Some(Header::Media(file(MediaKind::Image)))),
            vec![
                ("method", "SendMediaMessage"),
                ("isTemplate", "false"),
                ("msg_type", "image"),
                ("media_url", url),
                ("caption", "¿Listo?"),
                ("interactive_type", "dr_button"),
                ("msg", "¿Listo?"),
                ("action", replies),
                ("footer", "Wharf"),
            ],
        ),
        (
            buttons(Some(Header::Text("Cita".to_owned()))),
            vec![
                ("method", "SendMessage"),
                ("isTemplate", "true"),
                ("header", "Cita"),
                ("interactive_type", "dr_button"),
                ("msg", "¿Listo?"),
                ("action", replies),
                ("footer", "Wharf"),
            ],
        ),
    ];
    for (content, expected) in table {
        assert_eq!(gateway(&channel, content), pairs(&expected));
    }
}

/// K37, K38, K39: the approved text as it was rendered, or by id where the account takes that; a header may be a file.
#[test]
fn the_gateway_takes_templates_by_text_or_by_id() {
    let text = enterprise();
    let sent = gateway(&text, ToUser::Template(template()));
    assert_eq!(
        sent,
        pairs(&[
            ("method", "SendMessage"),
            ("msg_type", "HSM"),
            ("isHSM", "true"),
            ("msg", "Hola Ana, 42"),
        ])
    );
    let with_parts = TemplateMessage {
        header: Some(TemplateHeader::Media(file(MediaKind::Document))),
        buttons: quick_replies(),
        ..template()
    };
    assert_eq!(
        gateway(&text, ToUser::Template(with_parts)),
        pairs(&[
            ("method", "SendMediaMessage"),
            ("msg_type", "DOCUMENT"),
            ("media_url", "https://cdn.example.com/a"),
            ("filename", "a.pdf"),
            ("isHSM", "true"),
            ("caption", "Hola Ana, 42"),
            ("isTemplate", "true"),
        ])
    );
    let mut by_id = enterprise();
    by_id.channel.settings.insert("template_by".to_owned(), "whatsAppTemplateId".to_owned());
    assert_eq!(
        gateway(&by_id, ToUser::Template(template())),
        pairs(&[
            ("method", "SendMessage"),
            ("msg_type", "HSM"),
            ("isHSM", "true"),
            ("isTemplate", "true"),
            ("whatsAppTemplateId", "9100001"),
            ("var1", "Ana"),
            ("var2", "42"),
        ])
    );
    let unrendered = TemplateMessage { rendered: None, ..template() };
    let error = Gupshup.build(&text, &sending(ToUser::Template(unrendered))).unwrap_err();
    assert_eq!(error.kind, "template without its text");
}

/// K24: templates and answers may have an account each; both default to the one pair.
#[test]
fn the_gateway_may_have_two_accounts() {
    let channel = channel(
        &[
            ("mobile_number", OURS),
            ("waba_id", "20"),
            ("hsm_userid", "21"),
            ("send_host", "http://127.0.0.1:7/"),
        ],
        &[("password", "p0"), ("hsm_password", "p1")],
    );
    for (content, expected) in
        [(ToUser::text("a"), ("20", "p0")), (ToUser::Template(template()), ("21", "p1"))]
    {
        let request = Gupshup.build(&channel, &sending(content)).unwrap();
        let (line, fields) = form(&request);
        assert_eq!(line, "POST http://127.0.0.1:7/GatewayAPI/rest");
        assert_eq!(value(&fields, "userid"), Some(expected.0));
        assert_eq!(value(&fields, "password"), Some(expected.1));
    }
}

fn order(parameters: &Value) -> ToUser {
    ToUser::Interactive {
        interactive: json!({
            "type": "order_details", "body": { "text": "Pague" },
            "action": { "name": "review_and_pay", "parameters": parameters },
        }),
    }
}

/// K34: the gateway is told of a consent before it takes a template; self-serve is not, its call for it is gone.
#[test]
fn the_gateway_is_told_of_a_consent() {
    let user = sending(ToUser::text("")).to;
    let request = Gupshup.opt_in(&enterprise(), &user).expect("a call");
    assert_eq!(line(&request), GATEWAY);
    let (_, fields) = form(&request);
    for (name, expected) in
        [("method", "OPT_IN"), ("channel", "WHATSAPP"), ("phone_number", user.as_str())]
    {
        assert_eq!(value(&fields, name), Some(expected), "{name}");
    }
    assert!(Gupshup.opt_in(&self_serve(), &user).is_none());
    let nameless = Address::Bsuid(Bsuid::parse("IN.5550001").unwrap());
    assert!(Gupshup.opt_in(&enterprise(), &nameless).is_none());
}

/// K46, K47, K48: orders go out after a look at what no order can miss; the parameters' names are settings.
#[test]
fn the_gateway_takes_orders() {
    let good = json!({
        "reference_id": "r1", "currency": "INR", "total_amount": { "value": 300, "offset": 100 },
    });
    let sent = gateway(&enterprise(), order(&good));
    assert_eq!(value(&sent, "interactive_type"), Some("order_details"));
    assert_eq!(value(&sent, "msg"), Some("Pague"));
    assert_eq!(json_value(&sent, "action")["parameters"], good);

    let mut renamed = enterprise();
    renamed.channel.settings.insert("order_action_parameter".to_owned(), "payload".to_owned());
    assert!(value(&gateway(&renamed, order(&good)), "payload").is_some());

    for missing in ["reference_id", "currency", "total_amount"] {
        let mut bad = good.clone();
        bad.as_object_mut().unwrap().remove(missing);
        let error = Gupshup.build(&enterprise(), &sending(order(&bad))).unwrap_err();
        assert_eq!(error, Unsupported { provider: "gupshup", kind: "order_details" }, "{missing}");
    }
    let status = ToUser::Interactive {
        interactive: json!({
            "type": "order_status", "body": { "text": "Gracias" },
            "action": { "name": "review_order", "parameters": { "reference_id": "r1" } },
        }),
    };
    assert_eq!(value(&gateway(&enterprise(), status), "interactive_type"), Some("order_status"));
}

fn place() -> Location {
    Location {
        latitude: "4.6097".to_owned(),
        longitude: "-74.0817".to_owned(),
        name: Some("Casa".to_owned()),
        address: None,
    }
}

/// What only the partner API has a form for.
fn beyond_forms() -> Vec<ToUser> {
    vec![
        ToUser::Reaction { to: "wamid.A".to_owned(), emoji: None },
        ToUser::CtaUrl {
            header: None,
            body: "Vea".to_owned(),
            footer: None,
            display_text: "Abrir".to_owned(),
            url: "https://example.com".to_owned(),
        },
        ToUser::LocationRequest { body: "¿Dónde?".to_owned() },
        ToUser::Interactive { interactive: json!({ "type": "flow" }) },
        ToUser::Contacts { contacts: vec![json!({}), json!({})] },
    ]
}

#[test]
fn what_has_no_form_is_unsupported() {
    let mut cases = beyond_forms();
    cases.push(ToUser::Media(Media { source: None, ..file(MediaKind::Image) }));
    for content in cases.clone() {
        assert!(Gupshup.build(&self_serve(), &sending(content)).is_err());
    }
    cases.push(ToUser::Location(place()));
    for content in cases {
        assert!(Gupshup.build(&enterprise(), &sending(content)).is_err());
    }
    let mut hidden = sending(ToUser::text("a"));
    hidden.to = Address::Bsuid(Bsuid::parse("IN.5550001").unwrap());
    assert!(Gupshup.build(&enterprise(), &hidden).is_err());
    assert!(Gupshup.build(&self_serve(), &hidden).is_err());
}

/// The JSON of `message` in self-serve's form.
fn session(content: ToUser) -> Value {
    let request = Gupshup.build(&self_serve(), &sending(content)).unwrap();
    assert_eq!(request.headers()["apikey"], "key-1");
    let (line, fields) = form(&request);
    assert_eq!(line, SESSION);
    assert_eq!(
        fields[..4],
        pairs(&[
            ("channel", "whatsapp"),
            ("source", OURS),
            ("destination", USER),
            ("src.name", "WharfDemo"),
        ])
    );
    json_value(&fields, "message")
}

/// K20: each kind in self-serve's form.
#[test]
fn self_serve_takes_each_kind_in_its_form() {
    let url = "https://cdn.example.com/a";
    let options = json!([
        { "type": "text", "title": "Sí", "postbackText": "yes" },
        { "type": "text", "title": "No", "postbackText": "no" },
    ]);
    let contact = json!({
        "name": { "first_name": "Pilar", "formatted_name": "Pilar Soto" },
        "phones": [{ "phone": "+573000000009", "wa_id": "573000000009" }],
    });
    let table = [
        (ToUser::text("Hola"), json!({ "type": "text", "text": "Hola", "previewUrl": false })),
        (
            ToUser::Media(file(MediaKind::Image)),
            json!({ "type": "image", "originalUrl": url, "previewUrl": url, "caption": "" }),
        ),
        (
            ToUser::Media(file(MediaKind::Document)),
            json!({ "type": "file", "url": url, "filename": "a.pdf", "caption": "" }),
        ),
        (ToUser::Media(file(MediaKind::Voice)), json!({ "type": "audio", "url": url })),
        (
            ToUser::Media(file(MediaKind::Video)),
            json!({ "type": "video", "url": url, "caption": "" }),
        ),
        (ToUser::Media(file(MediaKind::Sticker)), json!({ "type": "sticker", "url": url })),
        (
            ToUser::Location(place()),
            json!({
                "type": "location", "latitude": 4.6097, "longitude": -74.0817, "name": "Casa",
                "address": "",
            }),
        ),
        (
            ToUser::Contacts { contacts: vec![contact] },
            json!({ "type": "contact", "contact": {
                "name": { "firstName": "Pilar", "formattedName": "Pilar Soto" },
                "phones": [{ "phone": "+573000000009", "wa_id": "573000000009" }],
            } }),
        ),
        (
            buttons(Some(Header::Text("Cita".to_owned()))),
            json!({
                "type": "quick_reply", "msgid": MESSAGE, "options": options,
                "content": { "type": "text", "header": "Cita", "text": "¿Listo?", "caption": "Wharf" },
            }),
        ),
        (
            buttons(Some(Header::Media(file(MediaKind::Image)))),
            json!({
                "type": "quick_reply", "msgid": MESSAGE, "options": options,
                "content": { "type": "image", "url": url, "text": "¿Listo?", "caption": "Wharf" },
            }),
        ),
        (
            menu(),
            json!({
                "type": "list", "title": "", "body": "Elija", "msgid": MESSAGE,
                "globalButtons": [{ "type": "text", "title": "Ver" }],
                "items": [{ "title": "Hoy", "options": [
                    { "type": "text", "title": "Mañana", "description": "9-12", "postbackText": "s1" },
                    { "type": "text", "title": "Tarde", "postbackText": "s2" },
                ] }],
            }),
        ),
    ];
    for (content, expected) in table {
        assert_eq!(session(content), expected);
    }
}

#[test]
fn self_serve_quotes_the_message_that_it_answers() {
    let mut message = sending(ToUser::text("Sí"));
    message.reply_to = Some("ABEGkZkAAAAAAhAwharf01".to_owned());
    let (_, fields) = form(&Gupshup.build(&self_serve(), &message).unwrap());
    assert_eq!(
        json_value(&fields, "message")["context"],
        json!({ "msgId": "ABEGkZkAAAAAAhAwharf01" })
    );
}

/// K37, K38, K39, K40: the id names the content; values, files and payloads stand in their places.
#[test]
fn self_serve_takes_templates_by_id_with_all_values_in_one_list() {
    let mut values = quick_replies();
    values.push(TemplateButtonValue {
        index: 2,
        value: ButtonValue::Url { suffix: "o/42".to_owned() },
    });
    let full = TemplateMessage {
        header: Some(TemplateHeader::Text("Hoy".to_owned())),
        buttons: values,
        ..template()
    };
    let request = Gupshup.build(&self_serve(), &sending(ToUser::Template(full))).unwrap();
    let (line, fields) = form(&request);
    assert_eq!(line, TEMPLATE);
    assert_eq!(
        json_value(&fields, "template"),
        json!({ "id": "9100001", "params": ["Hoy", "Ana", "42", "o/42"] })
    );
    assert_eq!(
        json_value(&fields, "postbackTexts"),
        json!([
            { "index": 0, "text": "otb:x:continue" },
            { "index": 1, "text": "otb:x:cancel" },
        ])
    );
    assert_eq!(value(&fields, "message"), None);

    for (header, expected) in [
        (
            TemplateHeader::Media(file(MediaKind::Document)),
            json!({ "type": "document", "document": {
                "link": "https://cdn.example.com/a", "filename": "a.pdf",
            } }),
        ),
        (
            TemplateHeader::Location(place()),
            json!({ "type": "location", "location": {
                "latitude": 4.6097, "longitude": -74.0817, "name": "Casa", "address": "",
            } }),
        ),
    ] {
        let template = TemplateMessage { header: Some(header), ..template() };
        let request = Gupshup.build(&self_serve(), &sending(ToUser::Template(template))).unwrap();
        assert_eq!(json_value(&form(&request).1, "message"), expected);
    }
}

fn partner(message: &Sending) -> Value {
    let request = Gupshup.build(&with_partner(), message).unwrap();
    assert_eq!(line(&request), PARTNER);
    assert_eq!(request.headers()["authorization"], "token-1");
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    assert_eq!(body["messaging_product"], "whatsapp");
    body
}

/// With the app's token nothing is unsupported; what has a form still goes by form.
#[test]
fn the_partner_api_takes_what_the_forms_lack() {
    for content in beyond_forms() {
        partner(&sending(content));
    }
    let by_form = Gupshup.build(&with_partner(), &sending(ToUser::text("a"))).unwrap();
    assert_eq!(line(&by_form), SESSION);

    let mut reaction = sending(beyond_forms().remove(0));
    let body = partner(&reaction);
    assert_eq!(body["to"], USER);
    assert_eq!(body["reaction"], json!({ "message_id": "wamid.A", "emoji": "" }));
    reaction.to = Address::Bsuid(Bsuid::parse("IN.5550001").unwrap());
    let body = partner(&reaction);
    assert_eq!((&body["recipient"], body.get("to")), (&json!("IN.5550001"), None));

    let body = partner(&sending(beyond_forms().remove(1)));
    assert_eq!(
        body["interactive"],
        json!({
            "type": "cta_url", "body": { "text": "Vea" },
            "action": { "name": "cta_url", "parameters": {
                "display_text": "Abrir", "url": "https://example.com",
            } },
        })
    );
}

#[test]
fn the_partner_api_takes_templates_by_name() {
    let named = TemplateMessage {
        provider_id: None,
        header: Some(TemplateHeader::Media(file(MediaKind::Image))),
        buttons: quick_replies(),
        ..template()
    };
    let body = partner(&sending(ToUser::Template(named)));
    assert_eq!(
        body["template"],
        json!({
            "name": "inicio_00010203",
            "language": { "code": "pt_BR" },
            "components": [
                { "type": "header", "parameters": [
                    { "type": "image", "image": { "link": "https://cdn.example.com/a" } },
                ] },
                { "type": "body", "parameters": [
                    { "type": "text", "text": "Ana" }, { "type": "text", "text": "42" },
                ] },
                { "type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [
                    { "type": "payload", "payload": "otb:x:continue" },
                ] },
                { "type": "button", "sub_type": "quick_reply", "index": "1", "parameters": [
                    { "type": "payload", "payload": "otb:x:cancel" },
                ] },
            ],
        })
    );
}

/// Every kind in Meta's form: users without a number are reached only so.
#[test]
fn the_partner_api_takes_every_kind() {
    let mut contents = vec![
        ToUser::text("a"),
        ToUser::Location(place()),
        ToUser::Contacts { contacts: vec![json!({})] },
        buttons(Some(Header::Media(file(MediaKind::Image)))),
        menu(),
        ToUser::Template(template()),
    ];
    contents.extend(beyond_forms());
    for kind in [MediaKind::Image, MediaKind::Document, MediaKind::Voice, MediaKind::Sticker] {
        contents.push(ToUser::Media(file(kind)));
    }
    for content in contents {
        let kind = content.kind();
        let mut message = sending(content);
        message.to = Address::Bsuid(Bsuid::parse("IN.5550001").unwrap());
        let body = partner(&message);
        assert_eq!(body["type"], kind);
        assert!(!body[kind].is_null(), "{kind}");
    }
}

/// No secret is in an address, and none prints.
#[test]
fn secrets_stay_out_of_addresses_and_logs() {
    for (channel, content) in [
        (enterprise(), ToUser::text("a")),
        (self_serve(), ToUser::text("a")),
        (with_partner(), beyond_forms().remove(0)),
    ] {
        let request = Gupshup.build(&channel, &sending(content)).unwrap();
        let shown = format!("{} {:?} {channel:?}", request.uri(), request.headers());
        for secret in ["pass-1", "key-1", "token-1"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
