//! The world by itself, with a provider whose words are as plain as can be.

use std::sync::Arc;

use crate::carrier::News;
use crate::fault::{Hold, PostFault, SendFault};
use crate::message::{Button, Delivery, Entry, Said, Sent, StatusChange, ToUser};
use crate::people::Target;
use crate::simulator::Pace;
use crate::template::{Header, Parts, Review, Template};
use crate::world::{self, ADDRESS, Gateway, HOUR_MILLIS, LINE};
use crate::{Carrier, Line, Refusal, Sending, Simulator, User, WebhookPost};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tower::ServiceExt;

struct Plain;

impl Plain {
    fn post(body: &Value) -> WebhookPost {
        let body = body.to_string().into_bytes();
        WebhookPost { url: "http://gateway".to_owned(), headers: Vec::new(), body }
    }
}

impl Carrier for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn routes(&self, _: Simulator) -> Router {
        Router::new()
    }

    fn message_id(&self, _: &Line, seed: [u8; 16]) -> String {
        format!("{:032x}", u128::from_be_bytes(seed))
    }

    fn user_message(&self, _: &Line, user: &User, said: &Said) -> WebhookPost {
        Self::post(&json!({ "from": user.number, "said": said.content }))
    }

    fn status(&self, _: &Line, sent: &Sent, change: &StatusChange) -> Option<WebhookPost> {
        Some(Self::post(&json!({ "id": sent.id, "status": change.status.as_str() })))
    }

    fn batch(&self, _: &Line, news: &[News<'_>]) -> Option<WebhookPost> {
        Some(Self::post(&json!({ "things": news.len() })))
    }

    fn template_decided(&self, _: &Line, template: &Template) -> Option<WebhookPost> {
        Some(Self::post(&json!({ "template": template.name, "review": template.review })))
    }

    fn refuse(&self, _: &Line, _: &Refusal) -> Response {
        StatusCode::BAD_REQUEST.into_response()
    }

    fn refuses_later(&self, line: &Line, _: &Refusal) -> bool {
        line.setting("refuses") == "later"
    }
}

const ANA: &str = "573001230000";
const NUMBER: &str = "573177700000";

type World = world::World<Plain>;

impl World {
    fn new() -> Self {
        let ana = User::new(ANA, "Ana");
        let world = Self::of(Plain, 1_800_000_000_000, Gateway::default(), ana);
        world.put_line(LINE, NUMBER, &[("refuses", "at once")]);
        world
    }

    fn send(&self, content: ToUser) -> Result<crate::Taken, Refusal> {
        let line = self.simulator.line(LINE).unwrap();
        let id = hex(self.simulator.seed());
        let sending = Sending {
            whatsapp_id: id.clone(),
            id,
            to: format!("+{ANA}"),
            client_reference: None,
            content,
        };
        self.simulator.send(&line, sending)
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        self.fetch_json(world::request(method, path, &[], &body)).await
    }
}

fn hex(seed: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(seed))
}

fn template() -> Template {
    Template {
        id: "t1".to_owned(),
        line: LINE.to_owned(),
        name: "welcome".to_owned(),
        language: "es".to_owned(),
        category: "UTILITY".to_owned(),
        header: Header::Nothing,
        body: "Hola {{1}}.".to_owned(),
        footer: String::new(),
        buttons: Vec::new(),
        parts: Parts::default(),
        review: Review::Pending,
        created_millis: 0,
        submitted: Value::Null,
    }
}

#[tokio::test]
async fn a_free_message_needs_a_word_of_the_user_within_a_day() {
    let world = World::new();
    assert_eq!(world.send(ToUser::text("hi")).err(), Some(Refusal::WindowClosed));
    world.says_text("hello");
    assert!(world.send(ToUser::text("hi")).is_ok());
    world.forward(24 * HOUR_MILLIS - 1).await;
    assert!(world.send(ToUser::text("hi")).is_ok());
    world.forward(1).await;
    assert_eq!(world.send(ToUser::text("hi")).err(), Some(Refusal::WindowClosed));
    let template = ToUser { template: Some("welcome".to_owned()), ..ToUser::text("hi") };
    assert!(world.send(template).is_ok(), "a template goes any time");
    assert_eq!(
        world.send(ToUser::text("hi")).err(),
        Some(Refusal::WindowClosed),
        "and opens nothing"
    );
}

#[tokio::test]
async fn ticks_follow_each_other_and_blue_ones_need_a_look() {
    let world = World::new();
    world.says_text("hello");
    world.heard().await;
    let id = world.send(ToUser::text("hi")).unwrap().sent.id;
    let status = |word: &str| json!({ "id": id, "status": word });
    assert_eq!(world.heard().await, [status("sent"), status("delivered")]);
    world.simulator.look(LINE, ANA).unwrap();
    assert_eq!(world.heard().await, [status("read")]);
    world.simulator.look(LINE, ANA).unwrap();
    assert_eq!(world.heard().await, [] as [Value; 0], "once");
}

