//! The handle that carriers, tests and the control API hold: who may write to whom, and what follows from it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::response::Response;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

use crate::carrier::{Carrier, Refusal};
use crate::clock::Clock;
use crate::fault::{Hold, SendFault};
use crate::line::{Line, User, digits};
use crate::message::{Entry, Message, Sent, Status, ToUser};
use crate::post::{Pending, Post, What};
use crate::state::State;
use crate::template::{Review, Template};

/// How long after a sending its message is on the phone, so that a person can watch the ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pace {
    pub delivered_after_millis: i64,
}

/// A file: what a user sent, or what the business uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    pub mime: String,
    pub filename: Option<String>,
    pub bytes: Arc<Vec<u8>>,
}

/// A message that the gateway wants to send.
#[derive(Debug, Clone, PartialEq)]
pub struct Sending {
    /// The id that the answer will carry.
    pub id: String,
    /// A second id where the provider has one; else the same.
    pub whatsapp_id: String,
    /// As the gateway wrote it: digits, with or without a plus, or a business-scoped user id.
    pub to: String,
    pub client_reference: Option<String>,
    pub content: ToUser,
}

/// A message that the provider has taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    pub sent: Sent,
    hold: Option<Hold>,
}

impl Taken {
    /// The answer, with the fault that is played on it.
    pub fn answer(self, mut response: Response) -> Response {
        if let Some(hold) = self.hold {
            response.extensions_mut().insert(hold);
        }
        response
    }
}

/// What was asked for is not there; a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing(pub String);

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Missing {}

/// The simulated world. Clones are the same world.
#[derive(Clone)]
pub struct Simulator {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    files: Mutex<BTreeMap<String, StoredFile>>,
    carriers: Vec<Arc<dyn Carrier>>,
    clock: Arc<dyn Clock>,
    post: Arc<dyn Post>,
    address: String,
    pace: Pace,
    /// Webhooks go out one after the other.
    pumping: tokio::sync::Mutex<()>,
}

