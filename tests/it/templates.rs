//! Templates with all their parts: from the form over the review to what users see (contracts 3, whatsapp-rules 6).

use serde_json::{Value, json};
use simulator::message::{Button, ToUser};
use simulator::template::{CategoryChange, Header, Review, Template};
use tests::clock::minutes;
use tests::stage::{Number, text};
use tests::{Bundle, Customer};

const OUTBOUNDS: &str = "/v1/whatsapp/outbounds";
const SEND: &str = "/v1/whatsapp/outbounds/send";

/// A notification without anything beside its text.
fn plain() -> Value {
    json!({
        "waba_phone_number": "573177700000", "is_notification": true,
        "content": "Hello {{.name}}, your order is here.", "category": "MARKETING",
        "template_type": "TEXT", "language_code": "en", "outbound_name": "Order",
        "var": { "name": "Ana" },
    })
}

fn with(body: &Value, changes: &Value) -> Value {
    let mut body = body.clone();
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

struct Scene<'a> {
    bundle: &'a Bundle,
    shop: Customer<'a>,
    number: Number<'a>,
}

async fn scene(bundle: &Bundle) -> Scene<'_> {
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    Scene { bundle, shop, number }
}

impl Scene<'_> {
    async fn create(&self, body: &Value) -> Value {
        self.shop.post(OUTBOUNDS, body).await.expect(201)
    }

    fn template(&self) -> Template {
        self.bundle.simulator.read(|state| state.templates.last().cloned()).expect("one is there")
    }

    async fn decide(&self, review: Review) {
        self.bundle.simulator.decide_template(&self.template().id, review).unwrap();
        self.bundle.run().await;
        // What a provider does not tell, its list shows.
        self.bundle.turn(minutes(6)).await;
        self.bundle.poll().await;
    }

    async fn outbound(&self, id: &str) -> Value {
        self.shop.get(&format!("{OUTBOUNDS}/{id}")).await.expect(200)
    }

    async fn approved(&self, body: &Value) -> String {
        let made = self.create(body).await;
        let id = text(&made, "outbound_id");
        self.decide(Review::Approved).await;
        let known = self.outbound(&id).await;
        assert_eq!(known["status"], "APPROVED", "{known}");
        id
    }

    /// Sends it to Ana; what she sees.
    async fn sends(&self, id: &str, more: &Value) -> ToUser {
        let ana = self.number.person("573001234567", "Ana");
        let body = json!({ "outbound_id": id, "phone_number": "+573001234567",
                           "user_authorized": true, "var": { "name": "Eva" } });
        let sent = self.shop.post(SEND, &with(&body, more)).await.expect(202);
        self.bundle.run().await;
        let path = format!("{OUTBOUNDS}/sends/{}", text(&sent, "outbound_message_id"));
        let send = self.shop.get(&path).await.expect(200);
        assert_eq!(send["status"], "delivered", "{send}");
        ana.last_sent()
    }
}

fn link(title: &str, url: &str) -> Button {
    Button::Url { title: title.to_owned(), url: url.to_owned() }
}

/// T33, T40, T41, K41: header, footer, further quick replies, two addresses, a number and a coupon are submitted and
/// filled.
#[tokio::test]
async fn every_part_is_submitted_and_filled() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let body = with(
        &plain(),
        &json!({
            "header_text": "Order {{.order}}", "footer": "The shop", "quick_replies": ["Stop"],
            "copy_code": "25OFF",
            "call_to_action": {
                "url": { "message": "Track", "url": "https://shop.example/o/{{.order}}" },
                "second_url": { "message": "Shop", "url": "https://shop.example" },
                "phone": { "message": "Call", "number": "+573181230000" } },
            "var": { "name": "Ana", "order": "42" },
        }),
    );
    let id = s.approved(&body).await;
    let template = s.template();
    assert_eq!(template.header, Header::Text { text: "Order {{1}}".to_owned() });
    assert_eq!(template.submitted["components"][0]["example"]["header_text"], json!(["42"]));
    let known = s.outbound(&id).await;
    assert_eq!(known["variables"], json!(["order", "name"]));
    assert_eq!(known["footer"], "The shop");
    assert_eq!(known["buttons"][4], json!({ "type": "COPY_CODE", "code": "25OFF" }), "{known}");
    let seen =
        s.sends(&id, &json!({ "var": { "name": "Eva", "order": "7" }, "copy_code": "EVA7" })).await;
    assert_eq!((seen.header.as_str(), seen.footer.as_str()), ("Order 7", "The shop"));
    assert_eq!(seen.body, "Hello Eva, your order is here.");
    assert_eq!(
        seen.buttons,
        [
            Button::QuickReply { payload: "Stop".to_owned(), title: "Stop".to_owned() },
            link("Track", "https://shop.example/o/7"),
            link("Shop", "https://shop.example"),
            Button::Phone { title: "Call".to_owned(), number: "+573181230000".to_owned() },
            Button::CopyCode { title: "Copy offer code".to_owned(), code: "EVA7".to_owned() },
        ]
    );
    let missing = json!({ "outbound_id": id, "phone_number": "+573001234567",
                          "user_authorized": true, "var": { "name": "Eva" } });
    s.shop.post(SEND, &missing).await.expect_error(400, "var.order");
    bundle.assert_no_dead_letters();
}

