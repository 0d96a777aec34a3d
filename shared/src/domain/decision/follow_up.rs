//! Re-engagement: when a follow-up goes out, what it says, and what the user's yes or no does (contracts 7).

use std::time::Duration;

use super::super::channel::{Channel, Language};
use super::super::conversation::{Conversation, Source};
use super::super::flow::{Config, Definition};
use super::super::hook::HookRule;
use super::super::hours::{self, BusinessHours};
use super::super::ids::ProcessId;
use super::super::message::{Choice, Origin, ToUser};
use super::super::outbound::{Filling, Outbound, Reply, ReviewStatus};
use super::super::process::{
    FailureReason, FollowUp, FollowUpAnswer, FollowUpStatus, Process, ProcessStatus,
};
use super::super::texts::{self, Key};
use super::super::time::Time;
use super::run::{EXPIRY_MINUTES, still_armed};
use super::{Decision, Facts, Turn};
use crate::ports::Timer;

/// What a woken follow-up looks at.
#[derive(Debug, Clone, Copy)]
pub struct FollowUpFacts<'a> {
    pub channel: &'a Channel,
    pub now: Time,
    pub cause: &'a str,
    /// The run's flow in the version that it runs in.
    pub running: &'a Definition,
    /// Whether the newest published version still wants follow-ups (F13).
    pub still_enabled: bool,
    /// When the provider had the question; `None`: not yet.
    pub handed_over: Option<Time>,
    /// Stands in while the service window is closed.
    pub outbound: Option<&'a Outbound>,
    /// What the tenant wants to be told.
    pub rules: &'a [HookRule],
}

/// What a woken timer does.
#[derive(Debug, Clone, PartialEq)]
pub enum Due {
    /// There is nothing left to wait for.
    Nothing,
    /// Look again then.
    At(Time),
    Decided(Box<Decision>),
}

/// A follow-up's timer fired.
pub fn on_follow_up_due(
    conversation: Conversation,
    process: ProcessId,
    facts: FollowUpFacts<'_>,
) -> Due {
    let Some(process) = conversation.running().filter(|p| p.id == process).cloned() else {
        return Due::Nothing;
    };
    let waits = process.status == ProcessStatus::Waiting && process.question.is_some();
    let open = process.follow_up.status == FollowUpStatus::Scheduled;
    if !waits
        || !open
        || !facts.still_enabled
        || !facts.channel.active
        || facts.now >= process.expires
    {
        return Due::Nothing;
    }
    // A question that still waits for its provider starts its clock when it gets there.
    let start = facts.handed_over.unwrap_or(facts.now);
    let due = when(&facts.running.config, start);
    if facts.now < due.send_at {
        return Due::At(due.send_at);
    }
    let mut turn = Turn::new(conversation, Source::FollowUp, general(&facts));
    turn.send_follow_up(process, &facts);
    Due::Decided(Box::new(turn.finish()))
}

/// An expiry's timer fired.
pub fn on_expiry_due(conversation: Conversation, process: ProcessId, facts: Facts<'_>) -> Due {
    let Some(process) = conversation.running().filter(|p| p.id == process).cloned() else {
        return Due::Nothing;
    };
    // Not every word of the user reaches the run: those said while a customer's server is asked count too.
    let minutes = facts.running.and_then(|d| d.config.expiry_minutes).unwrap_or(EXPIRY_MINUTES);
    let spoken = conversation.last_user_message.unwrap_or(process.created);
    let expires = process.expires.max(spoken + Duration::from_mins(u64::from(minutes)));
    if facts.now < expires {
        return Due::At(expires);
    }
    let mut turn = Turn::new(conversation, Source::Expiry, facts);
    turn.end(process, ProcessStatus::Expired, None);
    Due::Decided(Box::new(turn.finish()))
}

/// `fu:<process>:<number>:yes`: the number keeps an old button from acting on a newer question.
fn payload(process: ProcessId, number: u32, answer: FollowUpAnswer) -> String {
    let word = match answer {
        FollowUpAnswer::Yes => "yes",
        FollowUpAnswer::No => "no",
    };
    format!("fu:{process}:{number}:{word}")
}

/// What a follow-up's button brought back.
pub(super) fn read_payload(payload: &str) -> Option<(ProcessId, u32, FollowUpAnswer)> {
    let mut parts = payload.strip_prefix("fu:")?.split(':');
    let (process, number) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let answer = match parts.next()? {
        "yes" => FollowUpAnswer::Yes,
        "no" => FollowUpAnswer::No,
        _ => return None,
    };
    parts.next().is_none().then_some((process, number, answer))
}

fn when(config: &Config, sent: Time) -> hours::Due {
    let hours = BusinessHours::new(config.start_business_hours, config.end_business_hours);
    hours::send_at(sent, config.follow_up_delay.unwrap_or(hours::DELAY_MINUTES_DEFAULT), hours)
}

