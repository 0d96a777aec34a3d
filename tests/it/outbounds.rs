//! Outbounds: messages that WhatsApp approves once and that then reach users who never wrote (contracts 3).

use serde_json::{Value, json};
use shared::store::CACHE;
use simulator::fault::SendFault;
use simulator::message::{FileKind, Status};
use simulator::template::{Header, Review, Template, TemplateButton};
use tests::clock::minutes;
use tests::stage::{Number, text};
use tests::{Bundle, Customer};

const OUTBOUNDS: &str = "/v1/whatsapp/outbounds";
const SEND: &str = "/v1/whatsapp/outbounds/send";
const NAME: &str = "¿Cómo te llamas?";

/// The form of contracts 3.1 for an outbound that starts a flow.
const STARTING: [(&str, &str); 11] = [
    ("waba_phone_number", "573177700000"),
    ("is_notification", "false"),
    ("content", "Hello {{.name}} {{ .lastname }}, ¿Are you ready to start the process, {{.name}}?"),
    ("category", "UTILITY"),
    ("template_type", "TEXT"),
    ("language_code", "pt-BR"),
    ("outbound_name", "Start process"),
    ("continue_process_message", "Continue"),
    ("cancel_process_message", "Cancel"),
    ("var.name", "Jhon"),
    ("var.lastname", "Doe"),
];

/// The form for a notification.
const NOTIFYING: [(&str, &str); 8] = [
    ("waba_phone_number", "573177700000"),
    ("is_notification", "true"),
    ("content", "Your code is {{.code}}."),
    ("category", "AUTHENTICATION"),
    ("template_type", "TEXT"),
    ("language_code", "es"),
    ("outbound_name", "Code"),
    ("var.code", "000000"),
];

/// Names and values.
type Fields<'a> = Vec<(&'a str, &'a str)>;

/// The form with these fields changed; an empty value takes the field away.
fn with<'a>(
    form: &[(&'a str, &'a str)],
    changes: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let kept = form.iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    kept.chain(changes.iter().filter(|(_, value)| !value.is_empty())).copied().collect()
}

struct Scene<'a> {
    bundle: &'a Bundle,
    shop: Customer<'a>,
    number: Number<'a>,
    flow: String,
}

async fn scene(bundle: &Bundle) -> Scene<'_> {
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let steps = json!([{ "id": "name", "type": "question", "answer": "text", "text": NAME }]);
    let flow = shop.flow(steps).await;
    Scene { bundle, shop, number, flow }
}

impl Scene<'_> {
    async fn create(&self, form: &[(&str, &str)]) -> Value {
        self.shop.form(OUTBOUNDS, form).await.expect(201)
    }

    /// Creates it, lets WhatsApp approve it, and the provider tell so.
    async fn approved(&self, form: &[(&str, &str)]) -> String {
        let id = text(&self.create(form).await, "outbound_id");
        self.review(Review::Approved).await;
        assert_eq!(self.status(&id).await, "APPROVED");
        id
    }

    /// The newest template's review ends.
    async fn review(&self, review: Review) {
        let template = self.templates().pop().expect("a template was submitted");
        self.bundle.simulator.decide_template(&template.id, review).expect("it is there");
        self.bundle.run().await;
    }

    fn templates(&self) -> Vec<Template> {
        self.bundle.simulator.read(|state| state.templates.clone())
    }

    async fn status(&self, id: &str) -> String {
        text(&self.shop.get(&format!("{OUTBOUNDS}/{id}")).await.expect(200), "status")
    }

    /// The fields of a sending of this outbound to Ana.
    fn sending<'t>(&'t self, id: &'t str) -> Vec<(&'t str, &'t str)> {
        vec![
            ("outbound_id", id),
            ("phone_number", "3001234567"),
            ("country_code", "57"),
            ("user_authorized", "true"),
            ("flow_id", &self.flow),
            ("var.name", "Roger"),
            ("var.lastname", "Federer"),
        ]
    }

    async fn send(&self, form: &[(&str, &str)]) -> Value {
        let sent = self.shop.form(SEND, form).await.expect(202);
        self.bundle.run().await;
        sent
    }
}

