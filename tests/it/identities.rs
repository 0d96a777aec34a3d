//! One user is one conversation, by whatever identifiers: variants of a number, ids of hidden numbers, changes of both
//! (README 15, whatsapp-rules 8, 9).

mod recycled;

use serde_json::{Value, json};
use shared::domain::conversation::Conversation;
use shared::domain::user::{Address, Bsuid, WaId};
use simulator::User;
use simulator::hooks::HookAnswer;
use simulator::message::FromUser;
use tests::clock::{SECOND, minutes};
use tests::stage::{Number, text};
use tests::{Bundle, Customer, Person};

struct Scene<'a> {
    bundle: &'a Bundle,
    shop: Customer<'a>,
    number: Number<'a>,
    ana: Person<'a>,
}

const ANA: &str = "573001234567";
const ID: &str = "CO.73001234567";

/// Three questions, so that one sees whether a talk goes on.
async fn scene(bundle: &Bundle) -> Scene<'_> {
    let shop = bundle.customer().await;
    let number = shop.meta("573177700000").await;
    let question = |n: usize| json!({ "id": format!("q{n}"), "type": "question", "answer": "text", "text": format!("¿{n}?") });
    let flow = shop.flow((1..=6).map(question).collect::<Value>()).await;
    shop.inbound(&number, &flow, "empezar").await;
    let ana = number.person(ANA, "Ana");
    Scene { bundle, shop, number, ana }
}

impl Scene<'_> {
    /// Which identifiers Ana's phone tells from now on.
    fn tells(&self, number: bool, id: Option<&str>) {
        let user = User {
            scoped_id: id.map(str::to_owned),
            shows_number: number,
            ..User::new(ANA, "Ana")
        };
        self.bundle.simulator.put_user(user);
    }

    async fn by(&self, address: Address) -> Option<Conversation> {
        let id = address.conversation(self.number.channel.parse().expect("an id"));
        self.bundle.store.conversation(id, true).await.expect("the table can be read")
    }

    async fn by_phone(&self, number: &str) -> Option<Conversation> {
        self.by(Address::Phone(WaId::parse(number).expect("digits"))).await
    }

    async fn by_id(&self, id: &str) -> Option<Conversation> {
        self.by(Address::Bsuid(Bsuid::parse(id).expect("an id"))).await
    }

    async fn conversations(&self) -> Vec<Value> {
        let path = format!("/v1/conversations?channel_id={}", self.number.channel);
        let list = self.shop.get(&path).await.expect(200);
        list["items"].as_array().cloned().unwrap_or_default()
    }

    /// WhatsApp says that the user changed something.
    async fn changes(&self, system: Value) {
        let content = FromUser::Other { kind: "system".to_owned(), content: system };
        self.ana.does(content).await;
    }
}

/// whatsapp-rules 9: a user whose number disappears goes on in the same conversation, and one whose number appears too.
#[tokio::test]
async fn a_number_that_disappears_or_appears_is_the_same_user() {
    for (first, then) in [
        // (the number is told, the id is told): what is told at the beginning, and afterwards.
        (vec![(true, true)], vec![(false, true), (true, true), (true, false), (false, true)]),
        (vec![(false, true)], vec![(true, true), (true, false), (false, true), (true, false)]),
        (vec![(true, false), (true, true)], vec![(false, true), (true, false)]),
    ] {
        let bundle = Bundle::start().await;
        let s = scene(&bundle).await;
        let tell = |(number, id): (bool, bool)| s.tells(number, id.then_some(ID));
        tell(first[0]);
        s.ana.says("empezar").await;
        for (place, told) in (2..).zip(first[1..].iter().chain(&then)) {
            tell(*told);
            s.ana.says("algo").await;
            let seen = s.ana.sees();
            assert_eq!(seen.last(), Some(&format!("¿{place}?")), "{first:?} {told:?}: {seen:?}");
        }
        let listed = s.conversations().await;
        assert_eq!(listed.len(), 1, "{listed:?}");
        assert_eq!(listed[0]["user_id"], ID);
        let (one, other) = (s.by_phone(ANA).await, s.by_id(ID).await);
        assert!(one.is_some() && one.map(|c| c.id) == other.map(|c| c.id));
        bundle.assert_no_dead_letters();
    }
}

/// whatsapp-rules 8, README 11: the digits that came are the user, even if no number is that short.
#[tokio::test]
async fn a_user_of_few_digits_is_heard_and_answered() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let luis = s.number.person("5678", "Luis");
    luis.says("empezar").await;
    luis.says("algo").await;
    assert_eq!(luis.sees(), ["¿1?", "¿2?"]);
    let found = s.shop.get("/v1/conversations?phone_number=5678").await.expect(200);
    assert_eq!(found["items"][0]["phone_number"], "5678", "{found}");
    let balance = s.shop.get("/v1/audit/balance").await.expect(200);
    assert_eq!((&balance["ignored"], &balance["difference"]), (&json!({}), &json!(0)), "{balance}");
}

