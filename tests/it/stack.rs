//! The main stories over the deployed template: the release's functions behind their API, queues and timers, with
//! the permissions that the template gives them. A story that turns the clock has an emulator of its own.

mod kills;

use serde_json::{Value, json};
use simulator::fault::{PostFault, SendFault};
use simulator::template::Review;
use tests::Customer;
use tests::clock::{SECOND, hours, minutes};
use tests::emulator::{Deployed, Emulator, Stack};
use tests::stage::{Number, text};
use tests::world::World;

const ALWAYS: &str = "2021-01-01T00:00:00.000Z";
const PLAN: &str = "Elige un plan [Básico] [Pro]";
/// A name that no resolver is asked for, because it is longer than a name may be: a server that nobody reaches, on
/// this machine and on any other.
const NOBODY: &str =
    "https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example/hook";

/// A flow that asks for a plan and ends.
fn plan() -> Value {
    json!([
        { "id": "plan", "type": "question", "answer": "choice", "text": "Elige un plan",
          "options": [{ "id": "a", "title": "Básico" }, { "id": "b", "title": "Pro" }] },
        { "id": "bye", "type": "message", "text": "Gracias" },
    ])
}

/// The script's key opens the API of a deployment. Over each product of each provider a text starts a flow once,
/// also if its webhook comes twice; a wrong answer is asked again, and the last one ends it.
#[tokio::test(flavor = "multi_thread")]
async fn a_flow_runs_over_every_provider() {
    let world = Deployed::new(Stack::shared().await).await;
    let shop = world.customer("Shop");
    let flow = shop
        .flow(json!([
            { "id": "email", "type": "question", "answer": "email", "text": "¿Tu correo?" },
            { "id": "bye", "type": "message", "text": "Gracias" },
        ]))
        .await;
    for number in [
        shop.meta("573177710001").await,
        shop.gupshup("573177710002").await,
        shop.gupshup_enterprise("573177710003").await,
        shop.infobip("573177710005").await,
        shop.karix("573177710006").await,
        shop.dialog360("573177710007").await,
        shop.dialog360_v1("573177710008").await,
        shop.aws_social("573177710010").await,
    ] {
        shop.inbound(&number, &flow, "Empezar").await;
        let ana = number.person("573001230001", "Ana");
        world.simulator().change(|state| {
            let faults = state.faults.entry(number.digits.clone()).or_default();
            faults.posts.push_back(PostFault::Repeated { times: 2 });
        });
        ana.says("Empezar").await;
        assert_eq!(ana.sees(), ["¿Tu correo?"], "{}", number.digits);
        ana.says("en casa").await;
        let again = "No es una dirección de correo válida. Escríbela así: nombre@ejemplo.com";
        assert_eq!(ana.sees(), [again, "¿Tu correo?"], "{}", number.digits);
        ana.says("ana@example.com").await;
        assert_eq!(ana.sees(), ["Gracias"], "{}", number.digits);
        let process = shop.process(&number, &ana).await;
        assert_eq!(process["status"], "succeeded", "{process}");
        assert_eq!(process["answers"][0]["value"], "ana@example.com", "{process}");
    }
    assert_eq!(world.dead_letters().await, 0);
}

/// A form for an outbound at this number.
async fn outbound(shop: &Customer<'_>, number: &Number<'_>) -> String {
    let form = [
        ("waba_phone_number", number.digits.as_str()),
        ("is_notification", "false"),
        ("content", "Hola {{.name}}, ¿empezamos?"),
        ("category", "UTILITY"),
        ("template_type", "TEXT"),
        ("language_code", "es"),
        ("outbound_name", "Start"),
        ("continue_process_message", "Continuar"),
        ("cancel_process_message", "Cancelar"),
        ("var.name", "Ana"),
    ];
    text(&shop.form("/v1/whatsapp/outbounds", &form).await.expect(201), "outbound_id")
}