#[tokio::test]
async fn a_phone_that_is_off_gets_its_messages_later() {
    let world = World::new();
    world.says_text("hello");
    world.simulator.switch_phone(ANA, false).unwrap();
    world.heard().await;
    world.send(ToUser::text("hi")).unwrap();
    assert_eq!(world.heard().await.len(), 1, "sent, not delivered");
    world.simulator.switch_phone(ANA, true).unwrap();
    assert_eq!(world.heard().await[0]["status"], "delivered");
}

#[tokio::test]
async fn a_refusal_may_come_as_a_failed_status() {
    let world = World::new();
    world.put_line(LINE, NUMBER, &[("refuses", "later")]);
    let sent = world.send(ToUser::text("hi")).unwrap().sent;
    assert_eq!(world.heard().await, [json!({ "id": sent.id, "status": "failed" })]);
    let shown = world.simulator.read(|state| {
        state.messages.iter().any(|m| matches!(m.entry, Entry::ToUser { is_shown: true, .. }))
    });
    assert!(!shown, "the user never sees it");
}

#[tokio::test]
async fn a_webhook_is_repeated_until_it_is_taken() {
    let world = World::new();
    *world.gateway.answers.lock().unwrap() = vec![Ok(200), Err("no one".to_owned()), Ok(500)];
    world.says_text("hello");
    assert_eq!(world.heard().await.len(), 1);
    let delivery = || {
        world.simulator.read(|state| match &state.messages[0].entry {
            Entry::FromUser { delivery, .. } => *delivery,
            Entry::ToUser { .. } => panic!("Ana said it"),
        })
    };
    assert_eq!(delivery(), Delivery::Refused { status: Some(500) });
    world.forward(10_000).await;
    assert_eq!(delivery(), Delivery::Refused { status: None });
    world.forward(19_999).await;
    assert_eq!(world.gateway.take_heard().len(), 1);
    world.forward(1).await;
    assert_eq!(delivery(), Delivery::Taken);
    world.forward(HOUR_MILLIS).await;
    assert_eq!(world.gateway.take_heard().len(), 1, "never again");
}

