//! Hook rules, secrets, deliveries and replays by the API.

use std::time::Duration;

use serde_json::{Value, json};
use shared::domain::hook::{EventKind, HookEvent};
use shared::domain::ids::{ChannelId, EventId, FlowId, HookRuleId};
use shared::handlers::hook::call_job;
use shared::partner::signature::{Key, verify};
use shared::ports::{Clock, Queue, QueueName};

use super::rig::{Reply, Rig, ended, hours};

const HOST: &str = "one.example";

fn rule() -> Value {
    json!({
        "name": "KYC",
        "events": [{"event_type": "identity_process", "event_action": "succeeded"}],
        "action": {"type": "web", "method": "POST", "url": format!("https://{HOST}/hook"),
            "headers": {"X-Tenant": "blue"}, "parameters": {"src": "wa"},
            "status_email": "ops@customer.example"},
    })
}

/// A rule with one field changed.
fn with(path: &str, value: Value) -> Value {
    let mut rule = rule();
    *rule.pointer_mut(path).unwrap_or_else(|| panic!("{path}")) = value;
    rule
}

async fn created(rig: &Rig, body: &Value) -> (String, Key) {
    let (status, rule) = rig.api("POST", "/v1/hook-rules", body).await;
    assert_eq!(status, 201, "{rule}");
    let secret = rule["secret"].as_str().unwrap();
    (rule["rule_id"].as_str().unwrap().to_owned(), Key::parse(secret).unwrap())
}

fn failed(event: &HookEvent, key: &Key, rig: &Rig, place: usize) -> Option<String> {
    let got = rig.got(HOST).into_iter().nth(place)?;
    let verified = verify(key, got.request.headers(), got.request.body(), got.time);
    match verified {
        Ok(id) if id == event.id.to_string() => None,
        other => Some(format!("{other:?}")),
    }
}

