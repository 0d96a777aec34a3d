//! GupShup's API called with what its pages show, and what it posts.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use super::Gupshup;
use crate::fault::SendFault;
use crate::message::{Button, FileKind, FromUser, Status};
use crate::people::{BatchItem, Target};
use crate::simulator::StoredFile;
use crate::template::Review;
use crate::world::{self, ADDRESS, Gateway, LINE};
use crate::{Refusal, User};

const NUMBER: &str = "912200000001";
const USER: &str = "919900000007";

type World = world::World<Gupshup>;

impl World {
    fn new(settings: &[(&str, &str)]) -> Self {
        let gupshup = Gupshup { address: ADDRESS.to_owned() };
        let user = User::new(USER, "Ñusta");
        let world = Self::of(gupshup, 1_710_169_200_005, Gateway::default(), user);
        world.put_line(LINE, NUMBER, settings);
        world
    }

    fn enterprise() -> Self {
        Self::new(&[("waba_id", "2000190001"), ("password", "pass-1")])
    }

    fn self_serve(version: &str) -> Self {
        Self::new(&[
            ("mode", "self_serve"),
            ("api_key", "key-1"),
            ("app_name", "WharfDemo"),
            ("app_id", "app-1"),
            ("app_token", "token-1"),
            ("webhook_version", version),
        ])
    }

    /// A call of the gateway's one address.
    async fn rest(&self, fields: &[(&str, &str)]) -> (StatusCode, Value) {
        let mut all = vec![
            ("userid", "2000190001"),
            ("password", "pass-1"),
            ("v", "1.1"),
            ("format", "json"),
            ("auth_scheme", "plain"),
        ];
        all.retain(|(name, _)| fields.iter().all(|(own, _)| own != name));
        all.extend(fields);
        self.fetch_json(form("POST", "/gupshup/GatewayAPI/rest", "x", &all)).await
    }

    /// A sending by self-serve's form.
    async fn session(&self, message: &Value) -> (StatusCode, Value) {
        let message = message.to_string();
        self.self_serve_call("POST", "/gupshup/wa/api/v1/msg", &addressed(&[("message", &message)]))
            .await
    }

    async fn self_serve_call(
        &self,
        method: &str,
        path: &str,
        fields: &[(&str, &str)],
    ) -> (StatusCode, Value) {
        self.fetch_json(form(method, path, "key-1", fields)).await
    }

    async fn partner(&self, body: &Value) -> (StatusCode, Value) {
        let path = "/gupshup/partner/app/app-1/v3/message";
        self.fetch_json(world::request("POST", path, &[("authorization", "token-1")], body)).await
    }

    fn decide(&self, review: Review) {
        let id = self.simulator.read(|state| state.templates[0].id.clone());
        self.simulator.decide_template(&id, review).unwrap();
    }
}

fn addressed<'a>(own: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("channel", "whatsapp"),
        ("source", NUMBER),
        ("destination", USER),
        ("src.name", "WharfDemo"),
    ];
    fields.extend(own);
    fields
}

fn form(method: &str, path: &str, key: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .header("apikey", key)
        .body(Body::from(body))
        .unwrap()
}

const TEXT: [(&str, &str); 4] =
    [("method", "SendMessage"), ("msg_type", "DATA_TEXT"), ("msg", "¿Qué tal?"), ("send_to", USER)];

fn code(answer: &Value) -> &str {
    answer["response"]["id"].as_str().unwrap()
}

