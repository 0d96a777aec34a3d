//! What is sent: address, headers and body of every call.

use http::Request;

use super::*;
use crate::domain::message::{
    ButtonValue, Choice, Header, Location, Media, MediaKind, MediaSource, Section, Sending,
    TemplateButtonValue, TemplateHeader, TemplateMessage, ToUser,
};
use crate::domain::user::{Address, Bsuid};
use crate::provider::Fetch;

fn sending(content: ToUser) -> Sending {
    testing::sending(USER, content)
}

fn key(request: &Request<Vec<u8>>) -> Option<&str> {
    header(request, "authentication")
}

/// What stands under `content`.
fn content_of(content: ToUser, channel: &OpenChannel) -> Value {
    let kind = content.kind();
    let request = Karix.build(channel, &sending(content)).unwrap_or_else(|e| panic!("{kind}: {e}"));
    body(&request)["message"]["content"].clone()
}

/// K59: the whole call, with Karix's odd header and our reference.
#[test]
fn a_text_is_sent() {
    let request = Karix.build(&channel(), &sending(ToUser::text("Namaste 👋"))).unwrap();
    assert_eq!(line(&request), "POST https://rcmapi.instaalerts.zone/services/rcm/sendMessage");
    assert_eq!(key(&request), Some("Bearer our-account-key=="));
    assert!(request.headers()["authentication"].is_sensitive());
    assert!(request.headers().get("authorization").is_none());
    assert_eq!(request.headers()["content-type"], "application/json");
    let expected = json!({
        "message": {
            "channel": "WABA",
            "content": { "type": "TEXT", "text": "Namaste 👋", "preview_url": false },
            "recipient": {
                "to": USER,
                "recipient_type": "individual",
                "reference": {
                    "cust_ref": "MSG010101010101010101010101010101010101010101010101010101010101",
                },
            },
            "sender": { "from": NUMBER },
            "preferences": { "webHookDNId": "1001" },
        },
        "metaData": { "version": "v1.0.9" },
    });
    assert_eq!(body(&request), expected);
}

/// K59: sender, its name, the host and the reports' webhook are the channel's.
#[test]
fn the_channel_says_from_where() {
    let channel = channel_with(
        &[
            ("from", "+912200000099"),
            ("vendor", "Pier"),
            ("webhook_dn_id", "2002"),
            ("base_url", "https://rcmqa.karix.com/"),
        ],
        &[("account_key", KEY)],
    );
    let request = Karix.build(&channel, &sending(ToUser::text("a"))).unwrap();
    assert_eq!(line(&request), "POST https://rcmqa.karix.com/services/rcm/sendMessage");
    let message = body(&request)["message"].clone();
    assert_eq!(message["sender"], json!({ "from": "912200000099", "name": "Pier" }));
    assert_eq!(message["preferences"], json!({ "webHookDNId": "2002" }));
}

const LINK: &str = "https://files.example.com/1";

fn media(kind: MediaKind) -> Media {
    Media {
        kind,
        source: Some(MediaSource::Link(LINK.to_owned())),
        mime: None,
        filename: Some("invoice.pdf".to_owned()),
        caption: Some("Your invoice".to_owned()),
        stored: None,
    }
}

/// K35: files by their link, with a caption only where WhatsApp takes one.
#[test]
fn files_are_attachments() {
    let attached = |kind: &str, more: Value| {
        let mut attachment = json!({ "type": kind, "url": LINK });
        for (name, value) in more.as_object().unwrap() {
            attachment[name] = value.clone();
        }
        json!({ "type": "ATTACHMENT", "attachment": attachment })
    };
    let caption = json!({ "caption": "Your invoice" });
    let named = json!({ "fileName": "invoice.pdf" });
    let both = json!({ "fileName": "invoice.pdf", "caption": "Your invoice" });
    for (kind, expected) in [
        (MediaKind::Image, attached("image", caption.clone())),
        (MediaKind::Video, attached("video", caption)),
        (MediaKind::Audio, attached("audio", json!({}))),
        (MediaKind::Voice, attached("audio", json!({}))),
        (MediaKind::Document, attached("document", both)),
        // Karix has no stickers.
        (MediaKind::Sticker, attached("document", named)),
    ] {
        assert_eq!(content_of(ToUser::Media(media(kind)), &channel()), expected, "{kind:?}");
    }
    let picture = Media { mime: Some("image/png".to_owned()), ..media(MediaKind::Sticker) };
    assert_eq!(content_of(ToUser::Media(picture), &channel()), attached("image", json!({})));
}

