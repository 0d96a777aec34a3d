//! What bounds what a channel sends: how fast its number may, and what its provider refuses for now.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::message::Failure;
use super::time::Time;

/// Messages per second of an ordinary number, in and out (whatsapp-rules 4). Numbers that are used with the phone app
/// too have 20, upgraded ones 1,000.
pub const MESSAGES_PER_SECOND: u32 = 80;

/// So many refusals are remembered.
const HOLDS_MAX: usize = 8;

/// The longest that messages wait, or fail untried, before one of them tries again.
const WAIT_MAX: Duration = Duration::from_hours(8);
const FAIL_MAX: Duration = Duration::from_hours(1);

/// A refusal that comes again within this time after the last one ended is the same trouble: the wait doubles.
const SAME_TROUBLE: Duration = Duration::from_hours(24);

/// Whom a refusal concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// This message alone: its user, template or country. Others go.
    Message,
    /// What is sent outside the service window: templates. Answers to users go.
    Templates,
    /// Everything that the channel sends.
    Channel,
}

/// What becomes of messages meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// They wait: it passes by itself.
    Wait,
    /// They fail at once: somebody has to set something right.
    Fail,
}

/// A refusal of the provider that concerns more than one message. Until it is over nobody calls the provider for what
/// it covers; then one message tries again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub scope: Scope,
    pub stop: Stop,
    pub until: Time,
    /// How often in a row; from 1.
    pub times: u32,
    pub failure: Failure,
}

/// What bounds what a channel sends.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Limits {
    /// What the number may send and receive per second where it is not [`MESSAGES_PER_SECOND`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages_per_second: Option<u32>,
    /// At most one for each code of the provider, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<Hold>,
}

impl Hold {
    /// Whether it keeps such a message from going.
    const fn covers(&self, is_template: bool) -> bool {
        match self.scope {
            Scope::Message => false,
            Scope::Templates => is_template,
            Scope::Channel => true,
        }
    }

    /// For people.
    fn warning(&self) -> String {
        let what = match (self.stop, self.scope) {
            (Stop::Fail, Scope::Channel) => "Provider refuses this channel".to_owned(),
            (Stop::Fail, Scope::Templates) => "Provider refuses templates".to_owned(),
            (Stop::Fail, Scope::Message) => "Provider refuses some messages".to_owned(),
            (Stop::Wait, Scope::Templates) => format!("Templates wait until {}", self.until),
            (Stop::Wait, Scope::Channel | Scope::Message) => {
                format!("Messages wait until {}", self.until)
            }
        };
        let said: String = self.failure.message.chars().take(200).collect();
        format!("{what} ({}): {said}", self.failure.code)
    }
}

impl Limits {
    /// Messages per second.
    pub fn per_second(&self) -> u32 {
        self.messages_per_second.unwrap_or(MESSAGES_PER_SECOND)
    }

    /// What keeps such a message from going now: what lasts longest, and what fails before what waits.
    pub fn stop(&self, is_template: bool, now: Time) -> Option<&Hold> {
        let holding = self.holds.iter().filter(|hold| hold.covers(is_template) && now < hold.until);
        holding.max_by_key(|hold| (hold.stop == Stop::Fail, hold.until))
    }

    /// With a refusal of now; `after` is how long the first wait of its kind is. `None` if it is known already.
    pub fn held(
        &self,
        stop: Stop,
        (scope, after): (Scope, Duration),
        failure: &Failure,
        now: Time,
    ) -> Option<Self> {
        let known = self.holds.iter().find(|hold| hold.failure.code == failure.code);
        if known.is_some_and(|hold| now < hold.until) {
            return None;
        }
        let before = known.filter(|hold| now.since(hold.until) < SAME_TROUBLE);
        let times = before.map_or(0, |hold| hold.times).saturating_add(1);
        let longest = match (stop, scope) {
            (_, Scope::Message) => after,
            (Stop::Wait, Scope::Templates | Scope::Channel) => WAIT_MAX.max(after),
            (Stop::Fail, Scope::Templates | Scope::Channel) => FAIL_MAX,
        };
        let doubled = after.saturating_mul(2_u32.saturating_pow(times - 1));
        let until = now + doubled.min(longest);
        let mut holds: Vec<Hold> =
            self.holds.iter().filter(|hold| hold.failure.code != failure.code).cloned().collect();
        holds.push(Hold { scope, stop, until, times, failure: failure.clone() });
        let surplus = holds.len().saturating_sub(HOLDS_MAX);
        holds.drain(..surplus);
        Some(Self { holds, ..self.clone() })
    }