/// T30 to T41: what WhatsApp would refuse is refused at once, with field and rule, and is not submitted.
#[tokio::test]
async fn what_breaks_a_rule_is_not_submitted() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    for (changes, field, rule) in [
        (json!({ "content": "Your order is here, {{.name}}" }), "content", "begin or end"),
        (json!({ "content": "Hi {{.name}}{{.name}} of the shop" }), "content", "between two"),
        (json!({ "header_text": "{{.name}} {{.name}}" }), "header_text", "at most one variable"),
        (json!({ "footer": "Bye {{.name}}" }), "footer", "must not have variables"),
        (json!({ "quick_replies": ["A", "A"] }), "quick_replies", "must differ"),
        (json!({ "copy_code": "0123456789ABCDEF" }), "copy_code", "1 to 15 characters"),
        (json!({ "otp": {} }), "otp", "unless category is AUTHENTICATION"),
        (json!({ "category": "AUTHENTICATION", "footer": "Bye" }), "footer", "WhatsApp words"),
        (
            json!({ "category": "AUTHENTICATION", "otp": { "code_expiration_minutes": 91 } }),
            "otp.code_expiration_minutes",
            "between 1 and 90",
        ),
        (
            json!({ "category": "AUTHENTICATION", "otp": { "type": "zero_tap" } }),
            "otp.zero_tap_terms_accepted",
            "must be true",
        ),
        (
            json!({ "limited_time_offer": { "text": "x".repeat(17) } }),
            "limited_time_offer.text",
            "16",
        ),
        (
            json!({ "cards": [{ "template_type": "IMAGE", "media_url": "http://a.example" }] }),
            "cards[0].media_url",
            "https",
        ),
        (
            json!({ "call_to_action": { "url": { "message": "A", "url": "https://a.example/{{.name}}/x" } } }),
            "call_to_action.url.url",
            "at its end",
        ),
    ] {
        let answer = s.shop.post(OUTBOUNDS, &with(&plain(), &changes)).await;
        let error = answer.expect_error(400, field);
        assert!(text(&error, "message").contains(rule), "{error}");
    }
    assert_eq!(bundle.simulator.read(|state| state.templates.len()), 0);
    // A channel that cannot bring files to Meta says which setting it lacks.
    let path = format!("/v1/channels/{}", s.number.channel);
    s.shop.put(&path, &json!({ "settings": { "app_id": "" } })).await.expect(200);
    let picture = json!({ "template_type": "IMAGE", "media_url": "https://a.example/1.png" });
    let answer = s.shop.post(OUTBOUNDS, &with(&plain(), &picture)).await;
    answer.expect_error(400, "template_type wants the channel to have the setting app_id");
}

