//! Numbers that had another owner before: nothing of one person's talk reaches another (whatsapp-rules 8, 9).

use serde_json::{Value, json};
use shared::domain::conversation::Conversation;
use simulator::User;
use tests::clock::minutes;
use tests::stage::text;
use tests::{Bundle, Person};

use super::{ANA, ID, Scene, scene};

const NEW: &str = "573009998877";
const ELSEWHERE: &str = "573005550000";
const LUIS_ID: &str = "CO.55500011";
const NEW_ID: &str = "CO.99988877";

impl Scene<'_> {
    /// Whoever has this number now, with this id if there is one. What was said there before is seen already.
    fn owner(&self, number: &str, name: &str, shows_number: bool, id: Option<&str>) -> Person<'_> {
        let person = self.number.person(number, name);
        let scoped_id = id.map(str::to_owned);
        let user = User { scoped_id, shows_number, ..User::new(number, name) };
        self.bundle.simulator.put_user(user);
        person.sees();
        person
    }

    /// Ana begins, and her talk lies where her id does, or where her number does.
    async fn ana_begins(&self, by_id: bool, words: &str) {
        if by_id {
            self.tells(false, Some(ID));
            self.ana.says(words).await;
        }
        self.tells(true, Some(ID));
        self.ana.says(words).await;
    }

    async fn at(&self, number: &str) -> Conversation {
        self.by_phone(number).await.expect("somebody has this number")
    }
}

/// whatsapp-rules 9: who takes over a number by a change goes on with the own talk, and hears nothing of the one who
/// had it before: neither a question, nor a name. That one's own id still leads to what was said with it.
#[tokio::test]
async fn a_number_that_is_taken_over_brings_nothing_of_its_former_owner() {
    for (by_id, luis_id) in
        [(false, None), (false, Some(LUIS_ID)), (true, None), (true, Some(LUIS_ID))]
    {
        for words in ["empezar", "hola"] {
            let told = format!("{by_id} {luis_id:?} {words}");
            let bundle = Bundle::start().await;
            let s = scene(&bundle).await;
            let luis = s.owner(NEW, "Luis", true, luis_id);
            luis.says("empezar").await;
            luis.says("uno").await;
            assert_eq!(luis.sees(), ["¿1?", "¿2?"]);
            bundle.turn(minutes(1)).await;
            s.ana_begins(by_id, words).await;
            bundle.turn(minutes(1)).await;
            let before = s.at(ANA).await;
            s.changes(json!({ "type": "user_changed_number", "wa_id": NEW })).await;
            let moved = s.at(NEW).await;
            assert_eq!((moved.name.as_deref(), moved.address.phone()), (Some("Ana"), Some(NEW)));
            assert_eq!(moved.running().map(|p| p.id), before.running().map(|p| p.id), "{told}");
            let ana = s.owner(NEW, "Ana", true, Some(NEW_ID));
            ana.says("algo").await;
            let next = if words == "empezar" { vec!["¿2?"] } else { vec![] };
            assert_eq!(ana.sees(), next, "{told}");
            if luis_id.is_some() {
                let luis = s.owner(ELSEWHERE, "Luis", false, luis_id);
                luis.says("dos").await;
                assert_eq!(luis.sees(), ["¿3?"], "{told}");
            }
            bundle.assert_no_dead_letters();
        }
    }
}

/// whatsapp-rules 9: where the user wrote from the new number before the change was told, the talk there is the user's,
/// whether or not an id told so already.
#[tokio::test]
async fn a_change_that_is_told_late_finds_what_was_said_since() {
    for id in [None, Some(ID)] {
        let bundle = Bundle::start().await;
        let s = scene(&bundle).await;
        s.tells(true, id);
        s.ana.says("hola").await;
        bundle.turn(minutes(1)).await;
        let time = bundle.now().seconds().to_string();
        bundle.turn(minutes(1)).await;
        let ana = s.owner(NEW, "Ana", true, id);
        ana.says("empezar").await;
        ana.says("uno").await;
        assert_eq!(ana.sees(), ["¿1?", "¿2?"]);
        let system = json!({ "type": "user_changed_number", "wa_id": NEW });
        let message = json!({ "from": ANA, "id": "wamid.LATE", "timestamp": time, "type": "system",
                              "system": system });
        let shown = s.shop.get(&format!("/v1/channels/{}", s.number.channel)).await.expect(200);
        let digits = &s.number.digits;
        let value = json!({ "messaging_product": "whatsapp", "messages": [message],
                            "metadata": { "phone_number_id": format!("1{digits}") } });
        let (url, secret) = (text(&shown, "webhook_url"), format!("app-secret-of-{digits}"));
        let post = tests::meta::change(&url, &secret, &format!("2{digits}"), "messages", &value);
        assert_eq!(bundle.deliver(post).await, 200);
        bundle.run().await;
        ana.says("dos").await;
        assert_eq!(ana.sees(), ["¿3?"]);
        assert_eq!(s.conversations().await.len(), 1);
        bundle.assert_no_dead_letters();
        let luis = s.owner(ANA, "Luis", true, None);
        luis.says("algo").await;
        assert_eq!(luis.sees(), [""; 0], "the old number is free");
        ana.says("tres").await;
        assert_eq!(ana.sees(), ["¿4?"]);
        assert_eq!(s.conversations().await.len(), 2);
    }
}