fn choice(id: &str, title: &str) -> Choice {
    Choice { id: id.to_owned(), title: title.to_owned(), description: None }
}

/// K35: buttons and lists are the Cloud API's objects, places stand as they were written.
#[test]
fn menus_and_places_are_sent() {
    let buttons = ToUser::Buttons {
        header: Some(Header::Media(Media { caption: None, ..media(MediaKind::Image) })),
        body: "Ship it?".to_owned(),
        footer: Some("Pier".to_owned()),
        buttons: vec![choice("yes", "Yes"), choice("no", "No")],
    };
    let expected = json!({ "type": "INTERACTIVE", "interactive": {
        "type": "button",
        "header": { "type": "image", "image": { "link": LINK } },
        "body": { "text": "Ship it?" },
        "footer": { "text": "Pier" },
        "action": { "buttons": [
            { "type": "reply", "reply": { "id": "yes", "title": "Yes" } },
            { "type": "reply", "reply": { "id": "no", "title": "No" } },
        ] },
    } });
    assert_eq!(content_of(buttons, &channel()), expected);
    let list = ToUser::List {
        header: None,
        body: "When?".to_owned(),
        footer: None,
        button: "Choose".to_owned(),
        sections: vec![Section { title: None, rows: vec![choice("9", "Nine")] }],
    };
    let expected = json!({ "type": "INTERACTIVE", "interactive": {
        "type": "list",
        "body": { "text": "When?" },
        "action": { "button": "Choose", "sections": [
            { "rows": [{ "id": "9", "title": "Nine" }] },
        ] },
    } });
    assert_eq!(content_of(list, &channel()), expected);
    let place = Location {
        latitude: "9.93120".to_owned(),
        longitude: "76.2673".to_owned(),
        name: Some("Pier".to_owned()),
        address: None,
    };
    let expected = json!({ "type": "location", "location": {
        "latitude": "9.93120", "longitude": "76.2673", "name": "Pier",
    } });
    assert_eq!(content_of(ToUser::Location(place), &channel()), expected);
}

fn link_button(header: Option<Header>) -> ToUser {
    ToUser::CtaUrl {
        header,
        body: "The offer ends today.".to_owned(),
        footer: Some("Pier".to_owned()),
        display_text: "Look".to_owned(),
        url: "https://example.com/offer".to_owned(),
    }
}

/// karix 2: cards and links go as text where Karix has no form for them.
#[test]
fn what_has_no_form_goes_as_text() {
    let contacts = vec![
        json!({
            "name": { "formatted_name": "Ravi Menon" },
            "org": { "company": "Pier" },
            "phones": [{ "phone": "+91 99000 00012" }, { "type": "HOME" }],
            "emails": [{ "email": "ravi@example.com" }],
        }),
        json!({ "name": { "formatted_name": "Asha" } }),
        json!({}),
    ];
    let text = "Ravi Menon\nPier\n+91 99000 00012\nravi@example.com\n\nAsha";
    let expected = json!({ "type": "TEXT", "text": text, "preview_url": false });
    assert_eq!(content_of(ToUser::Contacts { contacts }, &channel()), expected);
    let text = "Offer\n\nThe offer ends today.\n\nPier\n\nLook: https://example.com/offer";
    let expected = json!({ "type": "TEXT", "text": text, "preview_url": true });
    let header = Some(Header::Text("Offer".to_owned()));
    assert_eq!(content_of(link_button(header), &channel()), expected);
}

