//! Carries out what is pending: messages get further, webhooks go out and are repeated until they are taken.

use crate::carrier::WebhookPost;
use crate::message::{Delivery, Entry, Status, StatusChange};
use crate::post::{Pending, Posted, REPETITIONS_MAX, What, gap_millis};
use crate::simulator::Simulator;

impl Simulator {
    /// Does everything that is due, and what becomes due by it; how many things that were.
    pub async fn step(&self) -> usize {
        let _one_at_a_time = self.pumping().lock().await;
        let mut done = 0;
        loop {
            let now = self.now_millis();
            let Some(pending) = self.read(|state| state.due(now).cloned()) else { return done };
            done += 1;
            let order = pending.order;
            match pending.what {
                What::Advance { message, status } => self.advance(message, status),
                What::Post { post, messages, tries } => {
                    self.deliver(pending.line, post, messages, tries).await;
                }
            }
            // Only now: a world that is saved meanwhile does it again rather than never.
            self.change(|state| state.pending.retain(|pending| pending.order != order));
        }
    }

    /// When the next thing is due, in milliseconds since 1970.
    pub fn next_due_millis(&self) -> Option<i64> {
        self.read(|state| state.pending.iter().map(|pending| pending.due_millis).min())
    }

    async fn deliver(&self, line: String, post: WebhookPost, messages: Vec<u64>, tries: u32) {
        let answer = self.post().post(post.clone()).await;
        let status = match answer {
            Ok(status) => Some(status),
            Err(error) => {
                tracing::info!(line, error, "a webhook was not answered");
                None
            }
        };
        let tries = tries + 1;
        let time_millis = self.now_millis();
        let is_taken = status.is_some_and(|status| (200..300).contains(&status));
        let delivery = if is_taken { Delivery::Taken } else { Delivery::Refused { status } };
        self.change(|state| {
            state.note_delivery(&messages, delivery);
            state.remember_posted(Posted { line: line.clone(), time_millis, tries, status });
            if !is_taken && tries <= REPETITIONS_MAX {
                let order = state.next_number();
                let due_millis = time_millis + gap_millis(tries);
                let what = What::Post { post, messages, tries };
                state.pending.push(Pending { due_millis, order, line, what });
            }
        });
    }

    /// A message gets further, unless it is there already or the phone is off.
    fn advance(&self, number: u64, to: Status) {
        let time_millis = self.now_millis();
        let delivered_at = time_millis + self.pace().delivered_after_millis;
        let moved = self.change(|state| {
            let message = state.messages.iter_mut().find(|message| message.number == number)?;
            let is_online = state.users.get(&message.user).is_some_and(|user| user.is_online);
            let Entry::ToUser { sent, status, is_shown } = &mut message.entry else { return None };
            let is_too_late = status.rank() >= to.rank();
            if is_too_late || (to == Status::Delivered && !is_online) {
                return None;
            }
            *status = to.clone();
            *is_shown |= matches!(to, Status::Delivered | Status::Read);
            let moved = (message.line.clone(), sent.clone());
            if to == Status::Sent {
                let order = state.next_number();
                let what = What::Advance { message: number, status: Status::Delivered };
                let line = moved.0.clone();
                state.pending.push(Pending { due_millis: delivered_at, order, line, what });
            }
            Some(moved)
        });
        let Some((line, sent)) = moved else { return };
        let Ok(line) = self.line(&line) else { return };
        let Ok(carrier) = self.carrier_of(&line) else { return };
        if let Some(post) = carrier.status(&line, &sent, &StatusChange { status: to, time_millis })
        {
            self.put_post(&line, &post, &[]);
        }
    }
}
