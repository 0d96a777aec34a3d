//! What is sent: address, headers and body of every call.

use super::*;
use crate::domain::message::{
    ButtonValue, Choice, Header, Location, Media, MediaKind, MediaSource, Section, Sending,
    TemplateButtonValue, TemplateCard, TemplateHeader, TemplateMessage, ToUser,
};
use crate::domain::user::{Address, Bsuid};
use crate::provider::Registered;

fn sending(content: ToUser) -> Sending {
    testing::sending(USER, content)
}

/// Path and content of a message that can be sent.
fn sent(content: ToUser) -> (String, Value) {
    let request = Infobip.build(&channel(), &sending(content)).unwrap();
    (request.uri().path().to_owned(), body(&request)["content"].clone())
}

fn unsupported(content: ToUser) -> String {
    Infobip.build(&channel(), &sending(content)).unwrap_err().to_string()
}

fn file(kind: MediaKind) -> Media {
    Media {
        kind,
        source: Some(MediaSource::Link("https://files.example.com/1".to_owned())),
        mime: None,
        filename: Some("a.pdf".to_owned()),
        caption: Some("Su factura".to_owned()),
        stored: None,
    }
}

fn choice(id: &str, description: Option<&str>) -> Choice {
    let title = format!("Title {id}");
    Choice { id: id.to_owned(), title, description: description.map(str::to_owned) }
}

/// K8, K9, K16, T2: one call to the account's own host, with its credentials and our own ids.
#[test]
fn a_message_goes_to_the_accounts_host_with_its_credentials() {
    let mut message = sending(ToUser::text("Hola"));
    message.reply_to = Some("wamid.theirs==".to_owned());
    let request = Infobip.build(&channel(), &message).unwrap();
    assert_eq!(request.method(), "POST");
    assert_eq!(request.uri(), "https://ab12cd.api.infobip.com/whatsapp/1/message/text");
    let headers = request.headers();
    assert_eq!(headers["authorization"], "Basic d2hhcmY6cGFzczp3b3JkIDE=");
    assert!(headers["authorization"].is_sensitive());
    assert_eq!(
        (&headers["content-type"], &headers["accept"]),
        (&"application/json".parse().unwrap(), &"application/json".parse().unwrap())
    );
    assert_eq!(
        body(&request),
        json!({
            "from": "15550102030",
            "to": "573001234567",
            "messageId": super::super::id::written(MESSAGE),
            "content": { "text": "Hola" },
            "callbackData": MESSAGE.to_string(),
            "context": { "replyToMessageId": "wamid.theirs==" },
        })
    );
}

/// K3, K9: an API key is preferred, the number goes without its plus, the host may have a path.
#[test]
fn a_key_is_preferred_and_a_stand_in_has_a_path() {
    let settings = [("base_url", "http://127.0.0.1:8081/infobip/"), ("username", "wharf")];
    let mut channel = channel_with(&settings, &[("api_key", "key-12345"), ("password", "p")]);
    channel.channel.phone_number = "+15550102030".to_owned();
    let request = Infobip.build(&channel, &sending(ToUser::text("Hola"))).unwrap();
    assert_eq!(request.uri(), "http://127.0.0.1:8081/infobip/whatsapp/1/message/text");
    assert_eq!(request.headers()["authorization"], "App key-12345");
    assert_eq!(body(&request)["from"], "15550102030");
}

/// infobip 2.3: a preview is asked for only where there is an address to look at.
#[test]
fn a_preview_needs_an_address() {
    let text =
        |body: &str, preview_url| sent(ToUser::Text { body: body.to_owned(), preview_url }).1;
    assert_eq!(
        text("Vea https://a.example", true),
        json!({ "text": "Vea https://a.example", "previewUrl": true })
    );
    assert_eq!(text("Vea https://a.example", false), json!({ "text": "Vea https://a.example" }));
    assert_eq!(text("Hola", true), json!({ "text": "Hola" }));
}

