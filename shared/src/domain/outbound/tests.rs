//! What a template may be made of, and what a sending makes of it.

use super::super::fixtures::{self, map};
use super::super::message::{ButtonValue, Location, MediaSource, TemplateHeader, TemplateMessage};
use super::super::time::Time;
use super::*;

fn text(text: &str) -> String {
    text.to_owned()
}

fn with_content(content: &str) -> Outbound {
    Outbound {
        is_notification: true,
        content: text(content),
        category: Category::Marketing,
        template_type: TemplateType::Text,
        media_url: None,
        variables: template::variables(content).unwrap_or_default(),
        examples: map(&[("name", "Ana"), ("order", "42"), ("code", "25OFF"), ("spare", "x")]),
        buttons: Vec::new(),
        ..fixtures::outbound(&fixtures::channel(ProviderKind::Meta))
    }
}

fn plain() -> Outbound {
    with_content("Your order is on its way to you")
}

fn quick(label: &str) -> Button {
    Button::QuickReply { text: text(label) }
}

fn url(label: &str, url: &str) -> Button {
    Button::Url { text: text(label), url: text(url) }
}

fn card(content: Option<&str>, buttons: Vec<Button>) -> Card {
    let media_url = text("https://a.example/1.png");
    Card { template_type: TemplateType::Image, media_url, content: content.map(text), buttons }
}

fn otp(otp: Otp) -> Outbound {
    let mut outbound = with_content("Your code is {{.code}}");
    outbound.category = Category::Authentication;
    outbound.parts.otp = Some(otp);
    outbound
}

fn app() -> App {
    App { package_name: text("com.example.shop"), signature_hash: text("K8a-AINcGX7") }
}

/// The field and the rule that it breaks; empty if it breaks none.
fn broken(outbound: Outbound) -> String {
    outbound.checked().err().map(|broken| broken.to_string()).unwrap_or_default()
}

fn changed(change: impl FnOnce(&mut Outbound)) -> Outbound {
    let mut outbound = plain();
    change(&mut outbound);
    outbound
}

/// T30, T31: contents that WhatsApp takes, and those that it refuses, with the rule.
#[test]
fn a_content_keeps_the_rules_of_bodies() {
    let long = "x".repeat(1025);
    for (content, rule) in [
        ("Hello, ¿Are you ready to start the process?", ""),
        ("Hello {{.name}}, ¿Are you ready to start the process?", ""),
        ("Hello {{.name}} {{ .order }}, ¿Are you ready to start the process, {{.name}}?", ""),
        ("Hola {{.name}}, ¿empezamos?", ""),
        ("Hello {{.name}}, …", ""),
        ("Your code is {{.code}}.", ""),
        ("您好{{.name}}，您的订单{{.order}}已发货", ""),
        (" ", "content must not be blank"),
        (&long, "content must have at most 1024 characters"),
        ("{{.name}}, hello to you", "content must not begin or end with a variable"),
        ("Hello to you {{.name}}", "content must not begin or end with a variable"),
        ("Hello to you {{.name}} \n", "content must not begin or end with a variable"),
        (
            "Hello {{.name}}{{.order}} and more words",
            "content must have text between two variables",
        ),
        (
            "Hi {{.name}}, {{.order}} ok",
            "content has too many variables for its length: 2 need at least 5 words",
        ),
    ] {
        assert_eq!(broken(with_content(content)), rule, "{content:?}");
    }
    let unknown = broken(with_content("Hello {{.unknown}}, welcome to us"));
    assert_eq!(unknown, "var.unknown is required");
    let kept = with_content("Hello {{.name}}, welcome to us").checked().unwrap();
    assert_eq!(kept.examples, map(&[("name", "Ana")]), "what nobody uses is not kept");
}