/// T4: a one-time password, to be copied or taken by an app, is worded by WhatsApp.
#[tokio::test]
async fn a_one_time_password_is_worded_by_whatsapp() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let app = json!({ "package_name": "com.example.shop", "signature_hash": "K8a-AINcGX7" });
    for otp in [
        json!({ "type": "copy_code", "message": "Copy", "add_security_recommendation": true,
                "code_expiration_minutes": 10 }),
        json!({ "type": "one_tap", "message": "Copy", "autofill_message": "Fill in", "apps": [app],
                "code_expiration_minutes": 10 }),
        json!({ "type": "zero_tap", "message": "Copy", "apps": [app],
                "zero_tap_terms_accepted": true, "code_expiration_minutes": 10 }),
    ] {
        let body = with(
            &plain(),
            &json!({ "category": "AUTHENTICATION", "content": "{{.code}}", "otp": otp,
                     "outbound_name": otp["type"], "var": { "code": "000000" } }),
        );
        let id = s.approved(&body).await;
        let known = s.outbound(&id).await;
        assert_eq!(known["otp"]["type"], otp["type"]);
        assert_eq!(known["buttons"], json!([{ "type": "OTP", "text": "Copy" }]));
        let seen = s.sends(&id, &json!({ "var": { "code": "123456" } })).await;
        assert!(seen.body.starts_with("123456 is your verification code."), "{seen:?}");
        assert_eq!(seen.footer, "This code expires in 10 minutes.");
        let copy = Button::CopyCode { title: "Copy".to_owned(), code: "123456".to_owned() };
        assert_eq!(seen.buttons, [copy]);
    }
    let worded = with(
        &plain(),
        &json!({ "category": "AUTHENTICATION", "content": "Your code is {{.code}}",
                 "var": { "code": "000000" } }),
    );
    let made = s.create(&worded).await;
    assert!(made["warnings"][0].as_str().unwrap().starts_with("content is not shown"), "{made}");
    let send = json!({ "outbound_id": made["outbound_id"], "phone_number": "+573001234567",
                       "user_authorized": true, "var": { "code": "0123456789ABCDEF" } });
    s.decide(Review::Approved).await;
    s.shop.post(SEND, &send).await.expect_error(400, "var.code");
}

/// T33, T36: a document is uploaded for its review, and each sending may bring its own; a place always does.
#[tokio::test]
async fn files_are_uploaded_and_places_are_given() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let file = bundle.sample("application/pdf");
    let body = with(&plain(), &json!({ "template_type": "DOCUMENT", "media_url": file }));
    let id = s.approved(&body).await;
    let uploads =
        bundle.wire.called().iter().filter(|call| call.path.ends_with("/uploads")).count();
    assert_eq!(uploads, 1);
    let other = json!({ "media_url": "https://shop.example/bill-7.pdf", "filename": "Bill.pdf" });
    let shown = s.sends(&id, &other).await.file.expect("a file");
    assert_eq!(shown.link.as_deref(), Some("https://shop.example/bill-7.pdf"));
    assert_eq!(shown.filename.as_deref(), Some("Bill.pdf"));

    let id = s.approved(&with(&plain(), &json!({ "template_type": "LOCATION" }))).await;
    let send = json!({ "outbound_id": id, "phone_number": "+573001234567",
                       "user_authorized": true, "var": { "name": "Eva" } });
    s.shop.post(SEND, &send).await.expect_error(400, "header_location");
    let place =
        json!({ "header_location": { "latitude": "4.6", "longitude": "-74.1", "name": "Shop" } });
    let shown = s.sends(&id, &place).await.location.expect("a place");
    assert_eq!((shown.latitude.as_str(), shown.name.as_str()), ("4.6", "Shop"));
}

/// T36, T47: a file that cannot be a sample rejects the outbound with the reason; one that cannot be had yet is asked
/// for again.
#[tokio::test]
async fn a_file_that_is_no_sample_is_the_reason() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let image = |url: &str| with(&plain(), &json!({ "template_type": "IMAGE", "media_url": url }));
    let pdf = s.create(&image(&bundle.sample("application/pdf"))).await;
    assert_eq!(pdf["status"], "REJECTED", "{pdf}");
    assert!(text(&pdf, "rejected_reason").contains("has the type application/pdf"), "{pdf}");
    let gone = s.create(&image("https://simulator.test/simulator/files/none")).await;
    assert!(text(&gone, "rejected_reason").ends_with("answers 404"), "{gone}");
    let later = s.create(&image("https://nobody.example/1.png")).await;
    assert_eq!(
        (&later["status"], &later["provider_status"]),
        (&json!("PENDING"), &json!("not_submitted"))
    );
    assert_eq!(bundle.simulator.read(|state| state.templates.len()), 0);
}