/// T1, infobip 2.1, 2.3: every kind has its own address and content.
#[test]
fn every_kind_has_its_address() {
    let url = "https://files.example.com/1";
    let media = |kind| ToUser::Media(file(kind));
    let place = Location {
        latitude: "4.60971".to_owned(),
        longitude: "-74.08175".to_owned(),
        name: Some("Plaza".to_owned()),
        address: None,
    };
    let card = json!({ "name": { "formatted_name": "Luis" }, "phones": [{ "phone": "+57300", "type": "cell", "wa_id": "57300" }] });
    for (content, path, expected) in [
        (media(MediaKind::Image), "image", json!({ "mediaUrl": url, "caption": "Su factura" })),
        (media(MediaKind::Video), "video", json!({ "mediaUrl": url, "caption": "Su factura" })),
        (media(MediaKind::Audio), "audio", json!({ "mediaUrl": url })),
        (media(MediaKind::Voice), "audio", json!({ "mediaUrl": url })),
        (media(MediaKind::Sticker), "sticker", json!({ "mediaUrl": url })),
        (
            media(MediaKind::Document),
            "document",
            json!({ "mediaUrl": url, "caption": "Su factura", "filename": "a.pdf" }),
        ),
        (
            ToUser::Location(place),
            "location",
            json!({ "latitude": 4.60971, "longitude": -74.08175, "name": "Plaza" }),
        ),
        (
            ToUser::Contacts { contacts: vec![card] },
            "contact",
            json!({ "contacts": [{ "name": { "firstName": "Luis", "formattedName": "Luis" },
                                   "phones": [{ "phone": "+57300", "type": "CELL", "waId": "57300" }] }] }),
        ),
        (
            ToUser::LocationRequest { body: "¿Dónde?".to_owned() },
            "interactive/location-request",
            json!({ "body": { "text": "¿Dónde?" } }),
        ),
    ] {
        assert_eq!(sent(content), (format!("/whatsapp/1/message/{path}"), expected));
    }
}

/// infobip 2.3: menus, with everything that may stand around them.
#[test]
fn menus_are_built() {
    let buttons = |header| ToUser::Buttons {
        header,
        body: "¿Sí?".to_owned(),
        footer: Some("pie".to_owned()),
        buttons: vec![choice("a", None), choice("b", None)],
    };
    let reply = |id: &str| json!({ "type": "REPLY", "id": id, "title": format!("Title {id}") });
    let (path, content) = sent(buttons(Some(Header::Text("arriba".to_owned()))));
    assert_eq!(path, "/whatsapp/1/message/interactive/buttons");
    assert_eq!(
        content,
        json!({ "body": { "text": "¿Sí?" }, "action": { "buttons": [reply("a"), reply("b")] },
                "header": { "type": "TEXT", "text": "arriba" }, "footer": { "text": "pie" } })
    );
    let url = "https://files.example.com/1";
    for (kind, header) in [
        (MediaKind::Image, json!({ "type": "IMAGE", "mediaUrl": url })),
        (MediaKind::Video, json!({ "type": "VIDEO", "mediaUrl": url })),
        (MediaKind::Document, json!({ "type": "DOCUMENT", "mediaUrl": url, "filename": "a.pdf" })),
    ] {
        assert_eq!(sent(buttons(Some(Header::Media(file(kind))))).1["header"], header);
    }
    unsupported(buttons(Some(Header::Media(file(MediaKind::Audio)))));

    let section = |title: Option<&str>, rows| Section { title: title.map(str::to_owned), rows };
    let (path, content) = sent(ToUser::List {
        header: Some("arriba".to_owned()),
        body: "Elija".to_owned(),
        footer: None,
        button: "Abrir".to_owned(),
        sections: vec![
            section(Some("Uno"), vec![choice("a", Some("más"))]),
            section(None, vec![choice("b", None)]),
        ],
    });
    assert_eq!(path, "/whatsapp/1/message/interactive/list");
    assert_eq!(
        content,
        json!({ "body": { "text": "Elija" }, "header": { "type": "TEXT", "text": "arriba" },
                "action": { "title": "Abrir", "sections": [
                    { "title": "Uno", "rows": [{ "id": "a", "title": "Title a", "description": "más" }] },
                    { "rows": [{ "id": "b", "title": "Title b" }] } ] } })
    );
    let (path, content) = sent(ToUser::CtaUrl {
        header: None,
        body: "Vea".to_owned(),
        footer: None,
        display_text: "Abrir".to_owned(),
        url: "https://a.example".to_owned(),
    });
    assert_eq!(path, "/whatsapp/1/message/interactive/url-button");
    assert_eq!(
        content,
        json!({ "body": { "text": "Vea" }, "action": { "displayText": "Abrir", "url": "https://a.example" } })
    );
}