/// T33, K41: header and footer.
#[test]
fn header_and_footer_keep_their_rules() {
    let header = |header: &str| changed(|o| o.parts.header_text = Some(text(header)));
    let footer = |footer: &str| changed(|o| o.parts.footer = Some(text(footer)));
    let sixty = "x".repeat(61);
    for (outbound, rule) in [
        (header("Order {{.order}}"), ""),
        (header("{{.order}}"), ""),
        (header(""), "header_text must not be blank"),
        (header(&sixty), "header_text must have at most 60 characters"),
        (header("a\nb"), "header_text must be one line"),
        (header("{{.order}} of {{.name}}"), "header_text must have at most one variable"),
        (
            header("{{1}}"),
            "header_text has the variable {{1}}; a variable is written {{.name}} with letters, \
             digits and _",
        ),
        (
            changed(|o| {
                o.parts.header_text = Some(text("Order"));
                o.template_type = TemplateType::Location;
            }),
            "header_text must not be given unless template_type is TEXT",
        ),
        (footer("Reply STOP to stop"), ""),
        (footer(" "), "footer must not be blank"),
        (footer(&sixty), "footer must have at most 60 characters"),
        (footer("Bye {{.name}}"), "footer must not have variables"),
    ] {
        assert_eq!(broken(outbound), rule);
    }
}

/// T37 to T41, X12: how many buttons of which kind, their texts and their addresses.
#[test]
fn buttons_keep_their_rules() {
    let buttons = |buttons: Vec<Button>| changed(|o| o.buttons = buttons);
    let long = format!("https://a.example/{}", "x".repeat(2000));
    let many = (0..11).map(|n| quick(&n.to_string())).collect();
    let code = |code: &str| Button::CopyCode { example: text(code) };
    for (outbound, rule) in [
        (
            buttons(vec![
                quick("A"),
                url("B", "https://a.example/{{.order}}"),
                url("C", "https://a.example"),
                Button::Phone { text: text("D"), number: text("+573181230000") },
                code("25OFF"),
            ]),
            "",
        ),
        (buttons(many), "quick_replies make more than 10 buttons in all"),
        (buttons(vec![quick(&"x".repeat(26))]), "quick_replies must have at most 25 characters"),
        (buttons(vec![quick("Hi {{.name}}")]), "quick_replies must not have variables"),
        (
            buttons(vec![quick("A"), quick("A ")]),
            "quick_replies must differ from the other quick replies",
        ),
        (
            buttons(vec![url("A", &long)]),
            "call_to_action.url.url must have at most 2000 characters",
        ),
        (
            buttons(vec![
                url("A", "https://a.example"),
                url("B", "https://a.example/{{.order}}/x"),
            ]),
            "call_to_action.second_url.url must have at most one variable, and that at its end",
        ),
        (
            buttons(vec![url("A", "https://a.example/{{.name}}/{{.order}}")]),
            "call_to_action.url.url must have at most one variable, and that at its end",
        ),
        (
            buttons(vec![url("A", "https://a"), url("B", "https://b"), url("C", "https://c")]),
            "call_to_action must have at most 2 addresses",
        ),
        (buttons(vec![code(&"x".repeat(16))]), "copy_code must have at most 15 characters"),
        (buttons(vec![url("A", "https://a.example/{{.none}}")]), "var.none is required"),
    ] {
        assert_eq!(broken(outbound), rule);
    }
}

