//! Re-engagement (contracts 7): when a follow-up goes out, and what comes after it.

use serde_json::{Value, json};
use shared::ports::{QueueName, Timer, Timers as _};
use simulator::message::FileKind;
use simulator::template::Review;
use tests::clock::{SECOND, hours, minutes};
use tests::stage::{Number, text};
use tests::{Bundle, Customer, Person};

const FOLLOW_UP: &str = "Tienes un proceso activo en curso [Sí] [No]";
const PLAN: &str = "Elige un plan [Básico] [Pro]";
const AGE: &str = "¿Cuántos años tienes?";
const GOODBYE: &str = "De acuerdo, no continuamos. ¡Hasta pronto!";
const ALWAYS: &str = "2021-01-01T00:00:00.000Z";

/// A shop whose flow asks for a plan and an age and follows up after 45 minutes at any time of day.
struct Scene<'a> {
    bundle: &'a Bundle,
    shop: Customer<'a>,
    number: Number<'a>,
    flow: String,
    ana: Person<'a>,
}

fn steps() -> Value {
    json!([
        { "id": "plan", "type": "question", "answer": "choice", "text": "Elige un plan",
          "options": [{ "id": "a", "title": "Básico" }, { "id": "b", "title": "Pro" }] },
        { "id": "age", "type": "question", "answer": "number", "text": AGE },
        { "id": "bye", "type": "message", "text": "Gracias" },
    ])
}

fn config() -> Value {
    json!({ "enable_follow_up": true, "follow_up_delay": 45,
            "start_business_hours": ALWAYS, "end_business_hours": ALWAYS })
}

/// The first question is open.
async fn asked(bundle: &Bundle, config: Value) -> Scene<'_> {
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let flow = shop.flow_with(config, steps()).await;
    shop.inbound(&number, &flow, "empezar").await;
    let all = ["identity_process.succeeded", "identity_process.failed", "identity_process.expired"];
    shop.hook_rule("log", &all, json!({})).await;
    let ana = number.person("573001234567", "Ana");
    ana.says("empezar").await;
    assert_eq!(ana.sees(), [PLAN]);
    Scene { bundle, shop, number, flow, ana }
}

/// The follow-up of the first question is there.
async fn followed_up(bundle: &Bundle) -> Scene<'_> {
    let scene = asked(bundle, config()).await;
    bundle.turn(minutes(45)).await;
    assert_eq!(scene.ana.sees(), [FOLLOW_UP]);
    scene
}

impl Scene<'_> {
    async fn process(&self) -> Value {
        self.shop.process(&self.number, &self.ana).await
    }

    /// `type` and `data.failure_reason` of what the customer was told.
    fn told(&self) -> Vec<(String, Value)> {
        let hooks = self.shop.hooks("log").into_iter().map(|hook| hook.json.expect("JSON"));
        hooks.map(|json| (text(&json, "type"), json["data"]["failure_reason"].clone())).collect()
    }

    /// Nothing more comes, however long it lasts.
    async fn nothing_more(&self) {
        self.bundle.turn(hours(72)).await;
        assert_eq!(self.ana.sees(), [""; 0]);
        self.bundle.assert_no_dead_letters();
    }
}

/// One row of contracts 7.4 from end to end: id, start and end, question, delay, sent at (`None`: never).
type Row = (
    &'static str,
    Option<&'static str>,
    Option<&'static str>,
    &'static str,
    Option<u32>,
    Option<&'static str>,
);