/// T25-T36, T39, T43: a form makes an outbound, and one template is submitted with its examples.
#[tokio::test]
async fn an_outbound_is_submitted_for_review() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let made = s.create(&STARTING).await;
    let id = text(&made, "outbound_id");
    assert!(
        id.starts_with("OTB") && id.len() == 35 && id[3..].bytes().all(|b| b.is_ascii_hexdigit())
    );
    for (field, value) in [
        ("status", json!("PENDING")),
        ("outbound_name", json!("Start process")),
        ("waba_provider", json!("cloud_api")),
        ("waba_phone_number", json!("573177700000")),
        ("is_notification", json!(false)),
        ("content", json!(STARTING[2].1)),
        ("category", json!("UTILITY")),
        ("template_type", json!("TEXT")),
        ("language_code", json!("pt-BR")),
        ("media_url", json!(null)),
        ("rejected_reason", json!(null)),
        ("variable_examples", json!({ "name": "Jhon", "lastname": "Doe" })),
        ("creation_date", json!("2024-03-11T15:00:00.000Z")),
    ] {
        assert_eq!(made[field], value, "{field}: {made}");
    }
    assert_eq!(
        made["buttons"][0],
        json!({ "type": "QUICK_REPLY", "role": "continue", "text": "Continue" })
    );
    assert_eq!(
        made["buttons"][1],
        json!({ "type": "QUICK_REPLY", "role": "cancel", "text": "Cancel" })
    );
    let templates = s.templates();
    let [template] = templates.as_slice() else { panic!("{templates:?}") };
    assert_eq!(template.name, format!("start_process_{}", &id[3..11]));
    assert_eq!(template.language, "pt_BR");
    assert_eq!(template.category, "UTILITY");
    assert_eq!(template.body, "Hello {{1}} {{2}}, ¿Are you ready to start the process, {{3}}?");
    let quick = |text: &str| TemplateButton::QuickReply { text: text.to_owned() };
    assert_eq!(template.buttons, [quick("Continue"), quick("Cancel")]);
    assert_eq!(template.header, Header::Nothing);
    assert_eq!(s.shop.get(OUTBOUNDS).await.expect(200)["items"][0]["outbound_id"], id);
}