/// A carousel has its pictures, its values and its buttons card by card; as a form the cards are JSON.
#[tokio::test]
async fn a_carousel_goes_card_by_card() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let (one, two) = (bundle.sample("image/png"), bundle.sample("image/jpeg"));
    let card = |url: &str, content: &str| {
        json!({ "template_type": "IMAGE", "media_url": url, "content": content,
                "quick_replies": ["More"],
                "call_to_action": { "url": { "message": "See", "url": "https://shop.example/{{.sku}}" } } })
    };
    let cards = [
        card(&one, "For {{.name}} and friends").to_string(),
        card(&two, "For everyone").to_string(),
    ];
    let form = [
        ("waba_phone_number", "573177700000"),
        ("is_notification", "true"),
        ("content", "Hello {{.name}}, look at this."),
        ("category", "MARKETING"),
        ("template_type", "TEXT"),
        ("language_code", "en"),
        ("outbound_name", "Cards"),
        ("cards", &cards[0]),
        ("cards", &cards[1]),
        ("var.name", "Ana"),
        ("var.sku", "a-1"),
    ];
    let made = s.shop.form(OUTBOUNDS, &form).await.expect(201);
    assert_eq!(made["cards"][1]["content"], "For everyone");
    assert_eq!(made["provider_status"], "not_submitted", "so many files are brought by the poll");
    bundle.turn(minutes(6)).await;
    bundle.poll().await;
    s.decide(Review::Approved).await;
    let values = json!({ "var": { "name": "Eva", "sku": "b-2" } });
    let seen = s.sends(&text(&made, "outbound_id"), &values).await;
    assert_eq!(seen.body, "Hello Eva, look at this.");
    let told: Vec<_> =
        seen.cards.iter().map(|card| (card.file.link.clone(), card.body.as_str())).collect();
    assert_eq!(told, [(Some(one), "For Eva and friends"), (Some(two), "For everyone")]);
    assert_eq!(
        seen.cards[1].buttons,
        [
            Button::QuickReply { payload: "2:More".to_owned(), title: "More".to_owned() },
            link("See", "https://shop.example/b-2"),
        ]
    );
}

/// A limited-time offer ends when the sending says.
#[tokio::test]
async fn an_offer_ends_when_the_sending_says() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let body = with(
        &plain(),
        &json!({ "limited_time_offer": { "text": "Only today", "has_expiration": true },
                 "copy_code": "25OFF",
                 "call_to_action": { "url": { "message": "Shop", "url": "https://shop.example" } } }),
    );
    let id = s.approved(&body).await;
    let send = json!({ "outbound_id": id, "phone_number": "+573001234567", "user_authorized": true,
                       "var": { "name": "Eva" } });
    s.shop.post(SEND, &send).await.expect_error(400, "offer_expiration");
    let past = with(&send, &json!({ "offer_expiration": "2024-03-11T12:00:00Z" }));
    s.shop.post(SEND, &past).await.expect_error(400, "offer_expiration");
    let seen = s.sends(&id, &json!({ "offer_expiration": "2024-03-12T15:00:00Z" })).await;
    let offer = seen.offer.expect("an offer");
    assert_eq!((offer.text.as_str(), offer.ends_millis), ("Only today", Some(1_710_255_600_000)));
}

/// WhatsApp moves a template to another category, a day after it said so: both are told and shown.
#[tokio::test]
async fn another_category_is_followed() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.shop.hook_rule("log", &["outbound_template.category_changed"], json!({})).await;
    let id = s.approved(&with(&plain(), &json!({ "category": "UTILITY" }))).await;
    for (is_announced, shown) in [
        (true, ("UTILITY", json!("MARKETING"), json!(null))),
        (false, ("MARKETING", json!(null), json!("UTILITY"))),
    ] {
        let change = CategoryChange { category: "MARKETING".to_owned(), is_announced };
        bundle.simulator.recategorize_template(&s.template().id, &change).unwrap();
        bundle.run().await;
        let known = s.outbound(&id).await;
        assert_eq!(known["status"], "APPROVED");
        assert_eq!(
            (
                text(&known, "category").as_str(),
                known["next_category"].clone(),
                known["previous_category"].clone()
            ),
            shown,
            "{known}"
        );
    }
    bundle.turn(minutes(7 * 60)).await;
    bundle.poll().await;
    let hooks = s.shop.hooks("log");
    let told: Vec<_> = hooks
        .iter()
        .map(|hook| {
            let object = &hook.json.as_ref().unwrap()["data"];
            (object["category"].clone(), object["next_category"].clone())
        })
        .collect();
    assert_eq!(told.len(), 2, "the list tells nothing new: {told:?}");
}

/// T46: a pause ends by itself; what is switched off stays so.
#[tokio::test]
async fn a_pause_ends_by_itself() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let id = s.approved(&plain()).await;
    for (review, status, word) in [
        (Review::Paused, "PENDING", "PAUSED"),
        (Review::Approved, "APPROVED", "APPROVED"),
        (Review::Disabled, "REJECTED", "DISABLED"),
        (Review::Approved, "REJECTED", "DISABLED"),
    ] {
        s.decide(review).await;
        let known = s.outbound(&id).await;
        assert_eq!(known["status"], status, "{known}");
        if status != "REJECTED" {
            assert_eq!(known["provider_status"], word, "{known}");
        }
    }
}