/// B1-B4, B7, B8, B12, B17, B21, B23, B25, B28, T65-T67, T69, T71-T73: the follow-up goes out at its second, not
/// before, or never where the service window is closed by then.
#[tokio::test]
async fn the_follow_up_goes_out_at_its_second() {
    let (eight, nineteen) = (Some("2021-01-01T08:00:00.000Z"), Some("2021-01-01T19:00:00.000Z"));
    let rows: [Row; 12] = [
        ("B1", None, None, "2024-03-11T15:00:00Z", None, Some("2024-03-11T17:00:00Z")),
        ("B2", None, None, "2024-03-11T23:10:00Z", Some(45), Some("2024-03-11T23:55:00Z")),
        ("B3", None, None, "2024-03-11T21:59:59Z", Some(120), Some("2024-03-11T23:59:59Z")),
        ("B4", None, None, "2024-03-11T22:00:00Z", Some(120), Some("2024-03-12T13:00:00Z")),
        ("B7", None, None, "2024-03-12T11:00:00Z", Some(120), Some("2024-03-12T13:00:00Z")),
        ("B8", None, None, "2024-03-12T10:59:59Z", Some(120), Some("2024-03-12T13:00:00Z")),
        ("B12", None, None, "2024-03-11T13:00:00Z", Some(1380), None),
        ("B17", eight, nineteen, "2024-03-11T18:30:00Z", Some(30), Some("2024-03-12T08:00:00Z")),
        (
            "B21",
            Some("2021-01-01T22:00:00.000Z"),
            Some("2021-01-01T06:00:00.000Z"),
            "2024-03-12T04:30:00Z",
            Some(90),
            Some("2024-03-12T22:00:00Z"),
        ),
        ("B23", eight, eight, "2024-03-12T02:13:00Z", Some(45), Some("2024-03-12T02:58:00Z")),
        (
            "B25",
            None,
            Some("2021-01-01T21:00:00.000Z"),
            "2024-03-12T20:00:00Z",
            None,
            Some("2024-03-13T13:00:00Z"),
        ),
        (
            "B28",
            Some("2021-01-01T12:00:00.000Z"),
            Some("2021-01-01T12:30:00.000Z"),
            "2024-03-12T12:00:00Z",
            Some(30),
            None,
        ),
    ];
    for (row, start, end, question, delay, sent) in rows {
        let bundle = Bundle::start_at(question).await;
        let config = json!({ "enable_follow_up": true, "follow_up_delay": delay,
                             "start_business_hours": start, "end_business_hours": end });
        let scene = asked(&bundle, config).await;
        let Some(sent) = sent else {
            assert_eq!(
                scene.process().await["follow_up"]["status"],
                "skipped_window_closed",
                "{row}"
            );
            scene.nothing_more().await;
            assert_eq!(scene.process().await["status"], "expired", "{row}");
            continue;
        };
        let sent = shared::domain::time::Time::parse(sent).unwrap();
        bundle.turn(sent.since(bundle.now()).saturating_sub(SECOND)).await;
        assert_eq!(scene.ana.sees(), [""; 0], "{row}: a second before");
        bundle.turn(SECOND).await;
        assert_eq!(scene.ana.sees(), [FOLLOW_UP], "{row}");
        let process = scene.process().await;
        assert_eq!(process["follow_up"]["status"], "sent", "{row}");
        assert_eq!(process["follow_up"]["sent_at"], json!(sent), "{row}");
        bundle.assert_no_dead_letters();
    }
}

/// T57, T61, T68, T70: only where it is switched on, with exactly two buttons and the text of the flow or the default.
#[tokio::test]
async fn a_follow_up_has_its_text_and_two_buttons_if_it_is_switched_on() {
    for (enabled, message, seen) in [
        (json!(true), json!(null), vec![FOLLOW_UP]),
        (
            json!(true),
            json!("Would you like to continue?"),
            vec!["Would you like to continue? [Sí] [No]"],
        ),
        (json!(false), json!("Would you like to continue?"), vec![]),
        (json!(null), json!(null), vec![]),
    ] {
        let bundle = Bundle::start().await;
        let mut config = config();
        config["enable_follow_up"] = enabled;
        config["follow_up_message"] = message;
        let scene = asked(&bundle, config).await;
        bundle.turn(hours(4)).await;
        assert_eq!(scene.ana.sees(), seen);
    }
}