#[tokio::test]
async fn the_gateway_takes_a_text_and_reports_with_our_reference() {
    let world = World::enterprise().opened().await;
    let mut fields = TEXT.to_vec();
    fields.push(("extra", "MSG1"));
    let (status, answer) = world.rest(&fields).await;
    assert_eq!((status, &answer["response"]["status"]), (StatusCode::OK, &json!("success")));
    assert_eq!(world.shown().body, "¿Qué tal?");
    let heard = world.heard().await;
    let reports: Vec<Value> = heard
        .iter()
        .map(|body| {
            assert!(body["mobile"].is_null());
            let reports: Value = serde_json::from_str(body["response"].as_str().unwrap()).unwrap();
            json!([
                reports[0]["eventType"],
                reports[0]["errorCode"],
                reports[0]["extra"],
                reports[0]["externalId"]
            ])
        })
        .collect();
    let id = code(&answer);
    assert_eq!(
        reports,
        [json!(["SENT", "025", "MSG1", id]), json!(["DELIVERED", "000", "MSG1", id])]
    );
}

#[tokio::test]
async fn the_gateway_refuses_with_200_and_a_code() {
    let world = World::enterprise().opened().await;
    let with = |own: &[(&'static str, &'static str)]| {
        let mut fields = TEXT.to_vec();
        fields.retain(|(name, _)| own.iter().all(|(other, _)| other != name));
        fields.extend(own);
        fields
    };
    for (own, expected) in [
        (&[("userid", "7")][..], "101"),
        (&[("password", "wrong")], "102"),
        (&[("password", "")], "102"),
        (&[("v", "1.0")], "102"),
        (&[("method", "Dance")], "106"),
        (&[("send_to", "+919900000007")], "105"),
        (&[("send_to", "")], "105"),
        (&[("msg", "")], "300"),
        (&[("msg_type", "SONG")], "300"),
        (&[("novelty", "1")], "300"),
        (&[("interactive_type", "list"), ("isTemplate", "true")], "300"),
        (&[("method", "SendMediaMessage"), ("msg_type", "IMAGE"), ("caption", "")], "300"),
    ] {
        let (status, answer) = world.rest(&with(own)).await;
        assert_eq!((status, code(&answer)), (StatusCode::OK, expected), "{own:?} {answer}");
        assert_eq!(answer["response"]["status"], "error");
    }
    let (_, text) = world.rest(&with(&[("format", "text"), ("password", "wrong")])).await;
    assert!(text.as_str().unwrap().starts_with("error | 102 | "), "{text}");
    assert_eq!(world.simulator.read(|state| state.messages.len()), 1, "only the user wrote");
}

#[tokio::test]
async fn faults_look_like_the_gateways() {
    let world = World::enterprise().opened().await;
    for (fault, expected) in [
        (SendFault::RateLimited, StatusCode::TOO_MANY_REQUESTS),
        (SendFault::Unavailable { status: 503 }, StatusCode::SERVICE_UNAVAILABLE),
        (SendFault::Garbage, StatusCode::OK),
    ] {
        world.fail_next(fault);
        let (status, body) = world.rest(&TEXT).await;
        assert_eq!(status, expected);
        assert!(body.is_string(), "no JSON: {body}");
    }
}

#[tokio::test]
async fn outside_of_the_window_the_message_fails_later() {
    let world = World::enterprise();
    let (_, answer) = world.rest(&TEXT).await;
    assert_eq!(answer["response"]["status"], "success");
    let heard = world.heard().await;
    assert!(heard[0]["response"].as_str().unwrap().contains("\"FAILED\""), "{heard:?}");

    let world = World::self_serve("2");
    let (status, _) = world.session(&json!({ "type": "text", "text": "a" })).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let heard = world.heard().await;
    let failed = heard.iter().find(|body| body["payload"]["type"] == "failed").unwrap();
    assert_eq!(failed["payload"]["payload"]["code"], 470);
}

const ACTION: &str = r#"{"buttons":[{"type":"reply","reply":{"id":"y","title":"Sí"}}]}"#;