/// T29-T41, X12: each field's rule.
#[tokio::test]
async fn each_field_has_its_rule() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let long = "x".repeat(1025);
    let wide = "x".repeat(26);
    let phone = [
        ("call_to_action.phone.message", "Call us"),
        ("call_to_action.phone.number", "+573181230000"),
    ];
    let url =
        [("call_to_action.url.message", "Follow us"), ("call_to_action.url.url", "my-page.com")];
    let rows: Vec<(&str, &str, Fields<'_>)> = vec![
        ("T28", "waba_phone_number", vec![("waba_phone_number", "3177700000")]),
        ("T29", "is_notification", vec![("is_notification", "")]),
        ("T29", "is_notification", vec![("is_notification", "1")]),
        ("T30", "content", vec![("content", "")]),
        ("T30", "content", vec![("content", &long)]),
        ("T31", "content", vec![("content", "Hello {{name}}")]),
        ("T31", "content", vec![("content", "Hello {{.}}")]),
        ("T31", "content", vec![("content", "Hello {{.name")]),
        ("T32", "category", vec![("category", "OTHER")]),
        ("T33", "template_type", vec![("template_type", "AUDIO")]),
        ("T34", "language_code", vec![("language_code", "xx-yy-zz")]),
        ("T35", "outbound_name", vec![("outbound_name", "")]),
        ("T36", "media_url", vec![("template_type", "IMAGE")]),
        (
            "T36",
            "media_url",
            vec![("template_type", "IMAGE"), ("media_url", "http://a.example/x.png")],
        ),
        ("T37", "continue_process_message", vec![("continue_process_message", "")]),
        ("T37", "continue_process_message", vec![("continue_process_message", &wide)]),
        ("T38", "cancel_process_message", vec![("cancel_process_message", "")]),
        ("T38", "cancel_process_message", vec![("cancel_process_message", "Continue")]),
        ("T39", "var.lastname", vec![("var.lastname", "")]),
        ("T40", "call_to_action.phone.number", phone[..1].to_vec()),
        (
            "T40",
            "call_to_action.phone.number",
            vec![phone[0], ("call_to_action.phone.number", "call")],
        ),
        ("T40", "call_to_action.phone.message", phone[1..].to_vec()),
        ("T41", "call_to_action.url.url", url.to_vec()),
        ("T41", "call_to_action.url.message", url[1..].to_vec()),
    ];
    for (row, field, changes) in rows {
        let reply = s.shop.form(OUTBOUNDS, &with(&STARTING, &changes)).await;
        assert_eq!(reply.status, 400, "{row}: {changes:?}: {}", reply.json);
        assert_eq!(reply.json["details"][0]["field"], field, "{row}: {changes:?}: {}", reply.json);
    }
    assert_eq!(s.templates(), []);
    let lower = s.create(&with(&STARTING, &[("category", "utility"), ("var.surplus", "x")])).await;
    assert_eq!(lower["category"], "UTILITY");
    let unknown = with(&STARTING, &[("waba_phone_number", "573177700001")]);
    s.shop.form(OUTBOUNDS, &unknown).await.expect_error(404, "");
}

/// T33, T36, T40, T41, X12: a picture above, and buttons for continue, cancel, url and phone in this order.
#[tokio::test]
async fn a_template_has_its_picture_and_its_buttons_in_order() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let picture = bundle.sample("image/png");
    let form = with(
        &STARTING,
        &[
            ("template_type", "IMAGE"),
            ("media_url", &picture),
            ("call_to_action.phone.message", "Call us"),
            ("call_to_action.phone.number", "+573181230000"),
            ("call_to_action.url.message", "Follow us"),
            ("call_to_action.url.url", "https://my-page.com"),
        ],
    );
    let id = s.approved(&form).await;
    let template = s.templates().pop().unwrap();
    assert_eq!(template.header, Header::File { kind: FileKind::Image });
    let quick = |text: &str| TemplateButton::QuickReply { text: text.to_owned() };
    let url =
        TemplateButton::Url { text: "Follow us".to_owned(), url: "https://my-page.com".to_owned() };
    let phone =
        TemplateButton::Phone { text: "Call us".to_owned(), number: "+573181230000".to_owned() };
    assert_eq!(template.buttons, [quick("Continue"), quick("Cancel"), url, phone]);
    let ana = s.number.person("573001234567", "Ana");
    s.send(&s.sending(&id)).await;
    assert_eq!(
        ana.sees(),
        [
            "Hello Roger Federer, ¿Are you ready to start the process, Roger? <image> [Continue] [Cancel] \
          [Follow us: https://my-page.com] [Call us: +573181230000]"
        ]
    );
}

/// T44-T46: a known id tells its status; PENDING until decided, by the provider's event or by the poll.
#[tokio::test]
async fn the_review_is_told_by_event_and_by_poll() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let id = text(&s.create(&STARTING).await, "outbound_id");
    bundle.turn(minutes(6)).await;
    bundle.poll().await;
    assert_eq!(s.status(&id).await, "PENDING");
    // The event gets lost: only the list at the provider shows it.
    bundle.simulator.change(|state| state.templates[0].review = Review::Approved);
    assert_eq!(s.status(&id).await, "PENDING");
    bundle.turn(minutes(6)).await;
    bundle.poll().await;
    assert_eq!(s.status(&id).await, "APPROVED");
    s.review(Review::Paused).await;
    assert_eq!(s.status(&id).await, "PENDING");
    s.review(Review::Approved).await;
    assert_eq!(s.status(&id).await, "APPROVED");
    s.shop.get(&format!("{OUTBOUNDS}/OTB{}", "0".repeat(32))).await.expect_error(404, "");
    let other = bundle.customer().await;
    other.get(&format!("{OUTBOUNDS}/{id}")).await.expect_error(404, "");
}

