//! Where histories happen, and what happens in them.

use std::time::Duration;

use serde_json::{Value, json};
use shared::faults::Fault;
use simulator::fault::{PostFault, SendFault};
use simulator::hooks::HookAnswer;
use simulator::message::FromUser;
use simulator::people::Target;
use simulator::template::Review;
use tests::bundle::Moment;
use tests::clock::{SECOND, hours, minutes};
use tests::dice::Dice;
use tests::stage::{Number, text};
use tests::{Bundle, Customer, Person};

use super::oracle::Findings;

const ALWAYS: &str = "2021-01-01T00:00:00.000Z";
const PEOPLE: [&str; 2] = ["573001234567", "573007654321"];
pub(super) const RECEIVER: &str = "log";
const EVENTS: [&str; 8] = [
    "identity_process.created",
    "identity_process.succeeded",
    "identity_process.failed",
    "identity_process.expired",
    "whatsapp_session.canceled",
    "message.received",
    "message.delivered",
    "message.failed",
];

/// What people write.
const WORDS: [&str; 8] = ["empezar", "Ana", "33", "muchos", "Sí", "No", "ayuda", "¿hola?"];

/// What may go wrong with a call.
const FAULTS: [Fault; 8] = [
    Fault::DieBefore,
    Fault::DieAfter,
    Fault::DieAfter,
    Fault::Fail,
    Fault::Throttle,
    Fault::LoseCall,
    Fault::LoseAnswer,
    Fault::LoseAnswerOnce,
];
/// One call in so many goes wrong, and so many of a history: no job is given up for it.
const ONE_CALL_IN: usize = 25;
const FAULTS_MAX: usize = 4;

/// Things that happen in one history.
const DEEDS_MAX: usize = 12;

/// Three numbers of one customer, one of each kind of provider, with a flow and an outbound each.
pub(super) struct World {
    begun: Moment,
    key: String,
    numbers: Vec<Kept>,
    flow: String,
}

struct Kept {
    channel: String,
    digits: String,
    provider: &'static str,
    outbound: String,
}

/// A history on its way.
pub(super) struct History<'a> {
    pub(super) bundle: &'a Bundle,
    pub(super) shop: Customer<'a>,
    /// Each number with the people who write to it.
    pub(super) talks: Vec<(Number<'a>, Vec<Person<'a>>)>,
    /// Messages that the API accepted.
    pub(super) accepted: Vec<String>,
    dice: Dice,
    posts: usize,
}

impl World {
    pub(super) async fn new() -> Self {
        let bundle = Bundle::start().await;
        let shop = bundle.customer().await;
        let config = json!({ "enable_follow_up": true, "follow_up_delay": 45,
                             "start_business_hours": ALWAYS, "end_business_hours": ALWAYS });
        let steps = json!([
            { "id": "name", "type": "question", "answer": "text", "text": "¿Nombre?" },
            { "id": "age", "type": "question", "answer": "number", "text": "¿Edad?" },
            { "id": "bye", "type": "message", "text": "Gracias" },
        ]);
        let flow = shop.flow_with(config, steps).await;
        shop.hook_rule(RECEIVER, &EVENTS, json!({})).await;
        let numbers = [
            shop.meta("573177700000").await,
            shop.gupshup("573177700001").await,
            shop.gupshup_enterprise("573177700002").await,
        ];
        let mut kept = Vec::new();
        for number in numbers {
            shop.inbound(&number, &flow, "empezar").await;
            let outbound = shop.post("/v1/whatsapp/outbounds", &outbound(&number.digits)).await;
            let outbound = text(&outbound.expect(201), "outbound_id");
            for person in PEOPLE {
                number.person(person, "Ana");
            }
            let Number { channel, digits, provider, .. } = number;
            kept.push(Kept { channel, digits, provider, outbound });
        }
        for template in bundle.simulator.read(|state| state.templates.clone()) {
            bundle.simulator.decide_template(&template.id, Review::Approved).unwrap();
        }
        bundle.turn(hours(1)).await;
        bundle.poll().await;
        Self { begun: bundle.moment(), key: shop.key, numbers: kept, flow }
    }

    /// What came of the history of this seed.
    pub(super) async fn tell(&self, seed: u64, dice: Dice) -> Findings {
        let bundle = self.begun.again_with(seed);
        let mut history = self.begin(&bundle, dice);
        bundle.fate.is_fickle(Dice::new(!seed), ONE_CALL_IN, FAULTS_MAX, &FAULTS);
        let deeds = 1 + history.dice.below(DEEDS_MAX);
        for _ in 0..deeds {
            history.something(self).await;
        }
        history.end().await;
        super::oracle::look(&history).await
    }

    fn begin<'a>(&self, bundle: &'a Bundle, dice: Dice) -> History<'a> {
        let talk = |kept: &Kept| {
            let (channel, digits) = (kept.channel.clone(), kept.digits.clone());
            let number = Number::known(bundle, channel, digits, kept.provider);
            let people = PEOPLE.iter().map(|person| number.person(person, "Ana")).collect();
            (number, people)
        };
        let talks = self.numbers.iter().map(talk).collect();
        let shop = bundle.customer_with(&self.key);
        History { bundle, shop, talks, accepted: Vec::new(), dice, posts: 0 }
    }
}