#[tokio::test]
async fn the_gateways_menus_are_tapped() {
    let world = World::enterprise().opened().await;
    let menu = [
        ("method", "SendMediaMessage"),
        ("isTemplate", "false"),
        ("interactive_type", "dr_button"),
        ("msg_type", "image"),
        ("media_url", "https://cdn.example.com/a.png"),
        ("caption", "¿Listo?"),
        ("msg", "¿Listo?"),
        ("send_to", USER),
        ("action", ACTION),
    ];
    let (_, answer) = world.rest(&menu).await;
    assert_eq!(answer["response"]["status"], "success", "{answer}");
    world.heard().await;
    let (message, shown) = world.last();
    assert_eq!(shown.buttons, [Button::Reply { id: "y".into(), title: "Sí".into() }]);
    assert_eq!(shown.file.unwrap().kind, FileKind::Image);

    world.simulator.tap(message.number, &Target::Button(0)).unwrap();
    let heard = world.heard().await.remove(0);
    assert_eq!((&heard["mobile"], &heard["type"]), (&json!(USER), &json!("interactive")));
    let inner: Value = serde_json::from_str(heard["interactive"].as_str().unwrap()).unwrap();
    assert_eq!(
        inner,
        json!({ "type": "button_reply", "button_reply": { "id": "y", "title": "Sí" } })
    );

    let rows =
        json!({ "button": "Ver", "sections": [{ "rows": [{ "id": "r", "title": "Uno" }] }] });
    let rows = rows.to_string();
    let list = [
        ("method", "SendMessage"),
        ("isTemplate", "true"),
        ("interactive_type", "list"),
        ("msg", "Elija"),
        ("send_to", USER),
        ("action", &rows),
    ];
    let (_, answer) = world.rest(&list).await;
    assert_eq!(answer["response"]["status"], "success", "{answer}");
    let (message, _) = world.last();
    world.heard().await;
    world.simulator.tap(message.number, &Target::Row("r".to_owned())).unwrap();
    let heard = world.heard().await.remove(0);
    assert!(heard["interactive"].as_str().unwrap().contains("list_reply"));
}