/// F1, T62: yes asks the last question again with its options; earlier answers are kept.
#[tokio::test]
async fn yes_asks_the_last_question_again() {
    let bundle = Bundle::start().await;
    let scene = asked(&bundle, config()).await;
    scene.ana.taps("Pro").await;
    assert_eq!(scene.ana.sees(), [AGE]);
    bundle.turn(minutes(45)).await;
    assert_eq!(scene.ana.sees(), [FOLLOW_UP]);
    scene.ana.taps("Sí").await;
    assert_eq!(scene.ana.sees(), [AGE]);
    let process = scene.process().await;
    assert_eq!((&process["status"], &process["current_step"]), (&json!("waiting"), &json!("age")));
    assert_eq!(process["answers"][0]["value"], "b");
    assert_eq!(process["follow_up"]["answer"], "yes");
    scene.ana.says("33").await;
    assert_eq!(scene.ana.sees(), ["Gracias"]);
    assert_eq!(scene.told(), [("identity_process.succeeded".to_owned(), json!(null))]);
    scene.nothing_more().await;
}

/// F1, T62: a question with options comes again with its options.
#[tokio::test]
async fn yes_shows_the_options_again() {
    let bundle = Bundle::start().await;
    let scene = followed_up(&bundle).await;
    scene.ana.taps("Sí").await;
    assert_eq!(scene.ana.sees(), [PLAN]);
    scene.ana.taps("Básico").await;
    assert_eq!(scene.ana.sees(), [AGE]);
}

/// F2, T63, X22: no ends the run; nothing resumes it.
#[tokio::test]
async fn no_ends_the_run() {
    let bundle = Bundle::start().await;
    let scene = followed_up(&bundle).await;
    scene.ana.taps("No").await;
    assert_eq!(scene.ana.sees(), [GOODBYE]);
    let process = scene.process().await;
    assert_eq!(process["status"], "failed");
    assert_eq!(process["failure_reason"], "follow_up_declined");
    assert_eq!(process["follow_up"]["answer"], "no");
    assert_eq!(scene.told(), [("identity_process.failed".to_owned(), json!("follow_up_declined"))]);
    scene.ana.says("Pro").await;
    scene.nothing_more().await;
}

/// F3: typed words say yes.
#[tokio::test]
async fn typed_words_say_yes() {
    for word in ["si", "Sí", "yes", "ok", "sim", "continuar"] {
        let bundle = Bundle::start().await;
        let scene = followed_up(&bundle).await;
        scene.ana.says(word).await;
        assert_eq!(scene.ana.sees(), [PLAN], "{word}");
        assert_eq!(scene.process().await["follow_up"]["answer"], "yes", "{word}");
    }
}

/// F4: typed words say no.
#[tokio::test]
async fn typed_words_say_no() {
    for word in ["no", "nao", "não", "cancelar"] {
        let bundle = Bundle::start().await;
        let scene = followed_up(&bundle).await;
        scene.ana.says(word).await;
        assert_eq!(scene.process().await["failure_reason"], "follow_up_declined", "{word}");
    }
}

/// F5: anything else is an answer to the open question, and one that does not fit is told so.
#[tokio::test]
async fn anything_else_is_an_answer() {
    let bundle = Bundle::start().await;
    let scene = followed_up(&bundle).await;
    scene.ana.says("quizás").await;
    let seen = scene.ana.sees();
    assert_eq!(seen.last().unwrap(), PLAN, "{seen:?}");
    scene.ana.sends_file(FileKind::Image, "image/jpeg", None).await;
    assert_eq!(scene.ana.sees().last().unwrap(), PLAN);
    scene.ana.says("2").await;
    assert_eq!(scene.ana.sees(), [AGE]);
    assert_eq!(scene.process().await["answers"][0]["value"], "b");
}