/// karix 2: other interactive objects only where the channel says that its account takes them.
#[test]
fn cloud_interactive_objects_are_a_choice() {
    let open = channel_with(&[("cloud_interactive", "true")], &[("account_key", KEY)]);
    let flow = json!({ "type": "flow", "body": { "text": "a" }, "action": {} });
    let content = content_of(ToUser::Interactive { interactive: flow.clone() }, &open);
    assert_eq!(content, json!({ "type": "INTERACTIVE", "interactive": flow }));
    assert_eq!(content_of(link_button(None), &open)["interactive"]["type"], "cta_url");
    let request = ToUser::LocationRequest { body: "Where?".to_owned() };
    let content = content_of(request, &open);
    assert_eq!(content["interactive"]["type"], "location_request_message");
}

/// README "a clear Unsupported": what can neither be sent nor said in another way.
#[test]
fn what_cannot_be_sent_is_said() {
    let source = |source| ToUser::Media(Media { source, ..media(MediaKind::Image) });
    for content in [
        ToUser::Reaction { to: "wamid.1".to_owned(), emoji: Some("👍".to_owned()) },
        ToUser::LocationRequest { body: "Where?".to_owned() },
        ToUser::Interactive { interactive: json!({ "type": "order_details" }) },
        ToUser::Contacts { contacts: vec![json!({})] },
        link_button(Some(Header::Media(media(MediaKind::Image)))),
        source(None),
        source(Some(MediaSource::ProviderId("kx-1".to_owned()))),
        ToUser::Template(TemplateMessage {
            header: Some(TemplateHeader::Text("a".to_owned())),
            ..template()
        }),
        ToUser::Template(TemplateMessage { body_names: vec!["name".to_owned()], ..template() }),
        ToUser::Template(TemplateMessage { offer_expires: Some(NOW), ..template() }),
        ToUser::Template(TemplateMessage {
            buttons: vec![button(0, ButtonValue::CopyCode { code: "C1".to_owned() })],
            ..template()
        }),
    ] {
        let kind = content.kind();
        let refused = Karix.build(&channel(), &sending(content)).unwrap_err();
        assert_eq!(refused.to_string(), format!("{kind} cannot be sent through karix"));
    }
    let hidden = Sending {
        to: Address::Bsuid(Bsuid::parse("IN.1A2B3C4D5E6F").unwrap()),
        ..sending(ToUser::text("a"))
    };
    assert!(Karix.build(&channel(), &hidden).is_err(), "a recipient is a number here");
}

fn template() -> TemplateMessage {
    TemplateMessage {
        name: "pickup_ready_0a0b0c0d".to_owned(),
        provider_id: Some("1500600700800900".to_owned()),
        language: "en-US".to_owned(),
        header: None,
        body: vec!["Meera".to_owned(), "77".to_owned()],
        ..TemplateMessage::default()
    }
}

fn button(index: u8, value: ButtonValue) -> TemplateButtonValue {
    TemplateButtonValue { index, value }
}

/// K37, K38: by its name, with values counted from "0".
#[test]
fn a_template_goes_by_its_name() {
    let expected = json!({ "type": "TEMPLATE", "template": {
        "templateId": "pickup_ready_0a0b0c0d",
        "parameterValues": { "0": "Meera", "1": "77" },
    } });
    assert_eq!(content_of(ToUser::Template(template()), &channel()), expected);
    let bare = TemplateMessage { body: Vec::new(), ..template() };
    let content = content_of(ToUser::Template(bare), &channel());
    assert_eq!(content["template"]["parameterValues"], json!({}));
    let told = channel_with(&[("template_language", "true")], &[("account_key", KEY)]);
    let content = content_of(ToUser::Template(template()), &told);
    assert_eq!(content["template"]["language"], "en_US");
}