/// An outbound is refused until WhatsApp has approved it; then it is sent, its statuses rise, and its button starts a
/// flow.
#[tokio::test(flavor = "multi_thread")]
async fn an_outbound_is_approved_and_sent() {
    let world = Deployed::new(Stack::shared().await).await;
    let shop = world.customer("Shop");
    let number = shop.meta("573177710004").await;
    let flow = shop.flow(plan()).await;
    let id = outbound(&shop, &number).await;
    let sending = [
        ("outbound_id", id.as_str()),
        ("phone_number", "3001230002"),
        ("country_code", "57"),
        ("user_authorized", "true"),
        ("flow_id", &flow),
        ("var.name", "Ana"),
    ];
    let send = "/v1/whatsapp/outbounds/send";
    shop.form(send, &sending).await.expect_error(422, "PENDING");
    let template = world.simulator().read(|state| state.templates[0].id.clone());
    world.simulator().decide_template(&template, Review::Approved).expect("it is there");
    world.run().await;

    let ana = number.person("573001230002", "Ana");
    let sent = shop.form(send, &sending).await.expect(202);
    world.run().await;
    assert_eq!(ana.sees(), ["Hola Ana, ¿empezamos? [Continuar] [Cancelar]"]);
    ana.looks().await;
    let told = format!("/v1/whatsapp/outbounds/sends/{}", text(&sent, "outbound_message_id"));
    assert_eq!(shop.get(&told).await.expect(200)["status"], "read");
    ana.taps("Continuar").await;
    assert_eq!(ana.sees(), [PLAN]);
    assert_eq!(world.dead_letters().await, 0);
}

/// Where a provider does not tell of an approval, the poll asks for it. Its schedule is kept by AWS, so it is woken here.
#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_nobody_tells_is_found_by_the_poll() {
    let emulator = Emulator::start(&[]);
    let stack = Stack::released(&emulator).await;
    let world = Deployed::new(&stack).await;
    let shop = world.customer("Shop");
    let number = shop.gupshup_enterprise("573177710008").await;
    let path = format!("/v1/whatsapp/outbounds/{}", outbound(&shop, &number).await);
    let template = world.simulator().read(|state| state.templates[0].id.clone());
    world.simulator().decide_template(&template, Review::Approved).expect("it is there");
    world.wake("TemplatePoll");
    assert_eq!(shop.get(&path).await.expect(200)["status"], "PENDING", "it is asked for later");
    world.turn(minutes(6)).await;
    world.wake("TemplatePoll");
    assert_eq!(shop.get(&path).await.expect(200)["status"], "APPROVED");
}

/// A question without an answer is followed up at its time and not before, and the run expires a day later.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_followed_up_and_expires() {
    let emulator = Emulator::start(&[]);
    let stack = Stack::released(&emulator).await;
    let world = Deployed::new(&stack).await;
    let shop = world.customer("Shop");
    let number = shop.meta("573177710005").await;
    let config = json!({ "enable_follow_up": true, "follow_up_delay": 45,
        "start_business_hours": ALWAYS, "end_business_hours": ALWAYS });
    let flow = shop.flow_with(config, plan()).await;
    shop.inbound(&number, &flow, "Empezar").await;
    let ana = number.person("573001230003", "Ana");
    ana.says("Empezar").await;
    assert_eq!(ana.sees(), [PLAN]);
    world.turn(minutes(43)).await;
    assert_eq!(ana.sees(), [""; 0]);
    world.turn(minutes(3)).await;
    assert_eq!(ana.sees(), ["Tienes un proceso activo en curso [Sí] [No]"]);
    world.turn(hours(23)).await;
    assert_eq!(shop.process(&number, &ana).await["status"], "waiting");
    world.turn(hours(1) + minutes(2)).await;
    assert_eq!(shop.process(&number, &ana).await["status"], "expired");
    assert_eq!(ana.sees(), [""; 0]);
    assert_eq!(world.dead_letters().await, 0);
}