fn outbound(digits: &str) -> Value {
    json!({
        "waba_phone_number": digits, "is_notification": false, "category": "UTILITY",
        "content": "Hola {{.name}}, ¿empezamos?", "template_type": "TEXT",
        "language_code": "es", "outbound_name": "Inicio", "var": { "name": "Ana" },
        "continue_process_message": "Empezar", "cancel_process_message": "Ahora no",
    })
}

impl History<'_> {
    /// Somebody does something, something goes wrong outside, or time passes.
    async fn something(&mut self, world: &World) {
        let place = self.dice.below(self.talks.len());
        let who = self.dice.below(PEOPLE.len());
        match self.dice.below(14) {
            0..=4 => self.says(place, who),
            5 | 6 => self.taps(place, who),
            7 => self.bundle.simulator.look(&self.talks[place].0.digits, PEOPLE[who]).unwrap(),
            8 => {
                let is_on = self.dice.one_in(2);
                self.bundle.simulator.switch_phone(PEOPLE[who], is_on).unwrap();
            }
            9 => self.posts_message(world, place, who).await,
            10 => self.posts_outbound(world, place, who).await,
            11 => self.provider_errs(place),
            12 => self.receiver_errs(),
            _ => self.passes().await,
        }
        match self.dice.below(4) {
            // Nothing moves yet.
            0 => {}
            1 => {
                self.bundle.simulator.step().await;
            }
            2 => {
                self.bundle.step().await;
            }
            _ => self.bundle.run().await,
        }
    }

    fn says(&mut self, place: usize, who: usize) {
        let body = (*self.dice.one_of(&WORDS)).to_owned();
        self.talks[place].1[who].begins(FromUser::Text { body });
    }

    /// A button that is shown, maybe an old one.
    fn taps(&mut self, place: usize, who: usize) {
        let shown = self.talks[place].1[who].shown();
        let with_buttons: Vec<_> =
            shown.iter().filter(|(_, sent)| !sent.content.buttons.is_empty()).collect();
        if with_buttons.is_empty() {
            return self.says(place, who);
        }
        let (number, sent) = *self.dice.one_of(&with_buttons);
        let button = Target::Button(self.dice.below(sent.content.buttons.len()));
        self.bundle.simulator.tap(*number, &button).unwrap();
    }

    async fn posts_message(&mut self, world: &World, place: usize, who: usize) {
        let body = json!({
            "channel_id": world.numbers[place].channel, "to": PEOPLE[who],
            "outside_window": "queue", "message": { "type": "text", "body": "Ya está listo" },
        });
        let accepted = self.post("/v1/messages", &body).await;
        self.accepted.push(text(&accepted, "message_id"));
    }

    async fn posts_outbound(&mut self, world: &World, place: usize, who: usize) {
        let body = json!({
            "outbound_id": world.numbers[place].outbound, "flow_id": world.flow,
            "phone_number": format!("+{}", PEOPLE[who]), "user_authorized": true,
            "var": { "name": "Ana" },
        });
        self.post("/v1/whatsapp/outbounds/send", &body).await;
    }

    async fn post(&mut self, path: &str, body: &Value) -> Value {
        self.posts += 1;
        self.bundle.insists(&self.shop, path, &format!("key-{}", self.posts), body).await
    }

    fn provider_errs(&mut self, place: usize) {
        let posts = [PostFault::Repeated { times: 2 }, PostFault::Overtaken];
        let sends = [
            SendFault::RateLimited,
            SendFault::Unavailable { status: 503 },
            SendFault::LostCall,
            SendFault::LostAnswer,
            SendFault::Slow { millis: 20_000 },
        ];
        let line = self.talks[place].0.digits.clone();
        let (is_post, post) = (self.dice.one_in(2), self.dice.one_of(&posts).clone());
        let send = self.dice.one_of(&sends).clone();
        self.bundle.simulator.change(|state| {
            let faults = state.faults.entry(line).or_default();
            if is_post { faults.posts.push_back(post) } else { faults.sends.push_back(send) }
        });
    }

    fn receiver_errs(&mut self) {
        let status = *self.dice.one_of(&[500, 429, 503]);
        let delay_millis = if self.dice.one_in(3) { 60_000 } else { 0 };
        let answer = HookAnswer { status, delay_millis, ..HookAnswer::default() };
        self.bundle.simulator.change(|state| {
            state.receivers.entry(RECEIVER.to_owned()).or_default().next.push_back(answer);
        });
    }

    async fn passes(&mut self) {
        let time: Duration =
            *self.dice.one_of(&[SECOND, minutes(1), minutes(46), hours(3), hours(25)]);
        self.bundle.turn(time).await;
    }

    /// Nothing goes wrong any more, all phones are on, and time passes until everything has come to its end.
    async fn end(&self) {
        self.bundle.fate.calms();
        self.bundle.simulator.change(|state| state.faults.clear());
        for person in PEOPLE {
            self.bundle.simulator.switch_phone(person, true).unwrap();
        }
        self.bundle.turn(hours(80)).await;
    }
}
