//! Flows: how users are led through their steps to an end, and what customers hear of it (contracts 4, 9).

use serde_json::{Value, json};
use simulator::hooks::HookAnswer;
use simulator::message::FileKind;
use tests::clock::{SECOND, hours, minutes};
use tests::stage::text;
use tests::{Bundle, Person};

/// Everything that a flow can do, in the order of its steps.
fn every_step() -> Value {
    json!([
        { "id": "hello", "type": "message", "text": "Bienvenida" },
        { "id": "name", "type": "question", "answer": "text", "text": "¿Cómo te llamas?" },
        { "id": "age", "type": "question", "answer": "number", "text": "¿Cuántos años tienes?" },
        { "id": "mail", "type": "question", "answer": "email", "text": "¿Tu correo?" },
        { "id": "born", "type": "question", "answer": "date", "text": "¿Cuándo naciste?" },
        { "id": "phone", "type": "question", "answer": "phone", "text": "¿Otro teléfono?" },
        { "id": "plan", "type": "question", "answer": "choice", "text": "Elige un plan",
          "options": [{ "id": "a", "title": "Básico" }, { "id": "b", "title": "Pro" }] },
        { "id": "city", "type": "question", "answer": "choice", "text": "¿Dónde?",
          "options": [{ "id": "1", "title": "Bogotá" }, { "id": "2", "title": "Cali" },
                      { "id": "3", "title": "Quito" }, { "id": "4", "title": "Lima" }] },
        { "id": "front", "type": "media", "accept": ["image", "document"], "text": "Envía tu documento" },
        { "id": "face", "type": "webhook", "url": "https://face.customer.example/validate", "timeout_s": 20 },
        { "id": "bye", "type": "message", "text": "Gracias" },
    ])
}

async fn says_and_sees(person: &Person<'_>, said: &str, seen: &[&str]) {
    person.says(said).await;
    assert_eq!(person.sees(), seen, "after {said}");
}

fn receiver_answers(bundle: &Bundle, receiver: &str, answers: Vec<HookAnswer>) {
    bundle.simulator.change(|state| {
        state.receivers.entry(receiver.to_owned()).or_default().next.extend(answers);
    });
}

fn validated(status: &str) -> HookAnswer {
    let body = json!({ "status": status, "type": "face-recognition", "details": { "score": 97 } });
    HookAnswer { status: 200, body: Some(body), ..HookAnswer::default() }
}