/// T47: a rejection is final and shows its reason.
#[tokio::test]
async fn a_rejection_is_final() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.shop
        .hook_rule("log", &["outbound_template.rejected", "outbound_template.approved"], json!({}))
        .await;
    let id = text(&s.create(&STARTING).await, "outbound_id");
    s.review(Review::Rejected { reason: "INVALID_FORMAT".to_owned() }).await;
    let outbound = s.shop.get(&format!("{OUTBOUNDS}/{id}")).await.expect(200);
    assert_eq!(outbound["status"], "REJECTED");
    assert!(text(&outbound, "rejected_reason").contains("INVALID_FORMAT"), "{outbound}");
    s.review(Review::Approved).await;
    bundle.turn(minutes(60)).await;
    bundle.poll().await;
    assert_eq!(s.status(&id).await, "REJECTED");
    assert_eq!(s.templates().len(), 1, "never submitted again");
    assert_eq!(s.shop.hooks("log").len(), 1);
    s.shop.form(SEND, &s.sending(&id)).await.expect_error(422, "");
}

/// T42, T48, T49, T54, T55, T22: an approved outbound reaches users who never wrote; one submission serves all.
#[tokio::test]
async fn one_approval_serves_all_users() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let id = s.approved(&STARTING).await;
    let (ana, eva) =
        (s.number.person("573001234567", "Ana"), s.number.person("34666777888", "Eva"));
    let sent = s.send(&s.sending(&id)).await;
    assert_eq!(sent["phone_number"], "573001234567");
    assert_eq!(sent["status"], "queued");
    let form = with(
        &s.sending(&id),
        &[
            ("phone_number", "666 777 888"),
            ("country_code", "ES"),
            ("var.lastname", "A\n\nB     C"),
        ],
    );
    s.send(&form).await;
    assert_eq!(
        ana.sees(),
        ["Hello Roger Federer, ¿Are you ready to start the process, Roger? [Continue] [Cancel]"]
    );
    assert_eq!(
        eva.sees(),
        ["Hello Roger A B C, ¿Are you ready to start the process, Roger? [Continue] [Cancel]"]
    );
    assert_eq!(s.templates().len(), 1);
    let path = format!("{OUTBOUNDS}/sends/{}", text(&sent, "outbound_message_id"));
    let send = s.shop.get(&path).await.expect(200);
    assert_eq!((&send["status"], &send["reply"]), (&json!("delivered"), &json!(null)));
    ana.looks().await;
    assert_eq!(s.shop.get(&path).await.expect(200)["status"], "read");
    bundle.assert_no_dead_letters();
}

/// T3, T4, T53: a notification carries a code, in WhatsApp's words, and starts nothing.
#[tokio::test]
async fn a_notification_starts_nothing() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let id = s.approved(&NOTIFYING).await;
    let ana = s.number.person("573001234567", "Ana");
    let form = [
        ("outbound_id", id.as_str()),
        ("phone_number", "3001234567"),
        ("country_code", "+57"),
        ("user_authorized", "true"),
        ("var.code", "123456"),
    ];
    s.send(&form).await;
    assert_eq!(ana.sees(), ["123456 is your verification code. [Copy code: 123456]"]);
    ana.says("gracias").await;
    assert_eq!(ana.sees(), [""; 0]);
    assert!(s.number.conversation(&ana).await.process.is_none());
}