/// F6: yes twice asks once.
#[tokio::test]
async fn yes_twice_asks_once() {
    let bundle = Bundle::start().await;
    let scene = followed_up(&bundle).await;
    scene.ana.taps("Sí").await;
    scene.ana.taps("Sí").await;
    assert_eq!(scene.ana.sees(), [PLAN]);
    assert_eq!(scene.process().await["status"], "waiting");
}

/// F7: after no, a yes is told that it is over.
#[tokio::test]
async fn yes_after_no_is_told_that_it_is_over() {
    let bundle = Bundle::start().await;
    let scene = followed_up(&bundle).await;
    scene.ana.taps("No").await;
    scene.ana.sees();
    scene.ana.taps("Sí").await;
    assert_eq!(scene.ana.sees(), ["Este proceso ya ha terminado."]);
    assert_eq!(scene.process().await["failure_reason"], "follow_up_declined");
}

/// F8: the yes of an older question does nothing.
#[tokio::test]
async fn an_old_yes_does_nothing() {
    let bundle = Bundle::start().await;
    let scene = followed_up(&bundle).await;
    scene.ana.taps("Pro").await;
    bundle.turn(minutes(45)).await;
    assert_eq!(scene.ana.sees(), [AGE, FOLLOW_UP]);
    scene.ana.taps_older("Sí", 1).await;
    assert_eq!(scene.ana.sees(), [""; 0]);
    scene.ana.taps_older("No", 1).await;
    assert_eq!(scene.ana.sees(), [""; 0]);
    let process = scene.process().await;
    assert_eq!(
        (&process["status"], &process["follow_up"]["answer"]),
        (&json!("waiting"), &json!(null))
    );
    scene.ana.taps("Sí").await;
    assert_eq!(scene.ana.sees(), [AGE]);
}

/// F9, T64, X21: without an answer the run expires 24 hours after the follow-up, and the customer is told.
#[tokio::test]
async fn without_an_answer_it_expires() {
    let bundle = Bundle::start().await;
    let scene = followed_up(&bundle).await;
    assert_eq!(scene.process().await["expires_at"], "2024-03-12T15:45:00.000Z");
    bundle.turn_to("2024-03-12T15:44:59Z").await;
    assert_eq!(scene.process().await["status"], "waiting");
    bundle.turn_to("2024-03-12T15:45:00Z").await;
    assert_eq!(scene.process().await["status"], "expired");
    assert_eq!(scene.told(), [("identity_process.expired".to_owned(), json!(null))]);
    scene.ana.says("Pro").await;
    scene.nothing_more().await;
}

/// F10, X23: after a yes, silence: no second follow-up for the same question.
#[tokio::test]
async fn a_question_is_followed_up_once() {
    let bundle = Bundle::start().await;
    let scene = followed_up(&bundle).await;
    scene.ana.taps("Sí").await;
    assert_eq!(scene.ana.sees(), [PLAN]);
    scene.nothing_more().await;
    assert_eq!(scene.process().await["status"], "expired");
}

/// F11, X23: the next question has a follow-up of its own.
#[tokio::test]
async fn the_next_question_is_followed_up_too() {
    let bundle = Bundle::start().await;
    let scene = followed_up(&bundle).await;
    scene.ana.taps("Sí").await;
    scene.ana.taps("Pro").await;
    assert_eq!(scene.ana.sees(), [PLAN, AGE]);
    bundle.turn(minutes(44)).await;
    assert_eq!(scene.ana.sees(), [""; 0]);
    bundle.turn(minutes(1)).await;
    assert_eq!(scene.ana.sees(), [FOLLOW_UP]);
}

