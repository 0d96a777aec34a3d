//! Permissions, both ways. That no function uses what it is not allowed is checked at the end of every story
//! (`tests::permissions`); here stories go through everything that functions do, and nothing is allowed that was not
//! used in any of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use shared::config::Function;
use shared::domain::time::Time;
use shared::ports::{QueueName, Timer, Timers as _};
use simulator::WebhookPost;
use simulator::fault::SendFault;
use simulator::hooks::HookAnswer;
use simulator::message::FileKind;
use simulator::template::Review;
use tests::clock::{SECOND, hours, minutes};
use tests::permissions::{Permission, allowed};
use tests::stage::{Number, text};
use tests::template::template;
use tests::{Bundle, Customer};

type Used = BTreeMap<Function, BTreeSet<Permission>>;

const ALWAYS: &str = "2021-01-01T00:00:00.000Z";

fn join(used: &mut Used, bundle: &Bundle) {
    for (function, permissions) in bundle.used() {
        used.entry(function).or_default().extend(permissions);
    }
}

/// README 3: a function is allowed exactly the actions that it uses.
#[tokio::test]
async fn a_function_is_allowed_what_it_uses_and_nothing_else() {
    let mut used = Used::new();
    for story in [0, 1, 2, 3] {
        let bundle = Bundle::start().await;
        match story {
            0 => talks(&bundle).await,
            1 => outbounds(&bundle).await,
            2 => deadlines(&bundle).await,
            _ => statuses_of_nothing(&bundle).await,
        }
        join(&mut used, &bundle);
    }
    assert_eq!(unused(&allowed(&template()), &used), [""; 0]);
}

/// What is allowed and was not used, as sentences.
fn unused(allowed: &Used, used: &Used) -> Vec<String> {
    let none = BTreeSet::new();
    let beyond = allowed.iter().flat_map(|(function, allowed)| {
        let beyond = allowed.difference(used.get(function).unwrap_or(&none));
        beyond.map(move |(action, on)| format!("{} needs no {action} on {on}", function.name()))
    });
    beyond.collect()
}

/// The check finds a permission too many, so that its silence says something.
#[tokio::test]
async fn a_permission_too_many_is_found() {
    let bundle = Bundle::start().await;
    let mut allowed: Used = bundle.used();
    let too_many = ("s3:DeleteObject".to_owned(), "MediaBucket/media/*".to_owned());
    allowed.entry(Function::Api).or_default().insert(too_many);
    let found = unused(&allowed, &bundle.used());
    assert_eq!(found, ["api needs no s3:DeleteObject on MediaBucket/media/*"]);
}

fn answers(bundle: &Bundle, receiver: &str, answers: Vec<HookAnswer>) {
    bundle.simulator.change(|state| {
        state.receivers.entry(receiver.to_owned()).or_default().next.extend(answers);
    });
}

fn answer(status: u16) -> HookAnswer {
    HookAnswer { status, ..HookAnswer::default() }
}

fn fault(bundle: &Bundle, number: &Number<'_>, code: &str) {
    let fault = SendFault::Code { code: code.to_owned(), text: "no".to_owned() };
    bundle.simulator.change(|state| {
        state.faults.entry(number.digits.clone()).or_default().sends.push_back(fault);
    });
}