/// T44: the list is read to its last page, and a row of another language is somebody else's.
#[tokio::test]
async fn a_template_is_found_by_name_and_language_on_any_page() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let id = text(&s.create(&plain()).await, "outbound_id");
    bundle.simulator.change(|state| {
        let ours = state.templates.pop().unwrap();
        let another = |name: String, language: &str, review: Review| Template {
            id: format!("{name} {language}"),
            name,
            language: language.to_owned(),
            review,
            ..ours.clone()
        };
        let disabled = another(ours.name.clone(), "es", Review::Disabled);
        let others = (0..250).map(|n| another(format!("other_{n}"), "en", Review::Pending));
        let others: Vec<Template> = others.collect();
        state.templates.extend(others);
        state.templates.push(Template { review: Review::Approved, ..ours.clone() });
        state.templates.push(disabled);
    });
    bundle.turn(minutes(6)).await;
    bundle.poll().await;
    let known = s.outbound(&id).await;
    assert_eq!(known["status"], "APPROVED", "{known}");
    let lists = bundle
        .wire
        .called()
        .iter()
        .filter(|call| call.method == "GET" && call.path.ends_with("/message_templates"))
        .count();
    assert_eq!(lists, 3, "252 rows, a hundred on a page");
    let spanish = bundle.simulator.read(|state| state.templates.last().unwrap().id.clone());
    bundle.simulator.decide_template(&spanish, Review::Disabled).unwrap();
    bundle.run().await;
    assert_eq!(s.outbound(&id).await["status"], "APPROVED");
    s.shop.delete(&format!("{OUTBOUNDS}/{id}")).await.expect(204);
    let left = bundle.simulator.read(|state| state.templates.iter().any(|one| one.id == spanish));
    assert!(left, "only the one with our id is deleted");
}

/// K39, K40, K45: GupShup's products take the same parts, as far as they have them.
#[tokio::test]
async fn gupshups_products_take_the_parts_that_they_have() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    for number in
        [shop.gupshup("573177700001").await, shop.gupshup_enterprise("573177700002").await]
    {
        let s = Scene { bundle: &bundle, shop: bundle.customer_with(&shop.key), number };
        let base = with(&plain(), &json!({ "waba_phone_number": s.number.digits }));
        let body = with(
            &base,
            &json!({
                "header_text": "Order {{.order}}", "footer": "The shop", "quick_replies": ["Stop"],
                "call_to_action": { "url": { "message": "Track", "url": "https://shop.example/o/{{.order}}" } },
                "var": { "name": "Ana", "order": "42" },
            }),
        );
        let id = s.approved(&body).await;
        let seen = s.sends(&id, &json!({ "var": { "name": "Eva", "order": "7" } })).await;
        assert_eq!((seen.header.as_str(), seen.footer.as_str()), ("Order 7", "The shop"));
        assert_eq!(seen.buttons[1], link("Track", "https://shop.example/o/7"));
        let picture = bundle.sample("image/png");
        let body = with(
            &base,
            &json!({ "template_type": "IMAGE", "media_url": picture, "outbound_name": "Picture" }),
        );
        let id = s.approved(&body).await;
        assert_eq!(s.sends(&id, &json!({})).await.file.unwrap().link, Some(picture));
        for (changes, field) in [
            (json!({ "copy_code": "25OFF" }), "copy_code"),
            (json!({ "limited_time_offer": { "text": "Today" } }), "limited_time_offer"),
        ] {
            s.shop.post(OUTBOUNDS, &with(&base, &changes)).await.expect_error(400, field);
        }
        let code = with(
            &base,
            &json!({ "category": "AUTHENTICATION", "content": "{{.code}}", "var": { "code": "000000" } }),
        );
        if s.number.digits == "573177700002" {
            s.shop.post(OUTBOUNDS, &code).await.expect_error(400, "category");
            continue;
        }
        let id = s.approved(&code).await;
        let seen = s.sends(&id, &json!({ "var": { "code": "123456" } })).await;
        assert_eq!(seen.body, "123456 is your verification code.");
        let change = CategoryChange { category: "UTILITY".to_owned(), is_announced: false };
        bundle.simulator.recategorize_template(&s.template().id, &change).unwrap();
        bundle.run().await;
        assert_eq!(s.outbound(&id).await["category"], "UTILITY");
    }
    bundle.assert_no_dead_letters();
}