/// K39, K40: a file above it or buttons below make it a media template, together or each alone.
#[test]
fn a_template_with_file_or_buttons_is_a_media_template() {
    let buttons = vec![
        button(0, ButtonValue::QuickReply { payload: "otb:1:continue".to_owned() }),
        button(2, ButtonValue::Url { suffix: "77".to_owned() }),
    ];
    let header = Some(TemplateHeader::Media(media(MediaKind::Document)));
    let media = json!({ "type": "document", "url": LINK, "fileName": "invoice.pdf" });
    let actions = json!({ "actions": [
        { "type": "quick_reply", "index": "0", "payload": "otb:1:continue" },
        { "type": "url", "index": "2", "payload": "77" },
    ] });
    let content = |header: Option<TemplateHeader>, buttons: Vec<TemplateButtonValue>| {
        let message = TemplateMessage { header, buttons, ..template() };
        content_of(ToUser::Template(message), &channel())
    };
    let whole = content(header.clone(), buttons.clone());
    let expected = json!({ "type": "MEDIA_TEMPLATE", "mediaTemplate": {
        "templateId": "pickup_ready_0a0b0c0d",
        "media": media,
        "bodyParameterValues": { "0": "Meera", "1": "77" },
        "buttons": actions,
    } });
    assert_eq!(whole, expected);
    let only_file = content(header, Vec::new());
    assert!(only_file["mediaTemplate"].get("buttons").is_none(), "{only_file}");
    let only_buttons = content(None, buttons);
    assert_eq!(only_buttons["mediaTemplate"]["buttons"], actions);
    assert!(only_buttons["mediaTemplate"].get("media").is_none(), "{only_buttons}");
}

fn fetched(channel: &OpenChannel, source: MediaSource) -> Option<Request<Vec<u8>>> {
    let media = Media { source: Some(source), ..media(MediaKind::Image) };
    match Karix.fetch_media(channel, &media) {
        Fetch::Bytes(request) | Fetch::Lookup(request) => Some(request),
        Fetch::Copy { .. } | Fetch::Nothing => None,
    }
}

/// karix 7: the key goes to Karix and nowhere else, and a link stays as it came.
#[test]
fn files_are_fetched_with_the_key_only_where_it_belongs() {
    let private = |url: &str| MediaSource::PrivateLink { url: url.to_owned(), id: String::new() };
    let own = channel_with(&[("base_url", "http://127.0.0.1:1/karix")], &[("account_key", KEY)]);
    for url in [
        "https://rcmmedia.instaalerts.zone/services/media/download?filedata=h0%2BZ%3D%3D",
        "https://instaalerts.zone/a",
        "https://rcmqa.karix.com/a?b=%252B",
        "https://files.karix.solutions/a",
    ] {
        let request = fetched(&channel(), private(url)).unwrap_or_else(|| panic!("{url}"));
        assert_eq!(line(&request), format!("GET {url}"));
        assert_eq!(key(&request), Some("Bearer our-account-key=="));
    }
    for url in [
        "http://rcmmedia.instaalerts.zone/a",
        "https://instaalerts.zone.example.com/a",
        "https://evilinstaalerts.zone/a",
        "https://karix.example.com/a",
        "http://127.0.0.1:1/karix/a",
        "nothing",
    ] {
        assert!(fetched(&channel(), private(url)).is_none(), "{url}");
    }
    assert!(fetched(&own, private("http://127.0.0.1:1/karix/a")).is_some());
    assert!(fetched(&own, private("http://127.0.0.1:2/karix/a")).is_none());

    let open = fetched(&channel(), MediaSource::Link("https://files.example.com/a".to_owned()));
    assert!(open.unwrap().headers().is_empty());
    assert!(fetched(&channel(), MediaSource::Link("/a".to_owned())).is_none());
}

/// karix 7: an id is looked up, and its word goes into the download as it is.
#[test]
fn a_file_with_an_id_is_looked_up() {
    let request = fetched(&channel(), MediaSource::ProviderId("kx-1/2".to_owned())).unwrap();
    let expected = "GET https://rcmmedia.instaalerts.zone/services/media/get?media_id=kx-1%2F2";
    assert_eq!(line(&request), expected);
    let found = answer(200, fixture!("media-get.response.json"));
    let request = Karix.read_media_location(&channel(), &found).unwrap();
    let expected = "GET https://rcmmedia.instaalerts.zone/services/media/download?filedata=\
                    b3VyLWltYWdl%2Bx%3D";
    assert_eq!(line(&request), expected);
    assert_eq!(key(&request), Some("Bearer our-account-key=="));
    for (status, body) in [(404, fixture!("media-get.response.json")), (200, "{}"), (200, "")] {
        assert!(Karix.read_media_location(&channel(), &answer(status, body)).is_none());
    }
}