/// F12: answer and timer at the same moment, in either order: the answer counts, and nothing is said twice.
#[tokio::test]
async fn an_answer_in_the_same_second_counts() {
    for answer_first in [true, false] {
        let bundle = Bundle::start().await;
        let scene = asked(&bundle, config()).await;
        bundle.turn(minutes(45).saturating_sub(SECOND)).await;
        scene.ana.begins_tap("Pro");
        if answer_first {
            bundle.run().await;
            bundle.turn(SECOND).await;
            assert_eq!(scene.ana.sees(), [AGE]);
        } else {
            // The simulator's webhook stays on the way until the follow-up is out.
            let pending = bundle.simulator.change(|state| std::mem::take(&mut state.pending));
            bundle.turn(SECOND).await;
            bundle.simulator.change(|state| state.pending.extend(pending));
            bundle.run().await;
            assert_eq!(scene.ana.sees(), [FOLLOW_UP, AGE]);
        }
        assert_eq!(scene.process().await["answers"][0]["value"], "b");
    }
}

/// F12: both at once: the conditional write lets exactly one of them be first.
#[tokio::test]
async fn answer_and_timer_at_once_leave_one_story() {
    let bundle = Bundle::start().await;
    let scene = asked(&bundle, config()).await;
    let (timer, at) = follow_up_timer(&bundle);
    bundle.turn(at.since(bundle.now()).saturating_sub(SECOND)).await;
    scene.ana.begins_tap("Pro");
    bundle.simulator.step().await;
    bundle.turn_clock_only(std::time::Duration::from_secs(61));
    bundle.timers.arm(timer, bundle.now()).await.unwrap();
    bundle.timers.fire_due(bundle.now()).await.unwrap();
    tokio::join!(bundle.step_queue(QueueName::Event), bundle.step_queue(QueueName::FollowUp));
    bundle.run().await;
    let seen = scene.ana.sees();
    assert!(seen == [AGE] || seen == [FOLLOW_UP, AGE], "{seen:?}");
    assert_eq!(scene.process().await["answers"][0]["value"], "b");
    bundle.assert_no_dead_letters();
}

/// F13: switched off after it was scheduled, it does not go out.
#[tokio::test]
async fn switched_off_later_it_does_not_go_out() {
    let bundle = Bundle::start().await;
    let scene = asked(&bundle, config()).await;
    let off = json!({ "name": "A flow", "language": "es", "config": {}, "steps": steps() });
    scene.shop.put(&format!("/v1/flows/{}", scene.flow), &off).await.expect(200);
    scene.shop.post(&format!("/v1/flows/{}/publish", scene.flow), &json!({})).await.expect(200);
    scene.nothing_more().await;
    assert_eq!(scene.process().await["status"], "expired");
}

/// F14: a timer that fires twice says it once.
#[tokio::test]
async fn a_timer_that_fires_twice_says_it_once() {
    let bundle = Bundle::start().await;
    let scene = asked(&bundle, config()).await;
    let (timer, _) = follow_up_timer(&bundle);
    bundle.turn(minutes(45)).await;
    for _ in 0..2 {
        bundle.timers.arm(timer, bundle.now()).await.unwrap();
        bundle.turn(minutes(1)).await;
    }
    assert_eq!(scene.ana.sees(), [FOLLOW_UP]);
    bundle.assert_no_dead_letters();
}

/// F15, T58, X26: who answers before is not followed up, and a late timer does nothing.
#[tokio::test]
async fn an_answer_before_stops_the_follow_up() {
    let bundle = Bundle::start().await;
    let scene = asked(&bundle, config()).await;
    let (timer, _) = follow_up_timer(&bundle);
    bundle.turn(minutes(44)).await;
    scene.ana.taps("Pro").await;
    scene.ana.says("33").await;
    assert_eq!(scene.ana.sees(), [AGE, "Gracias"]);
    bundle.timers.arm(timer, bundle.now()).await.unwrap();
    scene.nothing_more().await;
    assert_eq!(scene.told(), [("identity_process.succeeded".to_owned(), json!(null))]);
}