impl Simulator {
    /// A world with this past. `address` is where the simulator itself is reached, such as `http://127.0.0.1:8081`.
    pub fn new(
        state: State,
        carriers: Vec<Arc<dyn Carrier>>,
        clock: Arc<dyn Clock>,
        post: Arc<dyn Post>,
        address: &str,
        pace: Pace,
    ) -> Self {
        let inner = Inner {
            state: Mutex::new(state),
            files: Mutex::default(),
            carriers,
            clock,
            post,
            address: address.trim_end_matches('/').to_owned(),
            pace,
            pumping: tokio::sync::Mutex::new(()),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Milliseconds since 1970.
    pub fn now_millis(&self) -> i64 {
        self.inner.clock.now_millis()
    }

    pub fn clock(&self) -> &dyn Clock {
        self.inner.clock.as_ref()
    }

    /// Where the simulator is reached, without a slash at the end.
    pub fn address(&self) -> &str {
        &self.inner.address
    }

    pub fn carriers(&self) -> &[Arc<dyn Carrier>] {
        &self.inner.carriers
    }

    /// Sixteen random bytes: never the same twice. In a world with a seed they follow from it.
    pub fn seed(&self) -> [u8; 16] {
        let mut seed = [0; 16];
        if let Some(of_world) = self.read(|state| state.seed) {
            let number = self.change(State::next_number);
            let bytes = [of_world.to_be_bytes(), number.to_be_bytes()].concat();
            seed.copy_from_slice(&digest(&SHA256, &bytes).as_ref()[..16]);
            return seed;
        }
        if SystemRandom::new().fill(&mut seed).is_err() {
            // A system without random numbers still gets ids that differ.
            let number = self.change(State::next_number);
            seed[..8].copy_from_slice(&number.to_be_bytes());
        }
        seed
    }

    /// Looks at the state.
    pub fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the state; whoever watches it sees a new revision.
    pub fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        state.revision += 1;
        change(&mut state)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // --- lines and people ---

    /// Adds the line, or replaces the one with the same id.
    pub fn put_line(&self, line: Line) {
        self.change(|state| state.lines.insert(line.id.clone(), line));
    }

    pub fn line(&self, id: &str) -> Result<Line, Missing> {
        self.read(|state| state.lines.get(id).cloned())
            .ok_or_else(|| Missing(format!("there is no line {id}")))
    }

    /// The first line of a carrier that fits: how a carrier finds the line by credentials.
    pub fn line_where(&self, carrier: &str, fits: impl Fn(&Line) -> bool) -> Option<Line> {
        self.read(|state| {
            state.lines.values().find(|line| line.carrier == carrier && fits(line)).cloned()
        })
    }

    /// Adds the person, or replaces the one with the same number.
    pub fn put_user(&self, user: User) {
        self.change(|state| state.users.insert(user.number.clone(), user));
    }

    // --- what carriers do ---

    /// The gateway sends a message. What WhatsApp itself checks is checked here: is there such a user, is the service
    /// window open. What a provider checks (credentials, form, templates) its carrier has checked before.
    pub fn send(&self, line: &Line, sending: Sending) -> Result<Taken, Refusal> {
        self.send_with(line, sending, None)
    }

    /// The same with what the carrier has found to be wrong, and may tell later.
    pub fn send_with(
        &self,
        line: &Line,
        sending: Sending,
        flaw: Option<Refusal>,
    ) -> Result<Taken, Refusal> {
        let fault = self.change(|state| {
            state.faults.get_mut(&line.id).and_then(|faults| faults.sends.pop_front())
        });
        let hold = match fault {
            None => None,
            Some(SendFault::RateLimited) => return Err(Refusal::RateLimited),
            Some(SendFault::Later { retry_after }) => {
                self.change(|state| state.retry_after = Some(retry_after));
                return Err(Refusal::RateLimited);
            }
            Some(SendFault::Unavailable { status }) => return Err(Refusal::Unavailable { status }),
            Some(SendFault::Garbage) => return Err(Refusal::Garbage),
            Some(SendFault::Code { code, text }) => return Err(Refusal::Code { code, text }),
            Some(SendFault::FailsLater { code, text }) => {
                let sent = self.sent_of(sending);
                let refusal = Refusal::Code { code, text };
                self.record(line, &sent, Status::Failed { refusal });
                return Ok(Taken { sent, hold: None });
            }
            Some(SendFault::LostCall) => {
                let sent = self.sent_of(sending);
                return Ok(Taken { sent, hold: Some(Hold::Lost) });
            }
            Some(SendFault::LostAnswer) => Some(Hold::Lost),
            Some(SendFault::Slow { millis }) => Some(Hold::Slow { millis }),
            Some(SendFault::StatusFirst) => Some(Hold::PostsFirst),
        };
        let refusal = flaw.or_else(|| self.refusal_of(line, &sending));
        let sent = self.sent_of(sending);
        match refusal {
            Some(refusal)
                if self.carrier(&line.carrier).is_some_and(|c| c.refuses_later(line, &refusal)) =>
            {
                self.record(line, &sent, Status::Failed { refusal });
            }
            Some(refusal) => return Err(refusal),
            None => self.record(line, &sent, Status::Sent),
        }
        Ok(Taken { sent, hold })
    }

    fn sent_of(&self, sending: Sending) -> Sent {
        let to = if sending.to.contains('.') { sending.to } else { digits(&sending.to) };
        Sent {
            id: sending.id,
            whatsapp_id: sending.whatsapp_id,
            to,
            client_reference: sending.client_reference,
            time_millis: self.now_millis(),
            content: sending.content,
        }
    }

    fn refusal_of(&self, line: &Line, sending: &Sending) -> Option<Refusal> {
        let now = self.now_millis();
        let to = if sending.to.contains('.') { sending.to.clone() } else { digits(&sending.to) };
        if to.is_empty() {
            return Some(Refusal::Invalid { detail: "the recipient is missing".to_owned() });
        }
        self.read(|state| {
            if state.absent.contains(&to) {
                return Some(Refusal::NotOnWhatsApp);
            }
            let user = state.user(&to).map_or(to.as_str(), |user| user.number.as_str());
            let is_free = sending.content.template.is_none();
            (is_free && !state.is_window_open(&line.id, user, now)).then_some(Refusal::WindowClosed)
        })
    }

    /// Writes the message into the ledger and lets its first status follow.
    fn record(&self, line: &Line, sent: &Sent, first: Status) {
        let due_millis = self.now_millis();
        self.change(|state| {
            let user = if let Some(user) = state.user(&sent.to) {
                user.number.clone()
            } else {
                // Whoever is written to for the first time is a new person.
                state.users.insert(sent.to.clone(), User::new(&sent.to, ""));
                sent.to.clone()
            };
            let number = state.next_number();
            let entry =
                Entry::ToUser { sent: sent.clone(), status: Status::Accepted, is_shown: false };
            state.messages.push(Message { number, line: line.id.clone(), user, entry });
            let order = state.next_number();
            let what = What::Advance { message: number, status: first };
            state.pending.push(Pending { due_millis, order, line: line.id.clone(), what });
        });
    }

    /// The business marks a message of a user, and all before it, as read.
    pub fn mark_read(&self, line: &Line, message_id: &str) -> Result<(), Missing> {
        self.change(|state| {
            let of_line = |message: &&mut Message| message.line == line.id;
            let user = state.messages.iter().find_map(|message| match &message.entry {
                Entry::FromUser { said, .. } if said.id == message_id => Some(message.user.clone()),
                Entry::FromUser { .. } | Entry::ToUser { .. } => None,
            });
            let user = user.ok_or_else(|| Missing(format!("there is no message {message_id}")))?;
            for message in state.messages.iter_mut().filter(of_line) {
                if let Entry::FromUser { is_read, said, .. } = &mut message.entry
                    && message.user == user
                {
                    *is_read = true;
                    if said.id == message_id {
                        break;
                    }
                }
            }
            Ok(())
        })
    }

    /// Submits a template for review. An error: the name and language are taken.
    pub fn submit_template(&self, template: Template) -> Result<(), Refusal> {
        self.change(|state| {
            let is_taken = state.templates.iter().any(|known| {
                known.line == template.line
                    && known.name == template.name
                    && known.language == template.language
            });
            if is_taken {
                let detail = format!("there is already a template {}", template.name);
                return Err(Refusal::Invalid { detail });
            }
            state.templates.push(template);
            Ok(())
        })
    }

    /// The templates of a line, in the order of their submission.
    pub fn templates(&self, line: &Line) -> Vec<Template> {
        self.read(|state| {
            state.templates.iter().filter(|template| template.line == line.id).cloned().collect()
        })
    }

    /// The first template of the line that fits, if it may be sent; why not otherwise.
    pub fn sendable_template(
        &self,
        line: &Line,
        fits: impl Fn(&Template) -> bool,
    ) -> Result<Template, Refusal> {
        let template = self.templates(line).into_iter().find(fits);
        let template = template.ok_or(Refusal::TemplateMissing)?;
        match template.review {
            Review::Approved => Ok(template),
            Review::Pending | Review::Rejected { .. } => Err(Refusal::TemplateMissing),
            Review::Paused => Err(Refusal::TemplatePaused),
            Review::Disabled => Err(Refusal::TemplateDisabled),
        }
    }

    /// Removes the templates of the line that fit; how many there were.
    pub fn remove_templates(&self, line: &Line, fits: impl Fn(&Template) -> bool) -> usize {
        self.change(|state| {
            let before = state.templates.len();
            state.templates.retain(|template| template.line != line.id || !fits(template));
            before - state.templates.len()
        })
    }

    pub(crate) fn files(&self) -> MutexGuard<'_, BTreeMap<String, StoredFile>> {
        self.inner.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // --- within the crate ---

    pub(crate) fn carrier(&self, name: &str) -> Option<Arc<dyn Carrier>> {
        self.inner.carriers.iter().find(|carrier| carrier.name() == name).cloned()
    }

    pub(crate) fn carrier_of(&self, line: &Line) -> Result<Arc<dyn Carrier>, Missing> {
        self.carrier(&line.carrier)
            .ok_or_else(|| Missing(format!("there is no provider {}", line.carrier)))
    }

    pub(crate) fn post(&self) -> &dyn Post {
        self.inner.post.as_ref()
    }

    pub(crate) fn pumping(&self) -> &tokio::sync::Mutex<()> {
        &self.inner.pumping
    }

    pub(crate) fn pace(&self) -> Pace {
        self.inner.pace
    }
}