/// T1, T2, T74, T75, T76, T81: every kind of step and of answer, each question after the last valid answer, and the
/// results with the customer.
#[tokio::test]
async fn a_flow_leads_through_all_its_steps() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let flow = shop.flow(every_step()).await;
    assert!(flow.starts_with("IPF") && flow.len() == 35);
    shop.inbound(&number, &flow, "empezar").await;
    shop.hook_rule("log", &["identity_process.succeeded"], json!({})).await;
    receiver_answers(&bundle, "face", vec![validated("success")]);
    let ana = number.person("573001234567", "Ana");

    says_and_sees(&ana, "empezar", &["Bienvenida", "¿Cómo te llamas?"]).await;
    says_and_sees(&ana, " Ana Pérez ", &["¿Cuántos años tienes?"]).await;
    says_and_sees(&ana, "33", &["¿Tu correo?"]).await;
    says_and_sees(&ana, "ana@example.com", &["¿Cuándo naciste?"]).await;
    says_and_sees(&ana, "29/02/1992", &["¿Otro teléfono?"]).await;
    says_and_sees(&ana, "es el 300 765 4321, gracias", &["Elige un plan [Básico] [Pro]"]).await;
    ana.taps("Pro").await;
    assert_eq!(ana.sees(), ["¿Dónde? (Bogotá) (Cali) (Quito) (Lima)"]);
    ana.taps("Quito").await;
    assert_eq!(ana.sees(), ["Envía tu documento"]);
    ana.sends_file(FileKind::Document, "application/pdf", Some("dni.pdf")).await;
    assert_eq!(ana.sees(), ["Gracias"]);

    let process = shop.process(&number, &ana).await;
    assert_eq!(process["status"], "succeeded");
    assert_eq!(
        (&process["phone_number"], &process["platform"]),
        (&json!("573001234567"), &json!("whatsapp"))
    );
    let hooks = shop.hooks("log");
    let [hook] = hooks.as_slice() else { panic!("{hooks:?}") };
    let told = hook.json.as_ref().expect("JSON");
    assert_eq!(told["type"], "identity_process.succeeded");
    let object = &told["data"];
    assert_eq!((&object["flow_id"], &object["status"]), (&json!(flow), &json!("success")));
    let answers: Vec<_> =
        object["answers"].as_array().unwrap().iter().map(|a| &a["value"]).collect();
    assert_eq!(
        answers[..7],
        [
            &json!("Ana Pérez"),
            &json!(33),
            &json!("ana@example.com"),
            &json!("1992-02-29"),
            &json!("573007654321"),
            &json!("b"),
            &json!("3"),
        ]
    );
    assert_eq!(
        (&answers[7]["kind"], &answers[7]["filename"]),
        (&json!("document"), &json!("dni.pdf"))
    );
    let validation = &object["validations"][0];
    assert_eq!(
        (&validation["step_id"], &validation["type"]),
        (&json!("face"), &json!("face-recognition"))
    );
    assert_eq!(
        (&validation["status"], &validation["details"]["score"]),
        (&json!("success"), &json!(97))
    );

    let media = text(answers[7], "media_id");
    let file = shop.get(&format!("/v1/media/{media}")).await;
    assert_eq!((file.status, &file.json), (200, &json!("a file of a story")));
    assert_eq!(
        shop.get(&format!("/v1/processes/{}/result", text(&process, "process_id"))).await.status,
        200
    );
    bundle.assert_no_dead_letters();
}

/// T1: an answer that does not fit is told so and the question comes again; the step after waits for a valid one.
#[tokio::test]
async fn an_answer_that_does_not_fit_is_asked_again() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let flow = shop.flow(every_step()).await;
    shop.inbound(&number, &flow, "empezar").await;
    let ana = number.person("573001234567", "Ana");
    ana.says("empezar").await;
    ana.says("Ana").await;
    ana.sees();
    for (wrong, right, question, next) in [
        ("muchos", "33", "¿Cuántos años tienes?", "¿Tu correo?"),
        ("ana@", "ana@example.com", "¿Tu correo?", "¿Cuándo naciste?"),
        ("31/02/1992", "1992-02-28", "¿Cuándo naciste?", "¿Otro teléfono?"),
        (
            "3007654321 o 3007654322, no sé",
            "3007654321",
            "¿Otro teléfono?",
            "Elige un plan [Básico] [Pro]",
        ),
        ("Premium", "2", "Elige un plan [Básico] [Pro]", "¿Dónde? (Bogotá) (Cali) (Quito) (Lima)"),
        ("5", "bogota", "¿Dónde? (Bogotá) (Cali) (Quito) (Lima)", "Envía tu documento"),
    ] {
        ana.says(wrong).await;
        let seen = ana.sees();
        assert_eq!((seen.len(), seen[1].as_str()), (2, question), "{wrong}: {seen:?}");
        ana.says(right).await;
        assert_eq!(ana.sees(), [next], "{right}");
    }
    ana.says("aquí está").await;
    assert_eq!(ana.sees().last().unwrap(), "Envía tu documento");
    ana.sends_file(FileKind::Audio, "audio/ogg", None).await;
    assert_eq!(ana.sees().last().unwrap(), "Envía tu documento");
    assert_eq!(shop.process(&number, &ana).await["answers"].as_array().unwrap().len(), 7);
    bundle.assert_no_dead_letters();
}