/// whatsapp-rules 9: who writes from a known number with another id is its new owner. The talk of the one before stays
/// with that one's id, and the new owner begins anew, or goes on where this one was known already.
#[tokio::test]
async fn another_id_is_another_owner_of_a_number() {
    for (by_id, is_known) in [(false, false), (false, true), (true, false), (true, true)] {
        let told = format!("{by_id} {is_known}");
        let bundle = Bundle::start().await;
        let s = scene(&bundle).await;
        s.ana_begins(by_id, "empezar").await;
        s.ana.says("uno").await;
        let mut asked = vec!["¿1?"];
        if is_known {
            let luis = s.owner(ELSEWHERE, "Luis", false, Some(LUIS_ID));
            luis.says("empezar").await;
            luis.says("uno").await;
            asked = vec!["¿3?"];
        }
        bundle.turn(minutes(1)).await;
        let luis = s.owner(ANA, "Luis", true, Some(LUIS_ID));
        luis.says(if is_known { "dos" } else { "hola" }).await;
        if !is_known {
            assert_eq!(luis.sees(), [""; 0], "{told}: nobody asks him");
            let shown = s.at(ANA).await;
            assert_eq!((shown.name.as_deref(), shown.process), (Some("Luis"), None), "{told}");
            luis.says("empezar").await;
        }
        assert_eq!(luis.sees(), asked, "{told}");
        for post in bundle.wire.posted() {
            assert_eq!(bundle.deliver(post).await, 200);
            bundle.run().await;
        }
        assert_eq!(luis.sees(), [""; 0], "{told}: nothing is said twice");
        let ana = s.owner(NEW, "Ana", false, Some(ID));
        ana.says("dos").await;
        assert_eq!(ana.sees(), ["¿3?"], "{told}");
        assert_eq!(s.by_id(ID).await.unwrap().name.as_deref(), Some("Ana"), "{told}");
        assert_eq!(s.by_id(LUIS_ID).await.map(|c| c.id), Some(s.at(ANA).await.id), "{told}");
        assert_eq!(s.conversations().await.len(), 2, "{told}");
        let balance = s.shop.get("/v1/audit/balance").await.expect(200);
        assert_eq!(balance["difference"], 0, "{told}: {balance}");
        bundle.assert_no_dead_letters();
    }
}

/// whatsapp-rules 9: an id that changes because WhatsApp says so, or because the number did, is the same user's.
#[tokio::test]
async fn a_new_id_that_was_told_is_no_other_owner() {
    for system in [
        json!({ "type": "user_changed_user_id", "user_id": NEW_ID }),
        json!({ "type": "user_changed_number", "wa_id": NEW }),
    ] {
        let bundle = Bundle::start().await;
        let s = scene(&bundle).await;
        s.ana_begins(false, "empezar").await;
        bundle.turn(minutes(1)).await;
        s.tells(true, Some(NEW_ID));
        s.changes(system.clone()).await;
        // Nobody has an id twice.
        s.tells(true, None);
        let number = if system["wa_id"] == Value::Null { ANA } else { NEW };
        let ana = s.owner(number, "Ana", true, Some(NEW_ID));
        bundle.turn(minutes(1)).await;
        ana.says("uno").await;
        assert_eq!(ana.sees(), ["¿2?"], "{system}");
        let ana = s.owner(number, "Ana", false, Some(NEW_ID));
        ana.says("dos").await;
        assert_eq!(ana.sees(), ["¿3?"], "{system}");
        assert_eq!(s.conversations().await.len(), 1, "{system}");
        bundle.assert_no_dead_letters();
    }
}

/// README 9: the list of a number's new owner does not show what was said with the one before.
#[tokio::test]
async fn a_new_owner_is_not_shown_what_the_former_one_said() {
    let bundle = Bundle::start().await;
    let s = scene(&bundle).await;
    s.ana.says("secreto").await;
    bundle.turn(minutes(1)).await;
    let id = s.at(ANA).await.id;
    s.changes(json!({ "type": "user_changed_number", "wa_id": NEW })).await;
    let path = format!("/v1/conversations/{id}/messages");
    let shown = s.shop.get(&path).await.expect(200).to_string();
    assert!(shown.contains("secreto"), "Ana's old id finds what she said: {shown}");
    bundle.turn(minutes(1)).await;
    let luis = s.owner(ANA, "Luis", true, None);
    luis.says("buenas").await;
    let shown = s.shop.get(&path).await.expect(200);
    let items = shown["items"].as_array().expect("a list");
    assert_eq!((items.len(), &items[0]["message"]["body"]), (1, &json!("buenas")), "{shown}");
    assert_eq!(shown["next_key"], Value::Null);
}