/// T4: an authentication template has a code, a button and nothing else of ours.
#[test]
fn authentication_templates_have_no_words_of_ours() {
    let with = |change: fn(&mut Outbound)| {
        let mut outbound = otp(Otp::default());
        change(&mut outbound);
        outbound
    };
    let ours = "must not be given: WhatsApp words authentication templates itself";
    let minutes = |minutes| Otp { code_expiration_minutes: Some(minutes), ..Otp::default() };
    let tap = |apps| Otp { kind: OtpType::OneTap, apps, ..Otp::default() };
    let named = |package: &str, hash: &str| {
        tap(vec![App { package_name: text(package), signature_hash: text(hash) }])
    };
    for (outbound, rule) in [
        (otp(Otp::default()), String::new()),
        (otp(minutes(90)), String::new()),
        (otp(tap(vec![app()])), String::new()),
        (otp(minutes(0)), text("otp.code_expiration_minutes must be between 1 and 90")),
        (otp(minutes(91)), text("otp.code_expiration_minutes must be between 1 and 90")),
        (otp(tap(Vec::new())), text("otp.apps must have 1 to 5 apps that may take the code")),
        (
            otp(Otp { apps: vec![app()], ..Otp::default() }),
            text("otp.apps must not be given where the code is copied"),
        ),
        (
            otp(named("shop", "K8a-AINcGX7")),
            text("otp.apps[0].package_name must be like com.example.shop"),
        ),
        (otp(named("a.b", "short")), text("otp.apps[0].signature_hash must have 11 characters")),
        (
            with(|o| o.content = text("No code at all")),
            text("content must have one variable, the code: category is AUTHENTICATION"),
        ),
        (with(|o| o.template_type = TemplateType::Image), format!("template_type {ours}")),
        (with(|o| o.parts.footer = Some(text("Bye"))), format!("footer {ours}")),
        (
            with(|o| o.is_notification = false),
            text("is_notification must be true: category is AUTHENTICATION"),
        ),
        (
            with(|o| o.buttons = vec![Button::CopyCode { example: text("A") }]),
            format!("copy_code {ours}"),
        ),
        (
            with(|o| o.examples = map(&[("code", "0123456789ABCDEF")])),
            text("var.code must have at most 15 characters"),
        ),
        (
            with(|o| o.category = Category::Utility),
            text("otp must not be given unless category is AUTHENTICATION"),
        ),
        (with(|o| o.parts.otp = None), text("otp is required: category is AUTHENTICATION")),
    ] {
        assert_eq!(broken(outbound), rule);
    }
}

/// Offers and carousels stand with little else, and all cards are alike.
#[test]
fn offers_and_cards_keep_their_rules() {
    let offer = |change: fn(&mut Outbound)| {
        changed(|o| {
            o.parts.offer = Some(Offer { text: text("Only today"), has_expiration: true });
            change(o);
        })
    };
    let cards = |cards: Vec<Card>| changed(|o| o.parts.cards = cards);
    let more = || vec![quick("More")];
    let link = || vec![url("More", "https://a.example/{{.order}}")];
    let moving = Card { template_type: TemplateType::Video, ..card(None, more()) };
    for (outbound, rule) in [
        (offer(|_| {}), ""),
        (offer(|o| o.template_type = TemplateType::Video), ""),
        (
            offer(|o| o.category = Category::Utility),
            "limited_time_offer must not be given unless category is MARKETING",
        ),
        (
            offer(|o| o.template_type = TemplateType::Document),
            "limited_time_offer wants a picture, a video or nothing above the text",
        ),
        (
            offer(|o| o.parts.footer = Some(text("Bye"))),
            "footer must not be given together with limited_time_offer",
        ),
        (offer(|o| o.content = "x".repeat(601)), "content must have at most 600 characters"),
        (cards(vec![card(Some("Of {{.name}} now"), link()), card(Some("Two"), link())]), ""),
        (cards(vec![card(None, more())]), "cards must have 2 to 10 cards"),
        (
            cards(vec![card(None, more()), moving]),
            "cards[1].template_type must be IMAGE on all cards or VIDEO on all cards",
        ),
        (
            cards(vec![card(None, more()), card(Some("Two"), more())]),
            "cards[1].content must be given on all cards or on none",
        ),
        (
            cards(vec![card(Some(&"x".repeat(161)), more()), card(Some("Two"), more())]),
            "cards[0].content must have at most 160 characters",
        ),
        (
            cards(vec![card(None, more()), card(None, Vec::new())]),
            "cards[1] must have one or two buttons",
        ),
        (
            cards(vec![card(None, more()), card(None, link())]),
            "cards[1] must have the same types of buttons as the first card",
        ),
        (
            cards(vec![card(None, vec![quick("A"), quick("A")]), card(None, more())]),
            "cards[0].quick_replies must differ from the other quick replies",
        ),
        (
            changed(|o| {
                o.parts.cards = vec![card(None, more()), card(None, more())];
                o.buttons = vec![quick("B")];
            }),
            "cards leave no place for another header or other buttons",
        ),
    ] {
        assert_eq!(broken(outbound), rule);
    }
}