/// T1: after too many answers that do not fit the run has failed.
#[tokio::test]
async fn too_many_wrong_answers_end_the_run() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let steps = json!([{ "id": "age", "type": "question", "answer": "number", "text": "¿Edad?", "max_attempts": 2 }]);
    let flow = shop.flow(steps).await;
    shop.inbound(&number, &flow, "empezar").await;
    shop.hook_rule("log", &["identity_process.failed"], json!({})).await;
    let ana = number.person("573001234567", "Ana");
    for said in ["empezar", "uno", "dos"] {
        ana.says(said).await;
    }
    assert_eq!(
        ana.sees().last().unwrap(),
        "No hemos podido entender la respuesta. El proceso ha terminado."
    );
    let process = shop.process(&number, &ana).await;
    assert_eq!(
        (&process["status"], &process["failure_reason"]),
        (&json!("failed"), &json!("max_attempts"))
    );
    assert_eq!(shop.hooks("log").len(), 1);
    says_and_sees(&ana, "33", &[]).await;
}

/// T77, T78: a rule for success hears of success only, one for both hears both; a rule may ask for one flow.
#[tokio::test]
async fn rules_hear_what_they_listen_to() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let webhook =
        json!({ "id": "face", "type": "webhook", "url": "https://face.customer.example/validate" });
    let bye = json!({ "id": "bye", "type": "message", "text": "Gracias" });
    let flow = shop.flow(json!([webhook, bye])).await;
    let other = shop.flow(json!([bye])).await;
    shop.inbound(&number, &flow, "validar").await;
    shop.inbound(&number, &other, "otro").await;
    let both = ["identity_process.succeeded", "identity_process.failed"];
    shop.hook_rule("success", &both[..1], json!({})).await;
    shop.hook_rule("both", &both, json!({ "conditions": { "flow_id": [flow] } })).await;
    shop.hook_rule("token", &both, json!({ "format": "jwt" })).await;
    receiver_answers(&bundle, "face", vec![validated("success"), validated("failure")]);
    let ana = number.person("573001234567", "Ana");
    says_and_sees(&ana, "validar", &["Gracias"]).await;
    ana.says("validar").await;
    assert!(!ana.sees().contains(&"Gracias".to_owned()));
    says_and_sees(&ana, "otro", &["Gracias"]).await;

    let told = |receiver: &str| -> Vec<String> {
        let hooks = shop.hooks(receiver).into_iter().map(|hook| hook.json.expect("JSON"));
        hooks.map(|json| text(&json, "type")).collect()
    };
    assert_eq!(told("success"), ["identity_process.succeeded"; 2]);
    assert_eq!(told("both"), ["identity_process.succeeded", "identity_process.failed"]);
    let tokens = shop.hooks("token");
    assert_eq!(tokens.len(), 3);
    let event = &tokens[1].json.as_ref().expect("claims")["events"][0];
    assert_eq!(
        (&event["event_type"], &event["event_action"]),
        (&json!("identity_process"), &json!("failed"))
    );
    assert_eq!(event["object"]["failure_reason"], "validation_failed");
    assert_eq!(event["object"]["validations"][0]["status"], "failure");
    assert!(event["object"]["identity_process_id"].is_string(), "{event}");
}

/// T74: a receiver that is down gets its hook later, once.
#[tokio::test]
async fn a_hook_is_repeated_until_it_is_taken() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let flow = shop.flow(json!([{ "id": "bye", "type": "message", "text": "Gracias" }])).await;
    shop.inbound(&number, &flow, "empezar").await;
    shop.hook_rule("log", &["identity_process.succeeded"], json!({})).await;
    let down = HookAnswer { status: 503, ..HookAnswer::default() };
    receiver_answers(&bundle, "log", vec![down.clone(), down]);
    number.person("573001234567", "Ana").says("empezar").await;
    assert_eq!(shop.hooks("log").len(), 1);
    bundle.turn(hours(2)).await;
    let hooks = shop.hooks("log");
    let answered: Vec<_> = hooks.iter().map(|hook| hook.answered).collect();
    assert_eq!(answered, [503, 503, 204]);
    assert!(hooks.iter().all(|hook| hook.id == hooks[0].id), "the same id on every try");
    bundle.assert_no_dead_letters();
}