/// A flow with all that leaves the gateway, hooks that fail for a while and for good, and what callers ask afterwards.
async fn talks(bundle: &Bundle) {
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let flow = shop
        .flow(json!([
            { "id": "name", "type": "question", "answer": "text", "text": "¿Cómo te llamas?" },
            { "id": "card", "type": "media", "accept": ["document"], "text": "Envía tu documento" },
            { "id": "face", "type": "webhook", "url": "https://face.customer.example/validate" },
            { "id": "bye", "type": "message", "text": "Gracias" },
        ]))
        .await;
    shop.inbound(&number, &flow, "empezar").await;
    let events = ["message.delivered", "message.failed", "identity_process.failed"];
    let slow = json!({ "schedule_seconds": [0, 3600] });
    let rule = text(&shop.hook_rule("log", &events, slow).await, "rule_id");
    let other = text(&shop.hook_rule("other", &["message.failed"], json!({})).await, "rule_id");
    let body = json!({ "status": "success", "type": "face-recognition" });
    answers(bundle, "face", vec![HookAnswer { body: Some(body), ..answer(200) }]);
    let ana = number.person("573001234567", "Ana");
    ana.says("empezar").await;
    ana.says("Ana").await;
    ana.sends_file(FileKind::Document, "application/pdf", Some("dni.pdf")).await;
    bundle.run().await;
    assert_eq!(ana.sees().last().expect("she sees something"), "Gracias");
    file(&shop, &shop.process(&number, &ana).await).await;
    own_file(bundle, &shop, &number).await;
    // A question that never arrives ends its run.
    fault(bundle, &number, "131026");
    answers(bundle, "log", vec![answer(500), answer(500), answer(410)]);
    ana.says("empezar").await;
    bundle.turn(hours(3)).await;
    // One that its template keeps waiting.
    fault(bundle, &number, "132015");
    ana.says("empezar").await;
    bundle.turn(hours(4)).await;
    // One that waits for the user to write.
    bundle.turn(hours(24)).await;
    let message = json!({ "type": "text", "body": "buenas" });
    let body = json!({ "channel_id": number.channel, "to": ana.number, "message": message,
                       "outside_window": "queue" });
    shop.post("/v1/messages", &body).await.expect(202);
    bundle.run().await;
    let terms = shop.get(&format!("/v1/hook-rules/{rule}")).await.expect(200);
    let renamed = json!({ "name": "again", "events": terms["events"], "action": terms["action"] });
    shop.put(&format!("/v1/hook-rules/{rule}"), &renamed).await.expect(200);
    let since = json!({ "since": "2024-03-11T00:00:00.000Z" });
    shop.post(&format!("/v1/hook-rules/{other}/replay"), &since).await.expect(202);
    let others = [
        shop.gupshup("573177700001").await,
        shop.dialog360("573177700002").await,
        shop.dialog360_v1("573177700003").await,
        shop.karix("573177700004").await,
        shop.infobip("573177700005").await,
        shop.aws_social("573177700006").await,
    ];
    for number in &others {
        reports(bundle, &shop, number).await;
    }
    shop.get("/v1/audit/balance").await.expect(200);
    shop.delete(&format!("/v1/hook-rules/{rule}")).await.expect(204);
}

/// The file that a run asked for is read, by its link.
async fn file(shop: &Customer<'_>, process: &Value) {
    let answers = process["answers"].as_array().into_iter().flatten();
    let media: Vec<&str> =
        answers.filter_map(|answer| answer["value"]["media_id"].as_str()).collect();
    let [media] = media[..] else { panic!("one file in {process}") };
    let link = format!("/v1/media/{media}/link");
    let link = text(&shop.get(&link).await.expect(200), "url");
    let path = link.strip_prefix("https://gateway.test").expect("it is the gateway's address");
    assert_eq!(shop.get(path).await.status, 200);
}

/// A file that the customer brings goes to the provider.
async fn own_file(bundle: &Bundle, shop: &Customer<'_>, number: &Number<'_>) {
    let request = shop.request("POST", "/v1/media").header("content-type", "image/png");
    let file = shop.call(request, b"a picture".to_vec()).await.expect(201);
    let message = json!({ "type": "image", "media_id": file["media_id"] });
    let body = json!({ "channel_id": number.channel, "to": "573001234567", "message": message });
    shop.post("/v1/messages", &body).await.expect(202);
    bundle.run().await;
}

/// Statuses of providers that do not always echo our ids.
async fn reports(bundle: &Bundle, shop: &Customer<'_>, number: &Number<'_>) {
    let line = number.digits.clone();
    bundle.simulator.change(|state| {
        let line = state.lines.get_mut(&line).expect("it is there");
        line.settings.insert("reference".to_owned(), "dropped".to_owned());
    });
    let ana = number.person("573001234567", "Ana");
    ana.says("hola").await;
    let message = json!({ "type": "text", "body": "buenas" });
    let body = json!({ "channel_id": number.channel, "to": ana.number, "message": message });
    let receiver = format!("statuses-{}", number.digits);
    shop.hook_rule(&receiver, &["message.delivered"], json!({})).await;
    bundle.turn(minutes(1)).await;
    shop.post("/v1/messages", &body).await.expect(202);
    bundle.turn(minutes(1)).await;
    assert_eq!(shop.hooks(&receiver).len(), 1);
}