/// T74: a rule's secret is 32 random bytes, shown once, kept sealed, and signs what goes out.
#[tokio::test]
async fn a_rules_secret_is_shown_once() {
    let rig = Rig::new().await;
    let (status, rule) = rig.api("POST", "/v1/hook-rules", &rule()).await;
    assert_eq!(status, 201);
    let secret = rule["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() == 6 + 44, "{secret}");
    let key = Key::parse(secret).unwrap();
    assert_eq!(rule["format"], "standard");
    assert_eq!(rule["schedule_seconds"].as_array().unwrap().len(), 10);
    assert_eq!(rule["enabled"], true);

    let path = format!("/v1/hook-rules/{}", rule["rule_id"].as_str().unwrap());
    let (status, read) = rig.api("GET", &path, &Value::Null).await;
    assert_eq!((status, &read["secret"]), (200, &Value::Null));
    let mut shown = rule.clone();
    shown.as_object_mut().unwrap().remove("secret");
    assert_eq!(read, shown);
    let (_, list) = rig.api("GET", "/v1/hook-rules", &Value::Null).await;
    assert_eq!(list, json!({"items": [read], "next_key": null}));
    assert!(!rig.table().contains(secret), "only its sealed form is stored");

    let event = ended("1", "succeeded");
    rig.happens(&event).await;
    rig.work().await;
    assert_eq!(failed(&event, &key, &rig, 0), None);
    let got = &rig.got(HOST)[0];
    assert_eq!(got.request.uri().to_string(), format!("https://{HOST}/hook?src=wa"));
    assert_eq!(got.header("x-tenant"), "blue");
}

/// README 6: the same request again gets the same secret, and there is still one rule.
#[tokio::test]
async fn a_rule_is_made_once_per_idempotency_key() {
    let rig = Rig::new().await;
    let headers = [("idempotency-key", "a-1")];
    let (status, first) = rig.call("POST", "/v1/hook-rules", &rule(), &headers).await;
    let (again, second) = rig.call("POST", "/v1/hook-rules", &rule(), &headers).await;
    assert_eq!((status, again), (201, 201));
    assert_eq!(first, second);
    let (_, list) = rig.api("GET", "/v1/hook-rules", &Value::Null).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert!(!rig.table().contains(first["secret"].as_str().unwrap()));
}

/// Contracts 1.2: what is wrong is named, and nothing is stored.
#[tokio::test]
async fn a_wrong_rule_is_refused_with_its_field() {
    let rig = Rig::new().await;
    let long = "x".repeat(1001);
    let many: Vec<u32> = vec![1; 13];
    let flow = FlowId::from_bytes([9; 16]);
    let channel = ChannelId::from_bytes([9; 16]);
    let mut schedule = rule();
    schedule["schedule_seconds"] = json!([0, 86_401]);
    let mut steps = rule();
    steps["schedule_seconds"] = json!(many);
    let mut none = rule();
    none["schedule_seconds"] = json!([]);
    let event = "/events/0/event_action";
    for (body, field) in [
        (with("/name", json!("")), "name"),
        (with("/name", json!(5)), "name"),
        (with("/events", json!([])), "events"),
        (with("/events/0/event_type", json!("weather")), "events[0].event_type"),
        (with(event, json!("sunny")), "events[0].event_action"),
        (with(event, json!("connected")), "events[0].event_action"),
        (with("/action/type", json!("email")), "action.type"),
        (with("/action/method", json!("GET")), "action.method"),
        (with("/action/url", json!("hook")), "action.url"),
        (with("/action/headers", json!({"Host": "a"})), "action.headers.Host"),
        (with("/action/headers", json!({"webhook-id": "a"})), "action.headers.webhook-id"),
        (with("/action/headers", json!({"a b": "a"})), "action.headers.a b"),
        (with("/action/headers", json!({"a": "ñ"})), "action.headers.a"),
        (with("/action/headers", json!({"a": "a\r\nb: c"})), "action.headers.a"),
        (with("/action/headers", json!({"a": long})), "action.headers.a"),
        (with("/action/parameters", json!({"a": long})), "action.parameters.a"),
        (with("/action/parameters", json!({"": "a"})), "action.parameters"),
        (with("/action/status_email", json!("nobody")), "action.status_email"),
        (schedule, "schedule_seconds[1]"),
        (steps, "schedule_seconds"),
        (none, "schedule_seconds"),
    ] {
        let before = rig.table();
        let (status, problem) = rig.api("POST", "/v1/hook-rules", &body).await;
        assert_eq!((status, &problem["details"][0]["field"]), (400, &json!(field)), "{problem}");
        assert_eq!(rig.table(), before);
    }
    for (conditions, field) in [
        (json!({"flow_id": [flow]}), "conditions.flow_id"),
        (json!({"flow_id": ["IPF1"]}), "conditions.flow_id[0]"),
        (json!({"channel_id": [channel]}), "conditions.channel_id"),
    ] {
        let mut body = rule();
        body["conditions"] = conditions;
        let (status, problem) = rig.api("POST", "/v1/hook-rules", &body).await;
        assert_eq!((status, &problem["details"][0]["field"]), (404, &json!(field)), "{problem}");
    }
}

/// T74 (hook test 8, contracts 9.3): an address that may not be called is refused when the rule is made.
#[tokio::test]
async fn a_target_inside_the_network_is_refused() {
    let rig = Rig::new().await;
    for url in [
        "http://customer.example/hook",
        "ftp://customer.example/hook",
        "https://127.0.0.1/hook",
        "https://localhost/hook",
        "https://2130706433/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://10.1.2.3/hook",
        "https://[::1]/hook",
        "https://[::ffff:10.0.0.1]/hook",
        "https://[fd00:ec2::254]/hook",
        "https://user:pass@customer.example/hook",
    ] {
        let (status, problem) =
            rig.api("POST", "/v1/hook-rules", &with("/action/url", json!(url))).await;
        assert_eq!((status, &problem["details"][0]["field"]), (400, &json!("action.url")), "{url}");
    }
}

/// T74 (hook test 10): a secret is replaced with an overlap of 0 to 168 hours, 24 where nothing is said.
#[tokio::test]
async fn a_secret_is_replaced() {
    let rig = Rig::new().await;
    let (rule, old) = created(&rig, &rule()).await;
    let path = format!("/v1/hook-rules/{rule}/rotate-secret");
    for hours in [json!(169), json!(-1), json!("x")] {
        let (status, problem) = rig.api("POST", &path, &json!({"overlap_hours": hours})).await;
        let field = &problem["details"][0]["field"];
        assert_eq!((status, field), (400, &json!("overlap_hours")), "{hours}");
    }
    let (status, new) = rig.api("POST", &path, &json!({})).await;
    assert_eq!(status, 200);
    let until = rig.clock.now() + hours(24);
    assert_eq!(new["previous_secret_until"], json!(until));
    let new = Key::parse(new["secret"].as_str().unwrap()).unwrap();
    let event = ended("1", "succeeded");
    rig.happens(&event).await;
    rig.work().await;
    assert_eq!(failed(&event, &new, &rig, 0), None);
    assert_eq!(failed(&event, &old, &rig, 0), None);

    let (_, newest) = rig.api("POST", &path, &json!({"overlap_hours": 0})).await;
    assert_eq!(newest["previous_secret_until"], Value::Null);
    let newest = Key::parse(newest["secret"].as_str().unwrap()).unwrap();
    let event = ended("2", "succeeded");
    rig.happens(&event).await;
    rig.work().await;
    assert_eq!(failed(&event, &newest, &rig, 1), None);
    assert!(failed(&event, &new, &rig, 1).is_some());
    assert!(failed(&event, &old, &rig, 1).is_some(), "an overlap of none ends all overlaps");
}

/// T74 (standard-webhooks 4): attempts are listed, and one event is sent again under its id.
#[tokio::test]
async fn deliveries_are_listed_and_sent_again() {
    let rig = Rig::new().await;
    let mut short = rule();
    short["schedule_seconds"] = json!([0, 5]);
    let (rule, key) = created(&rig, &short).await;
    rig.script(HOST, [Reply::Body(500, "no".into()), Reply::Status(404), Reply::Status(204)]);
    let (one, two) = (ended("1", "succeeded"), ended("2", "succeeded"));
    rig.happens(&one).await;
    rig.pass(hours(1)).await;
    rig.happens(&two).await;
    rig.work().await;

    let path = format!("/v1/hook-rules/{rule}/deliveries");
    let ids = |list: &Value| -> Vec<Value> {
        list["items"].as_array().unwrap().iter().map(|item| item["event_id"].clone()).collect()
    };
    let (_, all) = rig.api("GET", &path, &Value::Null).await;
    assert_eq!(ids(&all), [json!(two.id), json!(one.id)], "the newest first");
    let (_, failed_ones) = rig.api("GET", &format!("{path}?state=failed"), &Value::Null).await;
    assert_eq!(ids(&failed_ones), [json!(one.id)]);
    let (status, _) = rig.api("GET", &format!("{path}?state=lost"), &Value::Null).await;
    assert_eq!(status, 400);
    let (_, first) = rig.api("GET", &format!("{path}?page_size=1"), &Value::Null).await;
    let next = first["next_key"].as_str().unwrap();
    let (_, second) =
        rig.api("GET", &format!("{path}?page_size=1&start_key={next}"), &Value::Null).await;
    assert_eq!([ids(&first), ids(&second)].concat(), ids(&all));

    let (_, detail) = rig.api("GET", &format!("{path}/{}", one.id), &Value::Null).await;
    assert_eq!(detail["state"], "failed");
    assert_eq!(detail["failure_reason"], "attempts_exhausted");
    assert_eq!(detail["object"]["answers"][0]["value"], "Lucía");
    let log = detail["log"].as_array().unwrap();
    assert_eq!((&log[0]["status_code"], &log[0]["response"]), (&json!(500), &json!("no")));
    assert_eq!(log[0]["next_attempt_at"], json!(one.time + Duration::from_secs(5)));
    assert_eq!((&log[1]["number"], &log[1]["status_code"]), (&json!(2), &json!(404)));

    let replay = format!("{path}/{}/replay", one.id);
    let headers = [("idempotency-key", "b-1")];
    let (status, view) = rig.call("POST", &replay, &Value::Null, &headers).await;
    assert_eq!((status, &view["state"]), (202, &json!("pending")));
    rig.work().await;
    let got = rig.got(HOST);
    assert_eq!(got.len(), 4);
    assert_eq!(failed(&one, &key, &rig, 3), None);
    assert_ne!(got[0].header("webhook-timestamp"), got[3].header("webhook-timestamp"));
    let (_, detail) = rig.api("GET", &format!("{path}/{}", one.id), &Value::Null).await;
    assert_eq!((&detail["state"], &detail["attempts"]), (&json!("delivered"), &json!(3)));
    let (again, same) = rig.call("POST", &replay, &Value::Null, &headers).await;
    assert_eq!((again, same), (202, view));
    rig.work().await;
    assert_eq!(rig.got(HOST).len(), 4, "the same request does not send it a third time");
}

/// T74 (standard-webhooks 4): all failed ones since a time, or all of a time span.
#[tokio::test]
async fn a_time_span_is_sent_again() {
    let rig = Rig::new().await;
    let mut short = rule();
    short["schedule_seconds"] = json!([0]);
    let (rule, _) = created(&rig, &short).await;
    rig.script(HOST, [Reply::Status(500), Reply::Status(200)]);
    let start = rig.clock.now();
    for name in ["1", "2", "3"] {
        rig.happens(&ended(name, "succeeded")).await;
        rig.work().await;
        rig.clock.turn(Duration::from_mins(1));
    }
    let minute = |n: u64| json!(start + Duration::from_mins(n));
    let path = format!("/v1/hook-rules/{rule}/replay");
    for (body, count) in [
        (json!({"since": minute(0), "state": "failed"}), 1),
        (json!({"since": minute(0), "state": "failed"}), 0),
        (json!({"since": minute(1)}), 2),
        (json!({"since": minute(0), "until": minute(2)}), 2),
        (json!({"since": minute(3)}), 0),
    ] {
        let calls = rig.got(HOST).len();
        let (status, answer) = rig.api("POST", &path, &body).await;
        assert_eq!(status, 202);
        assert_eq!(answer, json!({"replayed": count, "next_key": null}), "{body}");
        rig.work().await;
        assert_eq!(rig.got(HOST).len(), calls + count);
    }
    for (body, field) in [
        (json!({}), "since"),
        (json!({"since": "yesterday"}), "since"),
        (json!({"since": minute(1), "until": minute(1)}), "until"),
        (json!({"since": minute(1), "state": "lost"}), "state"),
        (json!({"since": minute(1), "start_key": "?"}), "start_key"),
    ] {
        let (status, problem) = rig.api("POST", &path, &body).await;
        assert_eq!((status, &problem["details"][0]["field"]), (400, &json!(field)), "{body}");
    }
}

/// T74 (standard-webhooks 4): a retry that the queue lost is found among the pending ones and put back.
#[tokio::test]
async fn a_lost_retry_is_put_back() {
    let rig = Rig::new().await;
    let (rule, key) = created(&rig, &rule()).await;
    rig.script(HOST, [Reply::Status(500), Reply::Status(200)]);
    let event = ended("1", "succeeded");
    rig.happens(&event).await;
    rig.work().await;
    rig.lose_jobs();
    rig.pass(hours(100)).await;
    assert_eq!(rig.got(HOST).len(), 1);
    let path = format!("/v1/hook-rules/{rule}");
    let pending = format!("{path}/deliveries?state=pending");
    let (_, list) = rig.api("GET", &pending, &Value::Null).await;
    assert_eq!(list["items"][0]["next_attempt_at"], json!(event.time + Duration::from_secs(5)));
    let body = json!({"since": event.time, "state": "pending"});
    let (_, answer) = rig.api("POST", &format!("{path}/replay"), &body).await;
    assert_eq!(answer["replayed"], 1);
    rig.work().await;
    assert_eq!(failed(&event, &key, &rig, 1), None);
}

/// An endpoint is switched off and on by its owner; on again, its failures are forgiven.
#[tokio::test]
async fn an_owner_switches_an_endpoint_off_and_on() {
    let rig = Rig::new().await;
    let (rule_id, _) = created(&rig, &rule()).await;
    let path = format!("/v1/hook-rules/{rule_id}");
    rig.script(HOST, [Reply::Status(410), Reply::Status(500), Reply::Status(200)]);
    let event = ended("1", "succeeded");
    rig.happens(&event).await;
    rig.work().await;
    let (_, off) = rig.api("GET", &path, &Value::Null).await;
    assert_eq!((&off["enabled"], &off["disabled_reason"]), (&json!(false), &json!("gone")));
    let replay = format!("{path}/deliveries/{}/replay", event.id);
    let (status, _) = rig.api("POST", &replay, &Value::Null).await;
    assert_eq!(status, 409);

    rig.clock.turn(hours(6 * 24));
    let mut body = rule();
    let (status, still_off) = rig.api("PUT", &path, &body).await;
    assert_eq!((status, &still_off["enabled"]), (200, &json!(false)));
    body["enabled"] = json!(true);
    let (_, on) = rig.api("PUT", &path, &body).await;
    assert_eq!((&on["enabled"], &on["failing_since"]), (&json!(true), &Value::Null));
    assert_eq!(on["disabled_reason"], Value::Null);
    let (status, _) = rig.api("POST", &replay, &Value::Null).await;
    assert_eq!(status, 202);
    rig.pass(hours(1)).await;
    assert_eq!(rig.got(HOST).len(), 3, "a failure after six days switches nothing off");

    body["enabled"] = json!(false);
    body["name"] = json!("off");
    let (_, off) = rig.api("PUT", &path, &body).await;
    assert_eq!((&off["disabled_reason"], &off["name"]), (&json!("owner"), &json!("off")));
    rig.happens(&ended("2", "succeeded")).await;
    rig.work().await;
    assert_eq!(rig.got(HOST).len(), 3);
    let (status, _) = rig.api("DELETE", &path, &Value::Null).await;
    assert_eq!(status, 204);
    let (status, _) = rig.api("GET", &path, &Value::Null).await;
    assert_eq!(status, 404);
}

/// Contracts 1.2: an unknown id and another tenant's are the same 404.
#[tokio::test]
async fn what_is_not_the_callers_is_not_there() {
    let rig = Rig::new().await;
    let (other, _) = rig.rule_of_another_tenant("two.example").await;
    let event = EventId::from_bytes([1; 16]);
    let unknown = HookRuleId::from_bytes([8; 16]);
    for rule in [other.id.to_string(), unknown.to_string(), "HKR1".to_owned()] {
        let path = format!("/v1/hook-rules/{rule}");
        let since = json!({"since": "2026-01-01T00:00:00Z"});
        for (method, path, body) in [
            ("GET", path.clone(), Value::Null),
            ("PUT", path.clone(), self::rule()),
            ("DELETE", path.clone(), Value::Null),
            ("POST", format!("{path}/rotate-secret"), json!({})),
            ("GET", format!("{path}/deliveries"), Value::Null),
            ("GET", format!("{path}/deliveries/{event}"), Value::Null),
            ("POST", format!("{path}/deliveries/{event}/replay"), Value::Null),
            ("POST", format!("{path}/replay"), since),
        ] {
            let (status, problem) = rig.api(method, &path, &body).await;
            assert_eq!((status, &problem["code"]), (404, &json!(10404)), "{method} {path}");
        }
    }
    let (mine, _) = created(&rig, &rule()).await;
    let (status, _) =
        rig.api("GET", &format!("/v1/hook-rules/{mine}/deliveries/{event}"), &Value::Null).await;
    assert_eq!(status, 404);
    assert!(rig.store.hook_rule(other.tenant, other.id).await.unwrap().is_some());
}

/// T75: a tenant makes the secret that signs its flows' calls, and replaces it.
#[tokio::test]
async fn calls_are_signed_by_the_tenants_secret() {
    let rig = Rig::new().await;
    let (status, none) = rig.api("GET", "/v1/signing-secret", &Value::Null).await;
    assert_eq!((status, &none["secret_since"]), (200, &Value::Null));
    let (status, new) = rig.api("POST", "/v1/signing-secret/rotate", &json!({})).await;
    assert_eq!(status, 200);
    let secret = new["secret"].as_str().unwrap();
    assert!(!rig.table().contains(secret));
    let old = Key::parse(secret).unwrap();
    let body = json!({"overlap_hours": 1});
    let (_, new) = rig.api("POST", "/v1/signing-secret/rotate", &body).await;
    let new = Key::parse(new["secret"].as_str().unwrap()).unwrap();
    rig.queues.put(QueueName::Hook, vec![call_job(&super::call())]).await.unwrap();
    rig.work().await;
    let got = &rig.got(HOST)[0];
    for key in [&old, &new] {
        verify(key, got.request.headers(), got.request.body(), got.time).unwrap();
    }
    let (_, view) = rig.api("GET", "/v1/signing-secret", &Value::Null).await;
    assert_eq!(view["previous_secret_until"], json!(rig.clock.now() + hours(1)));
}

/// T78, X13 (contracts 9.2): every group and action of the table can be listened to.
#[tokio::test]
async fn every_event_can_be_listened_to() {
    let rig = Rig::new().await;
    let kinds = [
        EventKind::IdentityProcess,
        EventKind::WhatsappInbound,
        EventKind::WhatsappOutbound,
        EventKind::WhatsappSession,
        EventKind::WhatsappProcess,
        EventKind::OutboundTemplate,
        EventKind::Message,
        EventKind::Handover,
        EventKind::Channel,
        EventKind::Bot,
    ];
    let events: Vec<_> = kinds
        .iter()
        .flat_map(|kind| kind.actions().iter().map(move |action| (kind, action)))
        .map(|(kind, action)| json!({"event_type": kind, "event_action": action}))
        .collect();
    assert_eq!(events.len(), 30);
    let (status, _) = rig.api("POST", "/v1/hook-rules", &with("/events", json!(events))).await;
    assert_eq!(status, 201);
}