/// T49-T54, T51: each field's rule, in the order of contracts 3.3, and nothing is sent.
#[tokio::test]
async fn a_sending_is_checked_first() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let id = s.approved(&STARTING).await;
    let unknown = format!("OTB{}", "0".repeat(32));
    let no_flow = format!("IPF{}", "0".repeat(32));
    let rows: Vec<(&str, u16, Fields<'_>)> = vec![
        ("T49", 400, vec![("phone_number", "")]),
        ("T49", 400, vec![("phone_number", "12")]),
        ("T49", 400, vec![("phone_number", "+34666777888")]),
        ("T50", 400, vec![("country_code", "")]),
        ("T50", 400, vec![("country_code", "999")]),
        ("T51", 404, vec![("outbound_id", &unknown)]),
        ("T51", 400, vec![("outbound_id", "")]),
        ("T52", 400, vec![("user_authorized", "")]),
        ("T52", 400, vec![("user_authorized", "false")]),
        ("T52", 400, vec![("user_authorized", "0")]),
        ("T53", 400, vec![("flow_id", "")]),
        ("T53", 404, vec![("flow_id", &no_flow)]),
        ("T54", 400, vec![("var.lastname", "")]),
        ("T54", 400, vec![("var.lastname", " \n ")]),
    ];
    for (row, status, changes) in rows {
        let reply = s.shop.form(SEND, &with(&s.sending(&id), &changes)).await;
        assert_eq!(reply.status, status, "{row}: {changes:?}: {}", reply.json);
    }
    let missing = s.shop.form(SEND, &with(&s.sending(&id), &[("var.lastname", "")])).await;
    missing.expect_error(400, "var.lastname");
    bundle.run().await;
    let sent = bundle.wire.called().iter().filter(|call| call.path.ends_with("/messages")).count();
    assert_eq!(sent, 0, "{:?}", bundle.wire.called());
    let pending =
        text(&s.create(&with(&STARTING, &[("outbound_name", "Two")])).await, "outbound_id");
    s.shop.form(SEND, &s.sending(&pending)).await.expect_error(422, "");
    let plus = with(&s.sending(&id), &[("country_code", ""), ("phone_number", "+57 300 1234567")]);
    assert_eq!(s.send(&plus).await["phone_number"], "573001234567");
}

/// T55: a tap on continue starts the flow once, however often it arrives.
#[tokio::test]
async fn continue_starts_the_flow_once() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let events =
        ["whatsapp_outbound.approved", "whatsapp_outbound.canceled", "identity_process.created"];
    s.shop.hook_rule("log", &events, json!({})).await;
    let id = s.approved(&STARTING).await;
    let ana = s.number.person("573001234567", "Ana");
    let form = with(&s.sending(&id), &[("account_id", "case-7")]);
    let sent = s.send(&form).await;
    ana.sees();
    bundle.simulator.change(|state| {
        let faults = state.faults.entry(s.number.digits.clone()).or_default();
        faults.posts.push_back(simulator::fault::PostFault::Repeated { times: 2 });
    });
    ana.taps("Continue").await;
    ana.taps("Continue").await;
    assert_eq!(ana.sees(), [NAME]);
    let process = s.shop.process(&s.number, &ana).await;
    assert_eq!((&process["flow_id"], &process["account_id"]), (&json!(s.flow), &json!("case-7")));
    let path = format!("{OUTBOUNDS}/sends/{}", text(&sent, "outbound_message_id"));
    assert_eq!(s.shop.get(&path).await.expect(200)["reply"], "continue");
    let mut told: Vec<_> =
        s.shop.hooks("log").into_iter().map(|hook| text(&hook.json.unwrap(), "type")).collect();
    told.sort();
    assert_eq!(told, ["identity_process.created", "whatsapp_outbound.approved"]);
    ana.taps("Cancel").await;
    assert_eq!(s.shop.hooks("log").len(), 2, "the answer was given");
    bundle.assert_no_dead_letters();
}