#[tokio::test]
async fn webhooks_come_twice_or_in_another_order_when_asked() {
    let world = World::new();
    world.simulator.change(|state| {
        let faults = state.faults.entry(LINE.to_owned()).or_default();
        faults.posts = [PostFault::Repeated { times: 3 }, PostFault::Overtaken].into();
    });
    world.says_text("a");
    world.says_text("b");
    world.says_text("c");
    let words = |heard: Vec<Value>| {
        heard.iter().map(|one| one["said"]["body"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(words(world.heard().await), ["a", "a", "a", "c"]);
    world.forward(crate::people::OVERTAKEN_MILLIS).await;
    assert_eq!(words(world.gateway.take_heard()), ["b"]);
}

#[tokio::test]
async fn sendings_fail_as_asked_and_only_once() {
    let world = World::new();
    world.says_text("hello");
    let asked = [
        SendFault::RateLimited,
        SendFault::Unavailable { status: 503 },
        SendFault::LostCall,
        SendFault::LostAnswer,
    ];
    world.simulator.change(|state| {
        state.faults.entry(LINE.to_owned()).or_default().sends = asked.into();
    });
    assert_eq!(world.send(ToUser::text("1")).err(), Some(Refusal::RateLimited));
    assert_eq!(world.send(ToUser::text("2")).err(), Some(Refusal::Unavailable { status: 503 }));
    for (body, is_recorded) in [("3", false), ("4", true)] {
        let answer = world.send(ToUser::text(body)).unwrap().answer(Response::default());
        assert_eq!(answer.extensions().get::<Hold>(), Some(&Hold::Lost));
        let recorded = world.simulator.read(|state| {
            let mut entries = state.messages.iter().map(|message| &message.entry);
            entries.any(|e| matches!(e, Entry::ToUser { sent, .. } if sent.content.body == body))
        });
        assert_eq!(recorded, is_recorded, "{body}");
    }
    let answer = world.send(ToUser::text("5")).unwrap().answer(Response::default());
    assert_eq!(answer.extensions().get::<Hold>(), None);
}

#[tokio::test]
async fn a_tap_brings_back_what_the_button_carries() {
    let world = World::new();
    world.says_text("hello");
    let button = Button::Reply { id: "y".to_owned(), title: "Yes".to_owned() };
    world.send(ToUser { buttons: vec![button], ..ToUser::text("sure?") }).unwrap();
    world.heard().await;
    let number = world.simulator.read(|state| state.messages.last().unwrap().number);
    let (status, _) =
        world.call("POST", "/simulator/api/tap", json!({ "message": number, "button": 0 })).await;
    assert_eq!(status, StatusCode::OK);
    let heard = world.heard().await;
    assert_eq!(heard[0]["said"]["id"], "y");
    assert!(world.simulator.tap(number, &Target::Button(1)).is_err());
    assert!(world.simulator.tap(number, &Target::Row("y".to_owned())).is_err());
}

#[tokio::test]
async fn a_review_ends_and_is_told() {
    let world = World::new();
    let line = world.simulator.line(LINE).unwrap();
    world.simulator.submit_template(template()).unwrap();
    assert!(world.simulator.submit_template(template()).is_err(), "the name is taken");
    let find = || world.simulator.sendable_template(&line, |one| one.name == "welcome");
    assert_eq!(find().err(), Some(Refusal::TemplateMissing));
    let path = "/simulator/api/templates/t1";
    let (status, _) = world.call("POST", path, json!({ "status": "approved" })).await;
    assert_eq!(status, StatusCode::OK);
    assert!(find().is_ok());
    assert_eq!(world.heard().await[0]["review"]["status"], "approved");
    world.simulator.decide_template("t1", Review::Paused).unwrap();
    assert_eq!(find().err(), Some(Refusal::TemplatePaused));
}

#[tokio::test]
async fn the_receiver_answers_as_told_and_checks_what_comes() {
    let world = World::new();
    let body =
        json!({ "secret": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", "next": [{ "status": 500 }] });
    world.call("PUT", "/simulator/api/hooks/demo", body).await;
    let hook = json!({ "type": "identity_process.succeeded" });
    let first = world.call("POST", "/simulator/hooks/demo", hook.clone()).await.0;
    let second = world.call("POST", "/simulator/hooks/demo", hook).await.0;
    assert_eq!((first.as_u16(), second.as_u16()), (500, 204));
    let (_, seen) = world.call("GET", "/simulator/api/world", Value::Null).await;
    let reason = &seen["hooks"][1]["standard"]["reason"];
    assert_eq!(reason, "the header webhook-id is missing");
    assert!(!seen.to_string().contains("whsec_"), "the secret is not shown");
}

#[tokio::test]
async fn the_control_api_says_what_is_wrong() {
    let world = World::new();
    let long = "x".repeat(4097);
    let cases = [
        (
            "say",
            json!({ "line": LINE, "user": ANA, "content": { "type": "text", "body": " " } }),
            400,
        ),
        (
            "say",
            json!({ "line": LINE, "user": ANA, "content": { "type": "text", "body": long } }),
            400,
        ),
        (
            "say",
            json!({ "line": "two", "user": ANA, "content": { "type": "text", "body": "a" } }),
            404,
        ),
        (
            "say",
            json!({ "line": LINE, "user": "1", "content": { "type": "text", "body": "a" } }),
            404,
        ),
        ("tap", json!({ "message": 1 }), 400),
        ("clock", json!({ "minutes": 0 }), 400),
        ("users", json!({ "number": "12", "name": "B" }), 400),
        ("templates/none", json!({ "status": "approved" }), 404),
    ];
    for (path, body, expected) in cases {
        let (status, answer) = world.call("POST", &format!("/simulator/api/{path}"), body).await;
        assert_eq!(status.as_u16(), expected, "{path}: {answer}");
        assert!(answer["message"].as_str().is_some_and(|message| !message.is_empty()), "{path}");
    }
}

#[tokio::test]
async fn the_world_is_sent_only_when_it_changed() {
    let world = World::new();
    let get = |tag: Option<String>| {
        let request = Request::builder().uri("/simulator/api/world");
        let request = match tag {
            Some(tag) => request.header("if-none-match", tag),
            None => request,
        };
        world.simulator.router().oneshot(request.body(Body::empty()).unwrap())
    };
    let first = get(None).await.unwrap();
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(get(Some(tag.clone())).await.unwrap().status(), StatusCode::NOT_MODIFIED);
    world.says_text("hello");
    assert_eq!(get(Some(tag)).await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn another_site_cannot_drive_the_simulator() {
    let world = World::new();
    for (site, mode, expected) in [
        ("cross-site", "cors", 403),
        ("same-site", "no-cors", 403),
        ("same-origin", "cors", 200),
        ("cross-site", "navigate", 200),
    ] {
        let request = Request::builder()
            .uri("/")
            .header("sec-fetch-site", site)
            .header("sec-fetch-mode", mode)
            .body(Body::empty())
            .unwrap();
        let answer = world.simulator.served_router().oneshot(request).await.unwrap();
        assert_eq!(answer.status().as_u16(), expected, "{site} {mode}");
    }
}

#[tokio::test]
async fn a_world_that_was_saved_goes_on() {
    let folder = std::env::temp_dir().join(format!("wharf-world-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let world = World::new();
    world.says_text("hello");
    let file = crate::simulator::StoredFile {
        mime: "image/png".to_owned(),
        filename: Some("a.png".to_owned()),
        bytes: vec![1, 2, 3].into(),
    };
    let id = world.simulator.put_file(file.clone());
    world.simulator.save(&folder).unwrap();
    let state = crate::keep::load_state(&folder).unwrap();
    let again = Simulator::new(
        state,
        vec![Arc::new(Plain)],
        Arc::new(world.clock.clone()),
        world.gateway.clone(),
        ADDRESS,
        Pace::default(),
    );
    again.load_files(&folder).unwrap();
    assert_eq!(again.file(&id), Some(file));
    again.step().await;
    assert_eq!(world.gateway.take_heard()[0]["said"]["body"], "hello", "what was on its way");
    std::fs::write(folder.join("world.json"), "{").unwrap();
    assert!(crate::keep::load_state(&folder).is_err());
    std::fs::remove_dir_all(folder).unwrap();
}