fn message(outbound: &Outbound, filling: Filling) -> TemplateMessage {
    let filling = outbound.fit(filling).unwrap();
    outbound.message(&filling, |reply| payload(outbound.id, reply))
}

fn values(message: &TemplateMessage) -> Vec<(u8, ButtonValue)> {
    message.buttons.iter().map(|button| (button.index, button.value.clone())).collect()
}

/// T48, T54: each part has its values, in the places of the template's own parts.
#[test]
fn a_sending_fills_every_part() {
    let mut outbound = with_content("Hello {{.name}}, your order {{.order}} is here");
    outbound.parts.header_text = Some(text("Order {{.order}}"));
    outbound.parts.footer = Some(text("Bye"));
    outbound.buttons = vec![
        Button::Continue { text: text("Go") },
        quick("Stop"),
        url("See", "https://a.example/{{.code}}"),
        url("Shop", "https://a.example"),
        Button::CopyCode { example: text("25OFF") },
    ];
    assert_eq!(outbound.names(), ["order", "name", "code"]);
    let given = Filling::of(&map(&[("name", "Eva\n P."), ("order", "7"), ("code", "x9")]));
    let sent = message(&outbound, given);
    assert_eq!(sent.header, Some(TemplateHeader::Text(text("7"))));
    assert_eq!(sent.body, ["Eva P.", "7"]);
    assert_eq!(sent.rendered.as_deref(), Some("Hello Eva P., your order 7 is here"));
    assert_eq!(sent.rendered_header.as_deref(), Some("Order 7"));
    assert_eq!(sent.footer.as_deref(), Some("Bye"));
    assert_eq!(
        values(&sent),
        [
            (0, ButtonValue::QuickReply { payload: payload(outbound.id, Reply::Continue) }),
            (1, ButtonValue::QuickReply { payload: text("Stop") }),
            (2, ButtonValue::Url { suffix: text("x9") }),
            (4, ButtonValue::CopyCode { code: text("25OFF") }),
        ]
    );
    let missing = outbound.fit(Filling::of(&map(&[("name", "Eva"), ("order", "7")])));
    assert_eq!(missing.unwrap_err().to_string(), "var.code is required");
}

/// T4: the code stands in the text and on the button; what WhatsApp words is not known.
#[test]
fn a_code_stands_in_text_and_button() {
    let outbound = otp(Otp::default());
    let sent = message(&outbound, Filling::of(&map(&[("code", "123456")])));
    assert_eq!((sent.body.as_slice(), sent.rendered.as_deref()), (&[text("123456")][..], None));
    assert_eq!(values(&sent), [(0, ButtonValue::Url { suffix: text("123456") })]);
    let long = outbound.fit(Filling::of(&map(&[("code", "0123456789ABCDEF")])));
    assert_eq!(long.unwrap_err().to_string(), "var.code must have at most 15 characters");
}