/// T48, T55, K34, K40, K45: the same at every provider, whether or not it carries our payload.
#[tokio::test]
async fn every_provider_brings_the_tap_back() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let steps = json!([{ "id": "name", "type": "question", "answer": "text", "text": NAME }]);
    let flow = shop.flow(steps).await;
    for number in [
        shop.meta("573177700000").await,
        shop.gupshup("573177700001").await,
        shop.gupshup_enterprise("573177700002").await,
        shop.karix("573177700003").await,
    ] {
        let s =
            Scene { bundle: &bundle, shop: bundle.customer().await, number, flow: flow.clone() };
        let form = with(&STARTING, &[("waba_phone_number", s.number.digits.as_str())]);
        let made = shop.form(OUTBOUNDS, &form).await.expect(201);
        s.review(Review::Approved).await;
        bundle.turn(minutes(6)).await;
        bundle.poll().await;
        let id = text(&made, "outbound_id");
        let known = shop.get(&format!("{OUTBOUNDS}/{id}")).await.expect(200);
        assert_eq!(known["status"], "APPROVED", "{known}");
        let ana = s.number.person("573001234567", "Ana");
        let sent = shop.form(SEND, &s.sending(&id)).await.expect(202);
        bundle.run().await;
        assert_eq!(ana.sees().len(), 1, "{known}");
        ana.taps("Continue").await;
        ana.taps("Continue").await;
        assert_eq!(ana.sees(), [NAME], "{known}");
        let path = format!("{OUTBOUNDS}/sends/{}", text(&sent, "outbound_message_id"));
        let send = shop.get(&path).await.expect(200);
        assert_eq!(send["reply"], "continue", "{known}");
        assert_eq!(send["status"], "delivered", "{known}");
    }
    bundle.assert_no_dead_letters();
}

/// T52: consent that is new is told to a provider that asks for it, once; then the template goes.
#[tokio::test]
async fn a_new_consent_is_told_to_the_provider() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.gupshup_enterprise("573177700000").await;
    let s = Scene { bundle: &bundle, shop: bundle.customer().await, number, flow: String::new() };
    let words =
        [("category", "UTILITY"), ("content", "Your order {{.code}} is on its way to you.")];
    let made = shop.form(OUTBOUNDS, &with(&NOTIFYING, &words)).await.expect(201);
    s.review(Review::Approved).await;
    bundle.turn(minutes(6)).await;
    bundle.poll().await;
    let id = text(&made, "outbound_id");
    let mut form =
        with(&s.sending(&id), &[("flow_id", ""), ("var.name", ""), ("var.lastname", "")]);
    form.push(("var.code", "123456"));
    for calls in [2, 1] {
        let before = bundle.wire.called().len();
        shop.form(SEND, &form).await.expect(202);
        bundle.run().await;
        let called = bundle.wire.called();
        let to_gateway = called[before..].iter().filter(|c| c.path.ends_with("/GatewayAPI/rest"));
        assert_eq!(to_gateway.count(), calls, "{called:?}");
    }
    assert_eq!(s.number.person("573001234567", "Ana").sees().len(), 2);
    bundle.assert_no_dead_letters();
}

/// T55: a button of an outbound that is too old to be remembered does nothing; above all not what the last one's does.
#[tokio::test]
async fn a_forgotten_button_does_nothing() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let ana = s.number.person("573001234567", "Ana");
    for name in ["1", "2", "3", "4", "5", "6"] {
        let id = s.approved(&with(&STARTING, &[("outbound_name", name)])).await;
        s.send(&s.sending(&id)).await;
    }
    assert_eq!(ana.sees().len(), 6);
    ana.taps_older("Continue", 5).await;
    assert_eq!(ana.sees(), [""; 0]);
    assert!(s.number.conversation(&ana).await.process.is_none());
    ana.taps_older("Continue", 4).await;
    assert_eq!(ana.sees(), [NAME]);
}