/// infobip 2.3: flows and products in the Cloud API's form are put into Infobip's.
#[test]
fn flows_and_products_are_turned_into_infobips_form() {
    let given = |interactive: Value| sent(ToUser::Interactive { interactive });
    let flow = given(
        json!({ "type": "flow", "header": { "type": "text", "text": "H" }, "body": { "text": "B" },
        "footer": { "text": "F" }, "action": { "name": "flow", "parameters": {
            "flow_message_version": "3", "flow_token": "t", "flow_id": "77", "flow_cta": "Abrir", "mode": "draft",
            "flow_action": "data_exchange", "flow_action_payload": { "screen": "S" } } } }),
    );
    assert_eq!(
        flow,
        (
            "/whatsapp/1/message/interactive/flow".to_owned(),
            json!({ "header": { "type": "TEXT", "text": "H" }, "body": { "text": "B" }, "footer": { "text": "F" },
                    "action": { "mode": "DRAFT", "flowMessageVersion": 3, "flowToken": "t", "flowId": "77",
                                "callToActionButton": "Abrir", "flowAction": "DATA_EXCHANGE",
                                "flowActionPayload": { "screen": "S" } } })
        )
    );
    let product = given(
        json!({ "type": "product", "action": { "catalog_id": "1", "product_retailer_id": "2" } }),
    );
    assert_eq!(
        product,
        (
            "/whatsapp/1/message/interactive/product".to_owned(),
            json!({ "action": { "catalogId": "1", "productRetailerId": "2" } })
        )
    );
    let several = given(
        json!({ "type": "product_list", "header": { "type": "text", "text": "H" }, "body": { "text": "B" },
        "action": { "catalog_id": "1", "sections": [{ "title": "T", "product_items": [
            { "product_retailer_id": "2" }, { "product_retailer_id": "3" }] }] } }),
    );
    assert_eq!(
        several,
        (
            "/whatsapp/1/message/interactive/multi-product".to_owned(),
            json!({ "header": { "type": "TEXT", "text": "H" }, "body": { "text": "B" },
                    "action": { "catalogId": "1", "sections": [{ "title": "T", "productRetailerIds": ["2", "3"] }] } })
        )
    );
}

/// K46, infobip 2.1: orders, reactions, files without a link and users without a number have no form.
#[test]
fn what_infobip_has_no_form_for_is_unsupported() {
    let raw = |kind: &str| ToUser::Interactive {
        interactive: json!({ "type": kind, "action": { "name": "x", "parameters": {} } }),
    };
    for kind in ["order_details", "order_status", "catalog_message", "flow", "whatever"] {
        assert_eq!(unsupported(raw(kind)), "interactive cannot be sent through infobip", "{kind}");
    }
    unsupported(ToUser::Interactive { interactive: json!({}) });
    for emoji in [None, Some("👍".to_owned())] {
        unsupported(ToUser::Reaction { to: "wamid.theirs".to_owned(), emoji });
    }
    for source in [None, Some(MediaSource::ProviderId("1".to_owned()))] {
        unsupported(ToUser::Media(Media { source, ..file(MediaKind::Image) }));
    }
    let nowhere = |latitude: &str| Location {
        latitude: latitude.to_owned(),
        longitude: "0".to_owned(),
        name: None,
        address: None,
    };
    for latitude in ["", "north", "NaN", "inf"] {
        unsupported(ToUser::Location(nowhere(latitude)));
    }
    let to = Address::Bsuid(Bsuid::parse("CO.13491208655302741918").unwrap());
    assert!(Infobip.build(&channel(), &Sending { to, ..sending(ToUser::text("Hola")) }).is_err());
}