/// A place and an offer's end are told with each sending, and files may be.
#[test]
fn places_ends_and_files_come_with_the_sending() {
    let place = changed(|o| o.template_type = TemplateType::Location);
    assert!(!place.is_ready_alone());
    let missing = place.fit(Filling::default()).unwrap_err().to_string();
    assert_eq!(missing, "header_location is required: template_type is LOCATION");
    let location =
        Location { latitude: text("4.6"), longitude: text("-74.1"), name: None, address: None };
    let given = Filling { location: Some(location.clone()), ..Filling::default() };
    assert_eq!(message(&place, given).header, Some(TemplateHeader::Location(location)));

    let offer = changed(|o| {
        o.parts.offer = Some(Offer { text: text("Today"), has_expiration: true });
    });
    let missing = offer.fit(Filling::default()).unwrap_err().to_string();
    assert_eq!(missing, "offer_expiration is required: the offer ends at a time");
    let end = Time::from_millis(1_710_200_000_000);
    let given = Filling { offer_expires: Some(end), ..Filling::default() };
    assert_eq!(message(&offer, given).offer_expires, Some(end));

    let document = changed(|o| {
        o.template_type = TemplateType::Document;
        o.media_url = Some(text("https://a.example/d/bill.pdf?x=1"));
    });
    let header = |filling| match message(&document, filling).header {
        Some(TemplateHeader::Media(media)) => (media.source, media.filename),
        other => panic!("{other:?}"),
    };
    let link = |url: &str| Some(MediaSource::Link(text(url)));
    assert_eq!(
        header(Filling::default()),
        (link("https://a.example/d/bill.pdf?x=1"), Some(text("bill.pdf")))
    );
    let given = Filling {
        media_url: Some(text("https://a.example/7")),
        filename: Some(text("Bill 7.pdf")),
        ..Filling::default()
    };
    assert_eq!(header(given), (link("https://a.example/7"), Some(text("Bill 7.pdf"))));
}

/// Each card has its file, its values and its buttons; quick replies say which card they stand on.
#[test]
fn cards_are_filled_one_by_one() {
    let buttons = || vec![quick("More"), url("See", "https://a.example/{{.order}}")];
    let outbound = changed(|o| {
        o.parts.cards =
            vec![card(Some("For {{.name}} now"), buttons()), card(Some("For you"), buttons())];
    });
    assert_eq!(outbound.files().count(), 2);
    let sent = message(&outbound, Filling::of(&map(&[("name", "Eva"), ("order", "7")])));
    let told: Vec<_> = sent.cards.iter().map(|card| card.body.clone()).collect();
    assert_eq!(told, [vec![text("Eva")], Vec::new()]);
    let second: Vec<_> = sent.cards[1].buttons.iter().map(|button| &button.value).collect();
    assert_eq!(
        second,
        [
            &ButtonValue::QuickReply { payload: text("2:More") },
            &ButtonValue::Url { suffix: text("7") }
        ]
    );
}

/// T34: a provider's word for the language, with or without its region.
#[test]
fn a_language_is_known_by_its_words() {
    let outbound = plain();
    for word in ["pt_BR", "pt-BR", "PT_br", "pt", ""] {
        assert!(outbound.is_language(word), "{word}");
    }
    for word in ["pt_PT", "es", "en_US", "p"] {
        assert!(!outbound.is_language(word), "{word}");
    }
}

/// T46: a pause holds for a while, whatever the provider calls it, and what is rejected never rises again.
#[test]
fn a_pause_is_no_end() {
    for word in ["PAUSED", "FIRST_PAUSED", "SECOND_PAUSED"] {
        let held = ReviewStatus::Approved.after(word);
        assert_eq!((held, held.after("APPROVED")), (ReviewStatus::Pending, ReviewStatus::Approved));
    }
    let ended = ReviewStatus::Approved.after("DISABLED");
    assert_eq!(ended.after("REINSTATED"), ReviewStatus::Rejected);
}

/// What was stored before templates had parts is still read.
#[test]
fn yesterdays_outbounds_are_read() {
    let mut stored = serde_json::to_value(plain()).unwrap();
    let fields = stored.as_object_mut().unwrap();
    fields.remove("parts");
    fields.remove("rating");
    assert_eq!(serde_json::from_value::<Outbound>(stored).unwrap(), plain());
}
