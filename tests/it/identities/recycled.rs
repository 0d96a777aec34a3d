//! Numbers that had another owner before: nothing of one person's talk reaches another (whatsapp-rules 8, 9).

use serde_json::{Value, json};
use shared::domain::conversation::Conversation;
use simulator::User;
use tests::clock::minutes;
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