const CREATE: [(&str, &str); 8] = [
    ("method", "create_whatsapp_hsm"),
    ("category", "UTILITY"),
    ("language", "es"),
    ("template_name", "inicio"),
    ("type", "text"),
    ("template", "Hola {{1}}, ¿sigue?"),
    ("template_variable_examples", r#"["Ana"]"#),
    ("quick_reply_buttons", r#"["Sí","No"]"#),
];

#[tokio::test]
async fn the_gateways_templates_are_reviewed_and_matched_by_their_text() {
    let world = World::enterprise();
    let (_, made) = world.rest(&CREATE).await;
    assert_eq!(made["status"], "success", "{made}");
    let id = made["details"][0]["template_id"].as_str().unwrap().to_owned();
    let (_, again) = world.rest(&CREATE).await;
    assert_eq!(again["status"], "error", "the name is taken");

    let template = |text: &'static str| {
        [
            ("method", "SendMessage"),
            ("msg_type", "HSM"),
            ("isHSM", "true"),
            ("isTemplate", "true"),
            ("send_to", USER),
            ("msg", text),
        ]
    };
    let (_, early) = world.rest(&template("Hola Ana, ¿sigue?")).await;
    assert_eq!(code(&early), "302", "not approved yet");
    world.decide(Review::Approved);
    let listed = [("method", "get_whatsapp_hsm"), ("limit", "10"), ("offset", "0")];
    let (_, list) = world.rest(&listed).await;
    assert_eq!(list["data"][0]["status"], "ENABLED");
    assert_eq!(list["data"][0]["id"].to_string(), id);
    assert_eq!(list["meta"]["total"], 1);
    let (_, beyond) =
        world.rest(&[("method", "get_whatsapp_hsm"), ("limit", "10"), ("offset", "1")]).await;
    assert_eq!(beyond["data"], json!([]));

    let (_, sent) = world.rest(&template("Hola Ana, ¿sigue?")).await;
    assert_eq!(sent["response"]["status"], "success", "{sent}");
    assert_eq!(world.shown().body, "Hola Ana, ¿sigue?");
    assert_eq!(world.shown().buttons.len(), 2);
    let (_, blank) = world.rest(&template("Hola Ana,  ¿sigue?")).await;
    assert_eq!(code(&blank), "302", "one blank too many");

    let (message, _) = world.last();
    world.heard().await;
    world.simulator.tap(message.number, &Target::Button(0)).unwrap();
    let heard = world.heard().await.remove(0);
    assert_eq!(heard["button"], json!({ "text": "Sí", "payload": "Sí" }).to_string());

    let by_id = [
        ("method", "SendMessage"),
        ("msg_type", "HSM"),
        ("isHSM", "true"),
        ("isTemplate", "true"),
        ("send_to", USER),
        ("template_id", &id),
        ("var1", "Eva"),
    ];
    let (_, sent) = world.rest(&by_id).await;
    assert_eq!(sent["response"]["status"], "success", "{sent}");
    assert_eq!(world.shown().body, "Hola Eva, ¿sigue?");
}

/// The gateway looks at the templates' account when it sends templates.
#[tokio::test]
async fn each_account_opens_only_its_own_calls() {
    let world = World::new(&[
        ("waba_id", "1"),
        ("password", "p"),
        ("hsm_userid", "2"),
        ("hsm_password", "q"),
    ])
    .opened()
    .await;
    let as_hsm = [("userid", "2"), ("password", "q")];
    let mut fields = TEXT.to_vec();
    fields.extend(as_hsm);
    assert_eq!(code(&world.rest(&fields).await.1), "101");
    let mut create = CREATE.to_vec();
    create.extend(as_hsm);
    assert_eq!(world.rest(&create).await.1["status"], "success");
}

#[tokio::test]
async fn every_kind_of_the_gateways_messages_is_a_string_in_a_flat_body() {
    let world = World::enterprise();
    let heard = world.told_of(FromUser::Text { body: "Hola".to_owned() }).await;
    for (name, expected) in [
        ("waNumber", json!(NUMBER)),
        ("mobile", json!(USER)),
        ("name", json!("Ñusta")),
        ("type", json!("text")),
        ("text", json!("Hola")),
        ("timestamp", json!("1710169200005")),
        ("response", Value::Null),
    ] {
        assert_eq!(heard[name], expected, "{name}");
    }
    let file = world.simulator.put_file(StoredFile {
        mime: "audio/ogg".to_owned(),
        filename: None,
        bytes: Arc::new(b"abc".to_vec()),
    });
    let heard = world
        .told_of(FromUser::File {
            kind: FileKind::Voice,
            file: file.clone(),
            mime: "audio/ogg".to_owned(),
            filename: None,
            caption: None,
        })
        .await;
    let voice: Value = serde_json::from_str(heard["voice"].as_str().unwrap()).unwrap();
    let link =
        format!("{}{}", voice["url"].as_str().unwrap(), voice["signature"].as_str().unwrap());
    let path = link.strip_prefix("http://127.0.0.1:1").unwrap();
    let (status, bytes) = world.fetch(world::request("GET", path, &[], &Value::Null)).await;
    assert_eq!((status, bytes.as_slice()), (StatusCode::OK, &b"abc"[..]));

    let payment = json!({ "type": "payment", "payment": { "reference_id": "r" } });
    let other = FromUser::Other { kind: "interactive".to_owned(), content: payment.clone() };
    let heard = world.told_of(other).await;
    assert_eq!(heard["interactive"], payment.to_string());
}

#[tokio::test]
async fn callbacks_prove_themselves_and_may_be_forms() {
    let world = World::new(&[
        ("waba_id", "1"),
        ("client_id", "cs-1"),
        ("client_secret", "app-secret"),
        ("algorithm", "HS512"),
        ("callback_format", "form"),
    ]);
    world.says_text("Sí & no");
    let post = world.posts().await.remove(0);
    let header = |name: &str| {
        post.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    };
    assert_eq!(header("content-type"), Some("application/x-www-form-urlencoded"));
    let fields: BTreeMap<_, _> = form_urlencoded::parse(&post.body).into_owned().collect();
    assert_eq!(fields.get("text").map(String::as_str), Some("Sí & no"));
    assert!(!fields.contains_key("response"), "nulls are left out");
    let token = header("authorization").unwrap().strip_prefix("bearer ").unwrap();
    assert_eq!(token.split('.').count(), 3);
    // {"alg":"HS512","typ":"JWT"}
    assert!(token.starts_with("eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9."));
}

#[tokio::test]
async fn self_serve_takes_a_text_and_tells_both_ids() {
    let world = World::self_serve("2").opened().await;
    let (status, answer) = world.session(&json!({ "type": "text", "text": "Buenas" })).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    let id = &answer["messageId"];
    let heard = world.heard().await;
    let told: Vec<Value> = heard
        .iter()
        .map(|body| {
            let payload = &body["payload"];
            json!([payload["type"], payload["id"] == *id, payload["gsId"] == *id])
        })
        .collect();
    assert_eq!(
        told,
        [
            json!(["enqueued", true, false]),
            json!(["sent", false, true]),
            json!(["delivered", false, true])
        ]
    );
    assert_eq!(
        heard[0]["payload"]["payload"]["whatsappMessageId"], heard[1]["payload"]["id"],
        "the id of the later events"
    );
}

#[tokio::test]
async fn self_serve_refuses_by_status() {
    let world = World::self_serve("2").opened().await;
    let text = json!({ "type": "text", "text": "a" }).to_string();
    let url = "/gupshup/wa/api/v1/msg";
    let good = addressed(&[("message", &text)]);
    let changed = |name: &'static str, value: &'static str| {
        let mut fields = good.clone();
        fields.retain(|(known, _)| *known != name);
        fields.push((name, value));
        fields
    };
    for (fields, expected) in [
        (changed("destination", "me"), "Invalid Destination"),
        (changed("src.name", "Other"), "Invalid App Details"),
        (changed("source", "1"), "Invalid App Details"),
        (changed("channel", "sms"), "Invalid Channel"),
        (changed("message", "hello"), "message is no JSON"),
        (changed("message", r#"{"type":"image","caption":null}"#), "caption must not be null"),
        (changed("message", r#"{"type":"opera"}"#), "the type opera is not known"),
    ] {
        let (status, answer) = world.self_serve_call("POST", url, &fields).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert_eq!(answer["message"], expected);
    }
    let (status, body) = world.fetch_json(form("POST", url, "wrong", &good)).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(body.to_string().contains("Authentication Failed"), "{body}");
    let (status, _) = world.fetch(form("POST", url, "", &good)).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn self_serves_menus_bring_our_text_back() {
    let world = World::self_serve("2").opened().await;
    let menu = json!({
        "type": "quick_reply", "msgid": "m1",
        "content": { "type": "text", "header": "Cita", "text": "¿Listo?", "caption": "Wharf" },
        "options": [{ "type": "text", "title": "Sí", "postbackText": "yes" }],
    });
    let (_, answer) = world.session(&menu).await;
    world.heard().await;
    let (message, shown) = world.last();
    assert_eq!((shown.header.as_str(), shown.footer.as_str()), ("Cita", "Wharf"));
    world.simulator.tap(message.number, &Target::Button(0)).unwrap();
    let heard = world.heard().await.remove(0);
    assert_eq!(heard["payload"]["type"], "button_reply");
    assert_eq!(heard["payload"]["payload"]["postbackText"], "yes");
    assert_eq!(heard["payload"]["context"]["gsId"], answer["messageId"]);

    let list = json!({
        "type": "list", "title": "", "body": "Elija", "msgid": "m2",
        "globalButtons": [{ "type": "text", "title": "Ver" }],
        "items": [{ "title": "", "options": [{ "type": "text", "title": "Uno", "postbackText": "r1" }] }],
    });
    world.session(&list).await;
    let (message, _) = world.last();
    world.heard().await;
    world.simulator.tap(message.number, &Target::Row("r1".to_owned())).unwrap();
    assert_eq!(world.heard().await[0]["payload"]["payload"]["postbackText"], "r1");
}

#[tokio::test]
async fn self_serves_templates_are_reviewed_told_sent_and_removed() {
    let world = World::self_serve("2");
    let fields = [
        ("elementName", "inicio"),
        ("languageCode", "es"),
        ("category", "UTILITY"),
        ("vertical", "Inicio"),
        ("templateType", "TEXT"),
        ("content", "Hola {{1}}, ¿sigue?"),
        ("example", "Hola [Ana], ¿sigue?"),
        ("buttons", r#"[{"type":"QUICK_REPLY","text":"Sí"}]"#),
    ];
    let url = "/gupshup/wa/app/app-1/template";
    let (status, made) = world.self_serve_call("POST", url, &fields).await;
    assert_eq!((status, &made["template"]["status"]), (StatusCode::OK, &json!("PENDING")));
    let (status, again) = world.self_serve_call("POST", url, &fields).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(again["message"].as_str().unwrap().starts_with("Template Already exists"));

    world.decide(Review::Rejected { reason: "INVALID_FORMAT".to_owned() });
    let event = world.heard().await.remove(0);
    assert_eq!(event["type"], "template-event");
    assert_eq!(event["payload"]["status"], "rejected");
    assert_eq!(event["payload"]["rejectedReason"], "INVALID_FORMAT");
    world.decide(Review::Approved);
    world.heard().await;
    let (_, list) = world.self_serve_call("GET", url, &[]).await;
    assert_eq!(list["templates"][0]["status"], "APPROVED");

    let id = made["template"]["id"].as_str().unwrap();
    let send = |params: Value| json!({ "id": id, "params": params }).to_string();
    let (good, short) = (send(json!(["Eva"])), send(json!([])));
    let postbacks = r#"[{"index":0,"text":"otb:1:continue"}]"#;
    let path = "/gupshup/wa/api/v1/template/msg";
    let (status, answer) = world
        .self_serve_call(
            "POST",
            path,
            &addressed(&[("template", &good), ("postbackTexts", postbacks)]),
        )
        .await;
    assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
    assert_eq!(world.shown().body, "Hola Eva, ¿sigue?");
    let (message, _) = world.last();
    let (status, answer) =
        world.self_serve_call("POST", path, &addressed(&[("template", &short)])).await;
    assert_eq!((status, &answer["message"]["code"]), (StatusCode::BAD_REQUEST, &json!(132_000)));

    world.heard().await;
    world.simulator.tap(message.number, &Target::Button(0)).unwrap();
    let tap = world.heard().await.remove(0);
    assert_eq!(
        tap["payload"]["payload"],
        json!({ "text": "Sí", "type": "button", "postbackText": "otb:1:continue" })
    );

    let path = "/gupshup/wa/app/app-1/template/inicio";
    assert_eq!(world.self_serve_call("DELETE", path, &[]).await.0, StatusCode::OK);
    assert_eq!(world.self_serve_call("DELETE", path, &[]).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_partner_api_takes_metas_form_under_its_own_token() {
    let world = World::self_serve("3").opened().await;
    let to_user = |kind: &str, content: Value| {
        let mut body = json!({ "messaging_product": "whatsapp", "to": USER, "type": kind });
        body[kind] = content;
        body
    };
    let reaction = to_user("reaction", json!({ "message_id": "wamid.A", "emoji": "👍" }));
    let (status, answer) = world.partner(&reaction).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(world.shown().reaction.unwrap().emoji, "👍");
    let heard = world.heard().await;
    let status = |body: &Value| body["entry"][0]["changes"][0]["value"]["statuses"][0].clone();
    assert_eq!(status(&heard[0])["status"], "enqueued");
    assert_eq!(status(&heard[1])["gs_id"], answer["messages"][0]["id"]);
    assert_eq!(heard[0]["gs_app_id"], "app-1");

    let cta = json!({
        "type": "cta_url", "body": { "text": "Vea" },
        "action": { "name": "cta_url", "parameters": {
            "display_text": "Abrir", "url": "https://example.com",
        } },
    });
    assert_eq!(world.partner(&to_user("interactive", cta)).await.0, StatusCode::OK);
    let (status, bad) = world.partner(&to_user("text", json!({}))).await;
    assert_eq!((status, &bad["error"]["code"]), (StatusCode::BAD_REQUEST, &json!(100)));

    let path = "/gupshup/partner/app/app-1/v3/message";
    let request = world::request("POST", path, &[("apikey", "key-1")], &reaction);
    assert_eq!(world.fetch(request).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn version_3_joins_what_happens_and_hides_numbers() {
    let world = World::self_serve("3").opened().await;
    let mut hidden = User::new("919900000008", "Quispe");
    hidden.scoped_id = Some("IN.5550001".to_owned());
    world.simulator.put_user(hidden);
    world.session(&json!({ "type": "text", "text": "a" })).await;
    let (message, _) = world.last();
    world.heard().await;
    let said = |user: &str| BatchItem::Said {
        user: user.to_owned(),
        content: FromUser::Text { body: "uno".to_owned() },
    };
    let refusal = Refusal::NotOnWhatsApp;
    let items = vec![
        said(USER),
        said("919900000008"),
        BatchItem::Status { message: message.number, status: Status::Failed { refusal } },
    ];
    world.simulator.say_together(LINE, items).unwrap();
    let heard = world.heard().await.remove(0);
    let value = &heard["entry"][0]["changes"][0]["value"];
    assert_eq!(value["messages"][0]["from"], USER);
    assert_eq!(value["messages"][1]["from_user_id"], "IN.5550001");
    assert!(value["messages"][1].get("from").is_none());
    assert_eq!(value["statuses"][0]["errors"][0]["code"], 1002);

    let (status, _) = world
        .partner(&json!({
            "messaging_product": "whatsapp", "recipient": "IN.5550001", "type": "text",
            "text": { "body": "hola" },
        }))
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(world.last().0.user, "919900000008");
}

#[tokio::test]
async fn a_subscription_moves_the_callbacks_and_is_tried() {
    let world = World::self_serve("2");
    let path = "/gupshup/wa/app/app-1/subscription";
    let fields = [
        ("modes", "SENT,FAILED,MESSAGE"),
        ("tag", "wharf"),
        ("url", "http://gateway/new"),
        ("version", "3"),
        ("showOnUI", "false"),
        ("doCheck", "false"),
        ("meta", r#"{"headers":{"Authorization":"Bearer hook-secret"}}"#),
    ];
    let (status, answer) = world.self_serve_call("POST", path, &fields).await;
    assert_eq!((status, &answer["subscription"]["active"]), (StatusCode::OK, &json!(true)));
    let tried = world.posts().await.remove(0);
    assert_eq!(tried.url, "http://gateway/new");
    assert!(tried.headers.contains(&("authorization".to_owned(), "Bearer hook-secret".to_owned())));
    let body: Value = serde_json::from_slice(&tried.body).unwrap();
    assert_eq!(body["payload"]["type"], "sandbox-start");
    let heard = world.told_of(FromUser::Text { body: "Hola".to_owned() }).await;
    assert_eq!(heard["object"], "whatsapp_business_account");

    let other = "/gupshup/wa/app/app-2/subscription";
    let (status, _) = world.self_serve_call("POST", other, &fields).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}