fn general<'a>(facts: &FollowUpFacts<'a>) -> Facts<'a> {
    Facts {
        channel: facts.channel,
        now: facts.now,
        cause: facts.cause,
        running: Some(facts.running),
        start: None,
        bot: None,
        inbound: None,
        rules: facts.rules,
    }
}

impl Turn<'_> {
    /// Sets the clock of the question that was just put. One follow-up per question (F10).
    pub(super) fn schedule_follow_up(&mut self, process: &mut Process, definition: &Definition) {
        let config = &definition.config;
        if !config.enable_follow_up || process.follow_up.sent.is_some() {
            return;
        }
        let due = when(config, self.facts.now);
        let minutes = u64::from(config.expiry_minutes.unwrap_or(EXPIRY_MINUTES));
        let lasts = Duration::from_mins(minutes);
        let expires = self.conversation.last_user_message.unwrap_or(self.facts.now) + lasts;
        process.follow_up = FollowUp {
            status: FollowUpStatus::Scheduled,
            question: process.questions,
            due: Some(due.due),
            send_at: Some(due.send_at),
            ..FollowUp::default()
        };
        if config.follow_up_outbound_id.is_some() {
            process.expires = process.expires.max(due.send_at + lasts);
        } else if due.send_at >= expires {
            process.follow_up.status = FollowUpStatus::SkippedWindowClosed;
            return;
        }
        if !still_armed(self.conversation.follow_up_armed, self.facts.now, due.send_at) {
            let timer = Timer::FollowUp { conversation: self.conversation.id, process: process.id };
            self.timers.push((timer, due.send_at));
            self.conversation.follow_up_armed = Some(due.send_at);
        }
    }

    /// The service window decides between the question with two buttons, the outbound, and nothing (contracts 7.5).
    fn send_follow_up(&mut self, mut process: Process, facts: &FollowUpFacts<'_>) {
        let config = &facts.running.config;
        let number = process.follow_up.question;
        let origin = Origin::FollowUp { process: process.id, question: number };
        let language = facts.running.language;
        let ready = |outbound: &&Outbound| {
            outbound.status == ReviewStatus::Approved && outbound.is_ready_alone()
        };
        if self.conversation.window_open(facts.now) {
            let body = config.follow_up_message.as_deref().unwrap_or(texts::FOLLOW_UP_MESSAGE);
            let buttons = buttons(process.id, number, language);
            self.say(
                ToUser::Buttons { header: None, body: body.to_owned(), footer: None, buttons },
                origin,
            );
        } else if let Some(outbound) = facts.outbound.filter(ready) {
            let template = outbound.message(&Filling::default(), |reply| {
                let answer = match reply {
                    Reply::Continue => FollowUpAnswer::Yes,
                    Reply::Cancel => FollowUpAnswer::No,
                };
                payload(process.id, number, answer)
            });
            process.follow_up.yes_text = outbound.button_text(Reply::Continue).map(str::to_owned);
            process.follow_up.no_text = outbound.button_text(Reply::Cancel).map(str::to_owned);
            self.say(ToUser::Template(template), origin);
        } else {
            process.follow_up.status = FollowUpStatus::SkippedWindowClosed;
            return self.keep(process, facts.running);
        }
        process.follow_up.status = FollowUpStatus::Sent;
        process.follow_up.sent = Some(facts.now);
        self.keep(process, facts.running);
    }

    /// A tap on a follow-up's button: only that of the open question acts, and once (F1, F2, F6-F8).
    pub(super) fn follow_up_button(&mut self, id: ProcessId, number: u32, answer: FollowUpAnswer) {
        let Some(process) = self.conversation.process.clone().filter(|p| p.id == id) else {
            return;
        };
        if process.status.is_final() {
            return self.say_text(Key::ProcessOver, id);
        }
        let current = process.question.as_ref().is_some_and(|question| question.number == number);
        let open =
            process.follow_up.status == FollowUpStatus::Sent && process.follow_up.answer.is_none();
        if current && open && process.follow_up.question == number {
            self.follow_up_answered(answer);
        }
    }

    /// Yes: the question again. No: the run is over.
    pub(super) fn follow_up_answered(&mut self, answer: FollowUpAnswer) {
        let Some(mut process) = self.conversation.running().cloned() else { return };
        process.follow_up.answer = Some(answer);
        match answer {
            FollowUpAnswer::Yes => {
                if let Some(definition) = self.facts.running {
                    self.ask_again(process, definition);
                }
            }
            FollowUpAnswer::No => {
                self.say_text(Key::Goodbye, process.id);
                self.end(process, ProcessStatus::Failed, Some(FailureReason::FollowUpDeclined));
            }
        }
    }
}

fn buttons(process: ProcessId, number: u32, language: Language) -> Vec<Choice> {
    [(FollowUpAnswer::Yes, Key::FollowUpYes), (FollowUpAnswer::No, Key::FollowUpNo)]
        .into_iter()
        .map(|(answer, key)| Choice {
            id: payload(process, number, answer),
            title: texts::text(language, key).to_owned(),
            description: None,
        })
        .collect()
}