fn template(
    header: Option<TemplateHeader>,
    body_values: &[&str],
    buttons: Vec<(u8, ButtonValue)>,
) -> ToUser {
    let buttons = buttons.into_iter().map(|(index, value)| TemplateButtonValue { index, value });
    ToUser::Template(TemplateMessage {
        name: "start_03030303".to_owned(),
        provider_id: Some("81".to_owned()),
        language: "pt-BR".to_owned(),
        header,
        body: body_values.iter().map(|value| (*value).to_owned()).collect(),
        rendered: Some("not transmitted".to_owned()),
        buttons: buttons.collect(),
        ..TemplateMessage::default()
    })
}

/// K15, K37, K38, infobip 2.5: name and values alone, the list of values even if it is empty, buttons in their order.
#[test]
fn a_template_is_sent_by_name_with_its_values() {
    let quick = |payload: &str| ButtonValue::QuickReply { payload: payload.to_owned() };
    let buttons = vec![
        (2, ButtonValue::Url { suffix: "42".to_owned() }),
        (0, quick("yes")),
        (1, quick("no")),
        (3, ButtonValue::CopyCode { code: "C0".to_owned() }),
    ];
    let mut message = sending(template(None, &["Ana", "42"], buttons));
    message.reply_to = Some("wamid.theirs".to_owned());
    let request = Infobip.build(&channel(), &message).unwrap();
    assert_eq!(request.uri().path(), "/whatsapp/1/message/template");
    let parameter = |kind: &str, value: &str| json!({ "type": kind, "parameter": value });
    assert_eq!(
        body(&request),
        json!({ "messages": [{
            "from": "15550102030", "to": "573001234567",
            "messageId": super::super::id::written(MESSAGE),
            "callbackData": MESSAGE.to_string(),
            "content": { "templateName": "start_03030303", "language": "pt_BR", "templateData": {
                "body": { "placeholders": ["Ana", "42"] },
                "buttons": [parameter("QUICK_REPLY", "yes"), parameter("QUICK_REPLY", "no"),
                            parameter("URL", "42"), parameter("COPY_CODE", "C0")] } },
        }] })
    );
}

/// K39, infobip 2.5: every kind of header.
#[test]
fn a_templates_header_is_filled() {
    let data = |header| {
        let request =
            Infobip.build(&channel(), &sending(template(header, &[], Vec::new()))).unwrap();
        body(&request)["messages"][0]["content"]["templateData"].clone()
    };
    let url = "https://files.example.com/1";
    let unnamed = Media { filename: None, ..file(MediaKind::Document) };
    let place = Location {
        latitude: "1.5".to_owned(),
        longitude: "2".to_owned(),
        name: None,
        address: None,
    };
    assert_eq!(data(None), json!({ "body": { "placeholders": [] } }));
    for (header, expected) in [
        (TemplateHeader::Text("Ana".to_owned()), json!({ "type": "TEXT", "placeholder": "Ana" })),
        (
            TemplateHeader::Media(file(MediaKind::Image)),
            json!({ "type": "IMAGE", "mediaUrl": url }),
        ),
        (
            TemplateHeader::Media(unnamed),
            json!({ "type": "DOCUMENT", "mediaUrl": url, "filename": "document.pdf" }),
        ),
        (
            TemplateHeader::Location(place),
            json!({ "type": "LOCATION", "latitude": 1.5, "longitude": 2.0 }),
        ),
    ] {
        assert_eq!(data(Some(header))["header"], expected);
    }
}