/// T58: while a customer's server is asked nobody is followed up, and a late answer still counts.
#[tokio::test]
async fn a_flow_waits_for_the_customers_server() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let config = json!({ "enable_follow_up": true, "follow_up_delay": 30,
                         "start_business_hours": "2021-01-01T00:00:00Z", "end_business_hours": "2021-01-01T00:00:00Z" });
    let webhook =
        json!({ "id": "face", "type": "webhook", "url": "https://face.customer.example/validate" });
    let flow = shop
        .flow_with(config, json!([webhook, { "id": "bye", "type": "message", "text": "Gracias" }]))
        .await;
    shop.inbound(&number, &flow, "empezar").await;
    let down = HookAnswer { status: 503, ..HookAnswer::default() };
    receiver_answers(&bundle, "face", vec![down, validated("success")]);
    let ana = number.person("573001234567", "Ana");
    ana.says("empezar").await;
    assert_eq!(shop.process(&number, &ana).await["status"], "started");
    bundle.turn(minutes(5)).await;
    assert_eq!(ana.sees(), ["Gracias"]);
    bundle.turn(hours(2)).await;
    assert_eq!(ana.sees(), [""; 0]);
    bundle.assert_no_dead_letters();
}

/// T59, T60, T69, T81: the rules of a flow's fields; a flow without steps is not published.
#[tokio::test]
async fn a_flows_fields_have_their_rules() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let steps = json!([{ "id": "bye", "type": "message", "text": "Gracias" }]);
    for (delay, status) in [
        (json!(29), 400),
        (json!(30), 201),
        (json!(1380), 201),
        (json!(1381), 400),
        (json!(45.5), 400),
        (json!(-30), 400),
        (json!("abc"), 400),
        (json!(null), 201),
    ] {
        let body =
            json!({ "name": "A flow", "steps": steps, "config": { "follow_up_delay": delay } });
        let reply = shop.post("/v1/flows", &body).await;
        assert_eq!(reply.status, status, "{delay}: {}", reply.json);
    }
    let empty = json!({ "name": "A flow", "steps": [] });
    let id = text(&shop.post("/v1/flows", &empty).await.expect(201), "flow_id");
    let refused = shop.post(&format!("/v1/flows/{id}/publish"), &json!({})).await;
    assert!((400..500).contains(&refused.status), "{}", refused.json);
}

/// T63, T64: a run that has ended is not resumed; without a follow-up it expires a day after the last word.
#[tokio::test]
async fn a_run_expires_a_day_after_the_last_word() {
    let bundle = Bundle::start().await;
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let flow = shop.flow(every_step()).await;
    shop.inbound(&number, &flow, "empezar").await;
    shop.hook_rule("log", &["identity_process.expired", "whatsapp_session.expired"], json!({}))
        .await;
    let ana = number.person("573001234567", "Ana");
    ana.says("empezar").await;
    bundle.turn(hours(23)).await;
    ana.says("Ana").await;
    ana.sees();
    bundle.turn(hours(24).saturating_sub(SECOND)).await;
    assert_eq!(shop.process(&number, &ana).await["status"], "waiting");
    bundle.turn(SECOND).await;
    assert_eq!(shop.process(&number, &ana).await["status"], "expired");
    assert_eq!(shop.hooks("log").len(), 2);
    says_and_sees(&ana, "33", &[]).await;
    says_and_sees(&ana, "empezar", &["Bienvenida", "¿Cómo te llamas?"]).await;
    bundle.assert_no_dead_letters();
}