    /// After the provider took such a message: without what is over. `None` if nothing is.
    pub fn released(&self, is_template: bool, now: Time) -> Option<Self> {
        let is_over = |hold: &Hold| {
            hold.until <= now && (hold.covers(is_template) || hold.scope == Scope::Message)
        };
        let holds: Vec<Hold> = self.holds.iter().filter(|hold| !is_over(hold)).cloned().collect();
        (holds.len() < self.holds.len()).then(|| Self { holds, ..self.clone() })
    }

    /// What people should know, each once.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        self.holds.iter().map(Hold::warning)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn failure(code: &str) -> Failure {
        Failure { provider: "x".to_owned(), code: code.to_owned(), message: "No.".to_owned() }
    }

    fn at(minutes: i64) -> Time {
        Time::from_millis(minutes * 60_000)
    }

    /// whatsapp-rules 5, class W: nobody calls while it lasts, and each time it comes again the wait doubles.
    #[test]
    fn a_wait_doubles_and_starts_anew_a_day_later() {
        let code = failure("131048");
        let wait = |limits: &Limits, now| {
            limits.held(Stop::Wait, (Scope::Channel, HOUR), &code, now).map(|limits| {
                let until = limits.holds[0].until.since(now).as_secs() / 3600;
                (limits, until)
            })
        };
        let mut limits = Limits::default();
        let mut now = at(0);
        for hours in [1, 2, 4, 8, 8] {
            let (held, lasts) = wait(&limits, now).expect("it is news");
            assert_eq!(lasts, hours);
            assert!(held.stop(false, now).is_some() && held.stop(true, now).is_some());
            assert_eq!(wait(&held, now), None, "known already");
            now = held.holds[0].until;
            assert_eq!(held.stop(false, now), None, "one tries again");
            limits = held;
        }
        let (_, lasts) = wait(&limits, now + Duration::from_hours(24)).expect("it is news");
        assert_eq!(lasts, 1);
    }

    #[test]
    fn a_hold_covers_what_it_concerns() {
        for (scope, text, template) in [
            (Scope::Message, false, false),
            (Scope::Templates, false, true),
            (Scope::Channel, true, true),
        ] {
            let limits = Limits::default();
            let held = limits.held(Stop::Fail, (scope, HOUR), &failure("190"), at(0)).unwrap();
            assert_eq!(held.stop(false, at(1)).is_some(), text, "{scope:?}");
            assert_eq!(held.stop(true, at(1)).is_some(), template, "{scope:?}");
            assert_eq!(held.warnings().count(), 1, "people are told, whomever it concerns");
            assert_eq!(held.released(true, at(1)), None, "it is not over");
            assert_eq!(held.released(true, at(60)), Some(limits));
        }
    }

    #[test]
    fn what_fails_comes_before_what_waits_and_few_are_kept() {
        let limits = Limits::default();
        let limits = limits.held(Stop::Wait, (Scope::Channel, HOUR), &failure("1"), at(0)).unwrap();
        let fails = (Scope::Channel, Duration::from_mins(5));
        let limits = limits.held(Stop::Fail, fails, &failure("190"), at(0)).unwrap();
        assert_eq!(limits.stop(false, at(1)).map(|hold| hold.stop), Some(Stop::Fail));
        assert_eq!(limits.stop(false, at(6)).map(|hold| hold.stop), Some(Stop::Wait));
        let sentences: Vec<String> = limits.warnings().collect();
        assert_eq!(sentences[0], "Messages wait until 1970-01-01T01:00:00.000Z (1): No.");
        assert_eq!(sentences[1], "Provider refuses this channel (190): No.");
        let many = (0..20).fold(limits, |limits, code: i32| {
            limits.held(Stop::Fail, fails, &failure(&code.to_string()), at(90)).unwrap()
        });
        assert_eq!(many.holds.len(), HOLDS_MAX);
    }
}