/// A message that its provider does not take for now is tried again, later each time, and has failed in the end; a job
/// that nobody can read is a dead letter at once and says why.
#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_tried_again_or_given_up() {
    let emulator = Emulator::start(&[]);
    let stack = Stack::released(&emulator).await;
    let world = Deployed::new(&stack).await;
    let shop = world.customer("Shop");
    let number = shop.meta("573177710006").await;
    let ana = number.person("573001230004", "Ana");
    ana.says("hola").await;
    world.simulator().change(|state| {
        let faults = state.faults.entry(number.digits.clone()).or_default();
        faults.sends.extend(vec![SendFault::Unavailable { status: 503 }; 9]);
    });
    let body = json!({ "channel_id": number.channel, "to": "573001230004",
        "message": { "type": "text", "body": "Hola" } });
    let sent = shop.post("/v1/messages", &body).await.expect(202);
    let message = format!("/v1/messages/{}", text(&sent, "message_id"));
    world
        .until("the message has failed", async || {
            // Slowly: a job in somebody's hands is delivered again when twelve minutes are over.
            emulator.turn(10 * SECOND);
            (shop.get(&message).await.expect(200)["status"] == "failed").then_some(())
        })
        .await;
    let left = world.simulator().read(|state| state.faults[&number.digits].sends.len());
    assert!(left < 8, "it was tried again: {left} of 9 faults are left");

    world.put("HookQueue", "{\"job\":\"unknown\"}").await;
    let (body, reason) = world
        .until("the job is given up", async || world.dead_letter("HookDeadLetterQueue").await)
        .await;
    assert_eq!(body, "{\"job\":\"unknown\"}");
    assert!(reason.contains("cannot be read"), "{reason}");
}

/// A rule for an address of this machine is refused. A server that nobody reaches is told of in the list of attempts,
/// and tried again by a timer.
///
/// The release calls public addresses over https with a certificate of a public authority, and nothing else, so no
/// server of a test is called by it: what it would send is shown by the stories of hooks.
#[tokio::test(flavor = "multi_thread")]
async fn a_hook_is_tried_again_and_never_at_this_machine() {
    let emulator = Emulator::start(&[]);
    let stack = Stack::released(&emulator).await;
    let world = Deployed::new(&stack).await;
    let shop = world.customer("Shop");
    let number = shop.meta("573177710007").await;
    let flow = shop.flow(plan()).await;
    shop.inbound(&number, &flow, "Empezar").await;
    let rule = |url: &str| {
        json!({ "name": "log", "schedule_seconds": [0, 3600],
            "events": [{ "event_type": "identity_process", "event_action": "succeeded" }],
            "action": { "type": "web", "method": "POST", "url": url } })
    };
    for own in ["https://127.0.0.1/hook", "https://localhost/hook", "http://example.com/hook"] {
        shop.post("/v1/hook-rules", &rule(own)).await.expect_error(400, "");
    }
    let rule = shop.post("/v1/hook-rules", &rule(NOBODY)).await.expect(201);
    let ana = number.person("573001230005", "Ana");
    ana.says("Empezar").await;
    ana.taps("Pro").await;
    let deliveries = format!("/v1/hook-rules/{}/deliveries", text(&rule, "rule_id"));
    let listed = shop.get(&deliveries).await.expect(200);
    let delivery = format!("{deliveries}/{}", text(&listed["items"][0], "event_id"));
    let told = shop.get(&delivery).await.expect(200);
    assert_eq!(told["state"], "pending", "{told}");
    assert_eq!((&told["attempts"], &told["log"][0]["status_code"]), (&json!(1), &Value::Null));
    let error = text(&told["log"][0], "error");
    assert!(error.starts_with("no connection to"), "{error}");
    world.turn(hours(2)).await;
    let told = shop.get(&delivery).await.expect(200);
    assert_eq!(told["attempts"], 2, "{told}");
    assert_eq!(told["state"], "failed", "{told}");
    assert_eq!(world.dead_letters().await, 0);
}