/// whatsapp-rules 9: two talks that turn out to be with one user become one: the one that the user wrote in last, with
/// its run.
#[tokio::test]
async fn two_talks_of_one_user_become_one() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.tells(true, None);
    s.ana.says("hola").await;
    bundle.turn(minutes(1)).await;
    s.tells(false, Some(ID));
    s.ana.says("empezar").await;
    s.ana.says("uno").await;
    assert_eq!(s.conversations().await.len(), 2, "nobody can know yet");
    let (by_phone, by_id) = (s.by_phone(ANA).await.unwrap(), s.by_id(ID).await.unwrap());
    s.tells(true, Some(ID));
    s.ana.says("dos").await;
    assert_eq!(s.ana.sees().last().map(String::as_str), Some("¿3?"));
    assert_eq!(s.conversations().await.len(), 1);
    for id in [by_phone.id, by_id.id] {
        let shown = s.shop.get(&format!("/v1/conversations/{id}")).await.expect(200);
        assert_eq!(text(&shown, "conversation_id"), by_id.id.to_string());
        assert_eq!(shown["phone_number"], ANA);
    }
    s.tells(true, None);
    s.ana.says("tres").await;
    assert_eq!(s.ana.sees(), ["¿4?"]);
    bundle.assert_no_dead_letters();
}

/// README 8: what a bot keeps with one of two talks of a user goes along where they become one.
#[tokio::test]
async fn what_a_bot_keeps_goes_along() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let bot = s.shop.bot("helper", json!({})).await;
    s.shop.answers_with(&s.number, &bot).await;
    let will = |body: Value| {
        bundle.simulator.change(|state| {
            let answer = HookAnswer { status: 200, body: Some(body), ..HookAnswer::default() };
            state.receivers.entry("helper".to_owned()).or_default().answer = answer;
        });
    };
    will(json!({ "replies": ["Dime"], "context": { "cart": 7 } }));
    s.tells(true, None);
    s.ana.says("hola").await;
    bundle.turn(minutes(1)).await;
    will(json!({ "replies": ["Dime"] }));
    s.tells(false, Some(ID));
    s.ana.says("buenas").await;
    s.tells(true, Some(ID));
    s.ana.says("¿y?").await;
    let told = s.shop.hooks("helper");
    let last = told.last().and_then(|call| call.json.clone()).expect("it was asked");
    assert_eq!(last["data"]["conversation"]["context"], json!({ "cart": 7 }), "{last}");
    bundle.assert_no_dead_letters();
}

/// README 12: a webhook of before two talks became one, delivered again, is still a duplicate.
#[tokio::test]
async fn what_came_before_is_a_duplicate_afterwards() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.tells(false, Some(ID));
    s.ana.says("empezar").await;
    s.ana.says("uno").await;
    s.tells(true, Some(ID));
    s.ana.says("dos").await;
    s.ana.sees();
    for post in bundle.wire.posted() {
        assert_eq!(bundle.deliver(post).await, 200);
        bundle.run().await;
    }
    assert_eq!(s.ana.sees(), [""; 0], "nothing is said twice");
    s.ana.says("tres").await;
    assert_eq!(s.ana.sees(), ["¿4?"]);
    let balance = s.shop.get("/v1/audit/balance").await.expect(200);
    assert_eq!(balance["difference"], 0, "{balance}");
}

/// whatsapp-rules 9: a changed number moves the conversation's address, and whoever has the old number now is somebody
/// else.
#[tokio::test]
async fn a_changed_number_takes_its_talk_along() {
    const NEW: &str = "573009998877";
    for kind in ["user_changed_number", "customer_changed_number"] {
        let bundle = Bundle::start().await;
        let s = scene(&bundle).await;
        s.ana.says("empezar").await;
        s.changes(json!({ "type": kind, "body": "Ana changed", "wa_id": NEW })).await;
        let moved = s.by_phone(NEW).await.expect("it moved");
        assert_eq!(moved.address.phone(), Some(NEW));
        let again = s.number.person(NEW, "Ana");
        again.says("uno").await;
        assert_eq!(again.sees(), ["¿2?"], "{kind}: the run goes on");
        // The old number belongs to Luis now.
        let luis = s.number.person(ANA, "Luis");
        luis.says("empezar").await;
        assert_eq!(luis.sees().last().map(String::as_str), Some("¿1?"), "{kind}");
        again.says("dos").await;
        assert_eq!(again.sees(), ["¿3?"], "{kind}");
        let (ana, luis) = (s.by_phone(NEW).await.unwrap(), s.by_phone(ANA).await.unwrap());
        assert_ne!(ana.id, luis.id);
        assert_eq!(s.conversations().await.len(), 2);
        bundle.assert_no_dead_letters();
    }
}

/// whatsapp-rules 9: the news of a change, delivered again and again, changes nothing more.
#[tokio::test]
async fn a_change_that_is_told_twice_happens_once() {
    const NEW: &str = "573009998877";
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.ana.says("empezar").await;
    s.changes(json!({ "type": "user_changed_number", "wa_id": NEW })).await;
    let again = s.number.person(NEW, "Ana");
    again.says("uno").await;
    again.sees();
    for post in bundle.wire.posted() {
        assert_eq!(bundle.deliver(post).await, 200);
        bundle.run().await;
    }
    again.says("dos").await;
    assert_eq!(again.sees(), ["¿3?"]);
    assert_eq!(s.conversations().await.len(), 1);
}