/// An outbound from its template to its answer, told of by poll and by event, sent by a caller who repeats himself.
async fn outbounds(bundle: &Bundle) {
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let steps = json!([{ "id": "a", "type": "question", "answer": "text", "text": "¿Sí?" }]);
    let flow = shop.flow(steps).await;
    let approved = "outbound_template.approved";
    shop.hook_rule("log", &["whatsapp_outbound.started", approved], json!({})).await;
    let form = [
        ("waba_phone_number", number.digits.as_str()),
        ("is_notification", "false"),
        ("category", "UTILITY"),
        ("template_type", "TEXT"),
        ("language_code", "es"),
        ("outbound_name", "Inicio"),
        ("content", "Hola"),
        ("continue_process_message", "Seguir"),
        ("cancel_process_message", "Parar"),
    ];
    let made = shop.form("/v1/whatsapp/outbounds", &form).await.expect(201);
    let id = text(&made, "outbound_id");
    // The event gets lost: only the list at the provider shows it.
    bundle.simulator.change(|state| state.templates[0].review = Review::Approved);
    bundle.turn(minutes(6)).await;
    bundle.poll().await;
    assert_eq!(shop.hooks("log").len(), 1);
    for _ in 0..2 {
        let request = shop
            .request("POST", "/v1/whatsapp/outbounds/send")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("idempotency-key", "once");
        let body = format!(
            "outbound_id={id}&country_code=57&phone_number=3001234567&user_authorized=true\
             &flow_id={flow}"
        );
        shop.call(request, body.into_bytes()).await.expect(202);
        bundle.run().await;
    }
    // One whose answer is no success gives its key back.
    let request = shop.request("POST", "/v1/whatsapp/outbounds/send");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let request = request.header("idempotency-key", "other");
    shop.call(request, b"outbound_id=OTB".to_vec()).await.expect_error(404, "outbound_id");
    let ana = number.person("573001234567", "Ana");
    ana.taps("Seguir").await;
    assert_eq!(ana.sees().last().expect("the first question"), "¿Sí?");
    let template = bundle.simulator.read(|state| state.templates[0].id.clone());
    bundle.simulator.decide_template(&template, Review::Paused).expect("it is there");
    bundle.run().await;
}

/// A question that is followed up and expires, with timers that fire too early and in time.
async fn deadlines(bundle: &Bundle) {
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let config = json!({ "enable_follow_up": true, "follow_up_delay": 45,
                         "start_business_hours": ALWAYS, "end_business_hours": ALWAYS });
    let steps = json!([{ "id": "a", "type": "question", "answer": "number", "text": "¿Cuántos?" }]);
    let flow = shop.flow_with(config, steps).await;
    shop.inbound(&number, &flow, "empezar").await;
    shop.hook_rule("log", &["identity_process.expired"], json!({})).await;
    let ana = number.person("573001234567", "Ana");
    ana.says("empezar").await;
    bundle.turn(minutes(40)).await;
    ana.says("quizás").await;
    for (queue, place) in
        [(QueueName::FollowUp, "/follow_up/send_at"), (QueueName::Expiry, "/expires_at")]
    {
        let process = shop.process(&number, &ana).await;
        let due = process.pointer(place).and_then(Value::as_str).expect("it has a deadline");
        let rest = Time::parse(due).expect("a time").since(bundle.now());
        // A timer is good to the minute, so one may fire half a minute early.
        let early = bundle.now() + rest - 30 * SECOND;
        bundle.timers.arm(armed(bundle, queue), early).await.expect("a timer can be armed");
        bundle.turn(rest).await;
    }
    assert_eq!(shop.hooks("log").len(), 1);
    bundle.assert_no_dead_letters();
}

fn armed(bundle: &Bundle, queue: QueueName) -> Timer {
    let armed = bundle.timers.armed().into_iter().map(|(timer, _)| timer);
    armed.into_iter().find(|timer| timer.queue() == queue).expect("a timer is armed")
}

/// Statuses with ids of our form that this gateway never gave: they were another one's.
async fn statuses_of_nothing(bundle: &Bundle) {
    let other = Bundle::start().await;
    let stranger = other.customer().await;
    let shop = bundle.customer().await;
    // Both draw the same ids, so the channels are the same.
    for (number, same) in [
        (stranger.meta("573177700000").await, shop.meta("573177700000").await),
        (
            stranger.gupshup_enterprise("573177700001").await,
            shop.gupshup_enterprise("573177700001").await,
        ),
        (stranger.dialog360("573177700002").await, shop.dialog360("573177700002").await),
        (stranger.karix("573177700003").await, shop.karix("573177700003").await),
        (stranger.infobip("573177700005").await, shop.infobip("573177700005").await),
        (stranger.aws_social("573177700006").await, shop.aws_social("573177700006").await),
    ] {
        assert_eq!(number.channel, same.channel);
        for post in statuses(&other, &stranger, &number).await {
            assert_eq!(bundle.deliver(post).await, 200);
        }
    }
    let balance = shop.get("/v1/audit/balance").await.expect(200);
    assert!(balance["ignored"]["unknown_message"].as_u64() > Some(1), "{balance}");
}

/// What the provider posts about a message that was just sent.
async fn statuses(bundle: &Bundle, shop: &Customer<'_>, number: &Number<'_>) -> Vec<WebhookPost> {
    let ana = number.person("573001234567", "Ana");
    ana.says("hola").await;
    let message = json!({ "type": "text", "body": "buenas" });
    let body = json!({ "channel_id": number.channel, "to": ana.number, "message": message });
    shop.post("/v1/messages", &body).await.expect(202);
    let before = bundle.wire.posted().len();
    bundle.run().await;
    bundle.wire.posted().split_off(before)
}