/// infobip 2.5: the cards of a carousel and the end of an offer.
#[test]
fn a_templates_cards_and_offer_are_filled() {
    let quick = ButtonValue::QuickReply { payload: "p".to_owned() };
    let buttons = vec![TemplateButtonValue { index: 0, value: quick }];
    let card =
        TemplateCard { header: file(MediaKind::Image), body: vec!["uno".to_owned()], buttons };
    let bare =
        TemplateCard { header: file(MediaKind::Video), body: Vec::new(), buttons: Vec::new() };
    let message = TemplateMessage {
        name: "offers".to_owned(),
        language: "es".to_owned(),
        offer_expires: Some(NOW),
        cards: vec![card, bare],
        ..TemplateMessage::default()
    };
    let request = Infobip.build(&channel(), &sending(ToUser::Template(message))).unwrap();
    let url = "https://files.example.com/1";
    assert_eq!(
        body(&request)["messages"][0]["content"]["templateData"],
        json!({
            "body": { "placeholders": [] },
            "limitedTimeOffer": { "expirationTime": "2024-03-11T15:05:00.000Z" },
            "carousel": { "cards": [
                { "header": { "type": "IMAGE", "mediaUrl": url }, "body": { "placeholders": ["uno"] },
                  "buttons": [{ "type": "QUICK_REPLY", "parameter": "p" }] },
                { "header": { "type": "VIDEO", "mediaUrl": url } },
            ] },
        })
    );
}

/// K10, infobip 6: the webhook is subscribed only where the channel names a subscription, with what proves Infobip.
#[test]
fn a_subscription_carries_what_the_webhook_asks_for() {
    let url = "https://gateway.example/v1/webhooks/infobip/CHN1";
    let subscription = |settings: &[(&str, &str)], credentials: &[(&str, &str)]| {
        let mut all = vec![("subscription_id", "wharf-1"), ("username", "wharf")];
        all.extend(settings);
        let channel = channel_with(&all, credentials);
        Infobip.register_webhook(&channel, url).map(|request| {
            assert_eq!(request.uri().path(), "/subscriptions/1/subscription/WHATSAPP");
            body(&request)
        })
    };
    assert!(Infobip.register_webhook(&channel(), url).is_none());
    assert_eq!(
        subscription(&[], &[("password", "p")]).unwrap(),
        json!({
            "subscriptionId": "wharf-1", "name": "number 1", "resources": ["15550102030"],
            "events": ["INBOUND_MESSAGE", "DELIVERY", "SEEN"],
            "profile": {
                "profileId": "wharf-1",
                "webhook": { "contentType": "application/json", "notifyUrl": url },
                "security": { "authId": "wharf-1", "type": "BASIC",
                              "credentials": { "username": "wharf", "password": "p" } },
            },
        })
    );
    let token = [("webhook_token", "tok 12345")];
    let by_token = subscription(&[("webhook_auth", "url_token")], &token).unwrap();
    assert_eq!(
        by_token["profile"],
        json!({ "profileId": "wharf-1", "webhook": {
            "contentType": "application/json", "notifyUrl": format!("{url}?token=tok+12345") } })
    );
    assert!(subscription(&[("webhook_auth", "static_header")], &token).is_none());
    for (status, is_registered) in
        [(200, Some(true)), (201, Some(true)), (409, Some(true)), (400, Some(false)), (503, None)]
    {
        let read = Infobip.read_registered(&channel(), url, &answer(status, ""));
        let expected = match read {
            Registered::Yes => Some(true),
            Registered::Refused(_) => Some(false),
            Registered::NotNow => None,
        };
        assert_eq!(expected, is_registered, "{status}");
    }
}