/// whatsapp-rules 9: a changed business-scoped id leads to the same conversation.
#[tokio::test]
async fn a_changed_id_leads_to_the_same_talk() {
    const NEW: &str = "CO.99988877";
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.tells(false, Some(ID));
    s.ana.says("empezar").await;
    s.changes(json!({ "type": "user_changed_user_id", "user_id": NEW })).await;
    let known = s.by_id(NEW).await.expect("it is known");
    assert_eq!(known.address, Address::Bsuid(Bsuid::parse(NEW).unwrap()));
    s.tells(false, Some(NEW));
    s.ana.says("uno").await;
    assert_eq!(s.ana.sees().last().map(String::as_str), Some("¿2?"));
    assert_eq!(s.conversations().await.len(), 1);
    bundle.assert_no_dead_letters();
}

/// whatsapp-rules 8: what the provider calls a number that was dialled is kept beside it, and both are one talk.
#[tokio::test]
async fn the_providers_name_of_a_number_is_kept() {
    for (dialled, wa_id) in [
        ("5541988887777", "554188887777"),
        ("525512345678", "5215512345678"),
        ("541123456789", "5491123456789"),
    ] {
        let bundle = Bundle::start().await;
        let s = scene(&bundle).await;
        let user = User { dialled_as: vec![dialled.to_owned()], ..User::new(wa_id, "Bia") };
        let bia = s.number.person(wa_id, "Bia");
        bundle.simulator.put_user(user);
        bia.says("hola").await;
        bundle.turn(SECOND).await;
        let message = json!({ "type": "text", "body": "oi" });
        let body = json!({ "channel_id": s.number.channel, "to": dialled, "message": message,
                           "outside_window": "queue" });
        let sent = s.shop.post("/v1/messages", &body).await.expect(202);
        bundle.run().await;
        assert_eq!(bia.sees(), ["oi"]);
        let id = text(&sent, "conversation_id");
        let shown = s.shop.get(&format!("/v1/conversations/{id}")).await.expect(200);
        assert_eq!((&shown["phone_number"], &shown["wa_id"]), (&json!(wa_id), &json!(wa_id)));
        assert_eq!(s.conversations().await.len(), 1);
        bia.says("empezar").await;
        assert_eq!(bia.sees().last().map(String::as_str), Some("¿1?"));
        bundle.assert_no_dead_letters();
    }
}

/// whatsapp-rules 8: where the provider calls a dialled number by one that is no variant of it, their talks become one.
#[tokio::test]
async fn two_numbers_of_one_user_are_joined() {
    const OTHER: &str = "573007654321";
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.ana.says("empezar").await;
    bundle.turn(SECOND).await;
    let ana = s.number.person(OTHER, "Ana");
    ana.says("hola").await;
    assert_eq!(s.conversations().await.len(), 2);
    bundle.simulator.change(|state| state.users.remove(ANA));
    let user = User { dialled_as: vec![ANA.to_owned()], ..User::new(OTHER, "Ana") };
    bundle.simulator.put_user(user);
    let message = json!({ "type": "text", "body": "buenas" });
    let body = json!({ "channel_id": s.number.channel, "to": ANA, "message": message });
    s.shop.post("/v1/messages", &body).await.expect(202);
    bundle.run().await;
    assert_eq!(ana.sees(), ["buenas"]);
    assert_eq!(s.conversations().await.len(), 1);
    ana.says("uno").await;
    assert_eq!(ana.sees(), ["¿2?"], "the run goes on");
    bundle.assert_no_dead_letters();
}

/// whatsapp-rules 9: a parent id is no address.
#[tokio::test]
async fn nobody_writes_to_a_parent_id() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    let message = json!({ "type": "text", "body": "hola" });
    let body =
        json!({ "channel_id": s.number.channel, "to": "CO.ENT.73001234567", "message": message });
    s.shop.post("/v1/messages", &body).await.expect_error(400, "to must be");
}

/// README 17: for a user who is known nothing more is read or written, whatever is told with the messages.
#[tokio::test]
async fn a_known_user_costs_nothing_more() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    bundle.simulator.switch_phone(ANA, false).unwrap();
    s.ana.says("empezar").await;
    let cost = async |told: (bool, Option<&str>)| {
        s.tells(told.0, told.1);
        bundle.simulator.switch_phone(ANA, false).unwrap();
        let before = bundle.usage();
        s.ana.says("algo").await;
        let after = bundle.usage();
        (after.read - before.read, after.write - before.write)
    };
    let plain = cost((true, None)).await;
    let learns = cost((true, Some(ID))).await;
    assert!(learns.0 > plain.0 && learns.1 > plain.1, "{learns:?}");
    assert_eq!(cost((true, Some(ID))).await, plain, "the id is known");
    let hidden = cost((false, Some(ID))).await;
    assert!(hidden.0 <= plain.0 + 3.0, "{hidden:?}");
}