/// B12, X4: where the service window is closed by then, the flow's approved outbound goes out; its buttons say yes and
/// no, and the run lives on for a day.
#[tokio::test]
async fn an_outbound_stands_in_while_the_window_is_closed() {
    for (button, seen, status) in [("Seguir", PLAN, "waiting"), ("Dejarlo", GOODBYE, "failed")] {
        let bundle = Bundle::start_at("2024-03-11T13:00:00Z").await;
        let shop = bundle.customer().await;
        let number = shop.meta("573177700000").await;
        let form = [
            ("waba_phone_number", "573177700000"),
            ("is_notification", "false"),
            ("content", "¿Seguimos con tu solicitud?"),
            ("category", "UTILITY"),
            ("template_type", "TEXT"),
            ("language_code", "es"),
            ("outbound_name", "Seguimiento"),
            ("continue_process_message", "Seguir"),
            ("cancel_process_message", "Dejarlo"),
        ];
        let outbound = shop.form("/v1/whatsapp/outbounds", &form).await.expect(201);
        let template = bundle.simulator.read(|state| state.templates[0].id.clone());
        bundle.simulator.decide_template(&template, Review::Approved).unwrap();
        let config = json!({ "enable_follow_up": true, "follow_up_delay": 1380,
                             "follow_up_outbound_id": outbound["outbound_id"] });
        let flow = shop.flow_with(config, steps()).await;
        shop.inbound(&number, &flow, "empezar").await;
        let ana = number.person("573001234567", "Ana");
        ana.says("empezar").await;
        assert_eq!(ana.sees(), [PLAN]);
        bundle.turn(hours(24).saturating_sub(SECOND)).await;
        assert_eq!(ana.sees(), [""; 0]);
        bundle.turn(SECOND).await;
        assert_eq!(ana.sees(), ["¿Seguimos con tu solicitud? [Seguir] [Dejarlo]"]);
        let process = shop.process(&number, &ana).await;
        assert_eq!(process["follow_up"]["status"], "sent");
        assert_eq!(process["expires_at"], "2024-03-13T13:00:00.000Z");
        ana.taps(button).await;
        assert_eq!(ana.sees(), [seen]);
        assert_eq!(shop.process(&number, &ana).await["status"], status);
        bundle.assert_no_dead_letters();
    }
}

/// T58: an answer that does not fit puts the question again and starts its clock again.
#[tokio::test]
async fn any_message_starts_the_clock_again() {
    let bundle = Bundle::start().await;
    let scene = asked(&bundle, config()).await;
    bundle.turn(minutes(40)).await;
    scene.ana.says("quizás").await;
    assert_eq!(scene.ana.sees().last().unwrap(), PLAN);
    bundle.turn(minutes(44)).await;
    assert_eq!(scene.ana.sees(), [""; 0]);
    bundle.turn(minutes(1)).await;
    assert_eq!(scene.ana.sees(), [FOLLOW_UP]);
}

/// T57, T58: the run that follows another one has a follow-up of its own, although a timer is armed already.
#[tokio::test]
async fn the_next_run_is_followed_up_too() {
    let bundle = Bundle::start().await;
    let scene = asked(&bundle, config()).await;
    bundle.turn(minutes(10)).await;
    scene.ana.taps("Pro").await;
    scene.ana.says("33").await;
    scene.ana.says("empezar").await;
    assert_eq!(scene.ana.sees(), [AGE, "Gracias", PLAN]);
    bundle.turn(minutes(45)).await;
    assert_eq!(scene.ana.sees(), [FOLLOW_UP]);
    bundle.turn(hours(24)).await;
    assert_eq!(scene.process().await["status"], "expired");
}

fn follow_up_timer(bundle: &Bundle) -> (Timer, shared::domain::time::Time) {
    let armed = bundle.timers.armed();
    let is_follow_up = |timer: &Timer| matches!(timer, Timer::FollowUp { .. });
    armed.into_iter().find(|(timer, _)| is_follow_up(timer)).expect("a follow-up is armed")
}