/// T56: a tap on cancel starts nothing and tells the customer.
#[tokio::test]
async fn cancel_starts_nothing() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let id = s.approved(&STARTING).await;
    s.shop
        .hook_rule("log", &["whatsapp_outbound.approved", "whatsapp_outbound.canceled"], json!({}))
        .await;
    // The function that told of the approval remembers for a while that nobody wanted to know.
    bundle.turn_clock_only(CACHE);
    let ana = s.number.person("573001234567", "Ana");
    let sent = s.send(&s.sending(&id)).await;
    ana.sees();
    ana.taps("Cancel").await;
    ana.taps("Continue").await;
    assert_eq!(ana.sees(), [""; 0]);
    let hooks = s.shop.hooks("log");
    let [hook] = hooks.as_slice() else { panic!("{hooks:?}") };
    assert_eq!(hook.json.as_ref().unwrap()["type"], "whatsapp_outbound.canceled");
    let path = format!("{OUTBOUNDS}/sends/{}", text(&sent, "outbound_message_id"));
    assert_eq!(s.shop.get(&path).await.expect(200)["reply"], "cancel");
    assert!(s.number.conversation(&ana).await.process.is_none());
}

/// T55: where the provider brings no payload back, the text on the button finds the last outbound.
#[tokio::test]
async fn a_tap_without_payload_is_known_by_its_text() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let id = s.approved(&STARTING).await;
    let ana = s.number.person("573001234567", "Ana");
    s.send(&s.sending(&id)).await;
    ana.sees();
    let to = ana.shown().pop().unwrap().1.id;
    let text = "Continue".to_owned();
    let tap = simulator::message::FromUser::TemplateReply { payload: text.clone(), text, to };
    ana.does(tap).await;
    assert_eq!(ana.sees(), [NAME]);
}

/// T48: a provider that is overloaded is asked again; one that refuses for good fails the sending with its code.
#[tokio::test]
async fn what_the_provider_refuses_is_repeated_or_failed() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let id = s.approved(&NOTIFYING).await;
    let ana = s.number.person("573001234567", "Ana");
    let form = [
        ("outbound_id", id.as_str()),
        ("phone_number", "3001234567"),
        ("country_code", "57"),
        ("user_authorized", "true"),
        ("var.code", "123456"),
    ];
    let fault = |fault: SendFault| {
        bundle.simulator.change(|state| {
            state.faults.entry(s.number.digits.clone()).or_default().sends.push_back(fault);
        });
    };
    fault(SendFault::RateLimited);
    fault(SendFault::Unavailable { status: 503 });
    s.send(&form).await;
    assert_eq!(ana.sees(), [""; 0]);
    bundle.turn(minutes(5)).await;
    assert_eq!(ana.sees(), ["123456 is your verification code. [Copy code: 123456]"]);
    fault(SendFault::Code { code: "131026".to_owned(), text: "Message undeliverable".to_owned() });
    let sent = s.send(&form).await;
    bundle.turn(minutes(5)).await;
    assert_eq!(ana.sees(), [""; 0]);
    let path = format!("{OUTBOUNDS}/sends/{}", text(&sent, "outbound_message_id"));
    let send = s.shop.get(&path).await.expect(200);
    assert_eq!((&send["status"], &send["error"]["code"]), (&json!("failed"), &json!("131026")));
    assert!(ana.sent().iter().all(|(_, _, status)| *status == Status::Delivered));
    bundle.assert_no_dead_letters();
}

/// T42: a deleted outbound is gone here and at the provider.
#[tokio::test]
async fn a_deleted_outbound_is_gone() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let id = s.approved(&STARTING).await;
    s.shop.delete(&format!("{OUTBOUNDS}/{id}")).await.expect(204);
    s.shop.get(&format!("{OUTBOUNDS}/{id}")).await.expect_error(404, "");
    s.shop.form(SEND, &s.sending(&id)).await.expect_error(404, "");
    assert_eq!(s.templates(), []);
}
