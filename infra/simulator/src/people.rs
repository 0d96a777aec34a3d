//! What people do: users write, tap, read and switch their phones; reviewers decide on templates.

use crate::carrier::{News, WebhookPost};
use crate::fault::PostFault;
use crate::line::{Line, User};
use crate::message::{
    Button, Delivery, Entry, FromUser, Message, Said, Sent, Status, StatusChange,
};
use crate::post::{Pending, What};
use crate::simulator::{Missing, Simulator};
use crate::template::{CategoryChange, Review};

/// One thing of a webhook that brings several.
#[derive(Debug, Clone, PartialEq)]
pub enum BatchItem {
    Said {
        user: String,
        content: FromUser,
    },
    /// Tells a status of the message with this [`Message::number`], whatever the ledger says of it.
    Status {
        message: u64,
        status: Status,
    },
}

impl Simulator {
    /// A user does something; its webhook is put on its way.
    pub fn say(&self, line: &str, user: &str, content: FromUser) -> Result<Said, Missing> {
        let line = self.line(line)?;
        let carrier = self.carrier_of(&line)?;
        let user = self.person(user)?;
        let (number, said) = self.write_down(&line, &user, content)?;
        self.put_post(&line, &carrier.user_message(&line, &user, &said), &[number]);
        Ok(said)
    }

    /// A user taps the button at this place, or picks the row with this id, of a message of the business.
    pub fn tap(&self, message: u64, target: &Target) -> Result<Said, Missing> {
        let (message, sent) = self.sent_message(message)?;
        let content = tapped(&sent, target)
            .ok_or_else(|| Missing(format!("message {} has no such button", message.number)))?;
        self.say(&message.line, &message.user, content)
    }

    /// One webhook for several things; an error where the provider never joins them.
    pub fn say_together(&self, line: &str, items: Vec<BatchItem>) -> Result<Vec<Said>, Missing> {
        let line = self.line(line)?;
        let carrier = self.carrier_of(&line)?;
        let mut all_said = Vec::new();
        let mut numbers = Vec::new();
        let mut facts = Vec::new();
        for item in items {
            facts.push(match item {
                BatchItem::Said { user, content } => {
                    let user = self.person(&user)?;
                    let (number, said) = self.write_down(&line, &user, content)?;
                    numbers.push(number);
                    all_said.push(said.clone());
                    Fact::Said(user, said)
                }
                BatchItem::Status { message, status } => {
                    let (_, sent) = self.sent_message(message)?;
                    Fact::Status(sent, StatusChange { status, time_millis: self.now_millis() })
                }
            });
        }
        let news: Vec<News<'_>> = facts.iter().map(Fact::as_news).collect();
        let post = carrier.batch(&line, &news).ok_or_else(|| {
            Missing(format!("{} sends no webhooks with several things", carrier.name()))
        })?;
        self.put_post(&line, &post, &numbers);
        Ok(all_said)
    }

    /// The user looks at the chat: everything that is on the phone is read.
    pub fn look(&self, line: &str, user: &str) -> Result<(), Missing> {
        let line = self.line(line)?;
        self.person(user)?;
        let due_millis = self.now_millis();
        let unread: Vec<u64> = self.read(|state| {
            let of_chat = state.messages.iter().filter(|m| m.line == line.id && m.user == user);
            of_chat
                .filter(|message| {
                    matches!(message.entry, Entry::ToUser { status: Status::Delivered, .. })
                })
                .map(|message| message.number)
                .collect()
        });
        let last = self.read(|state| {
            let mut of_chat = state.messages.iter().rev().filter(|m| {
                m.line == line.id
                    && m.user == user
                    && !matches!(m.entry, Entry::ToUser { is_shown: false, .. })
            });
            of_chat.next().map(|message| message.number)
        });
        let key = format!("{}/{user}", line.id);
        let is_news = last.is_some() && self.read(|state| state.seen.get(&key).copied()) != last;
        if !is_news && unread.is_empty() {
            return Ok(());
        }
        self.change(|state| {
            state.seen.extend(last.map(|last| (key, last)));
            for message in unread {
                let order = state.next_number();
                let what = What::Advance { message, status: Status::Read };
                state.pending.push(Pending { due_millis, order, line: line.id.clone(), what });
            }
        });
        Ok(())
    }

    /// The user switches the phone on or off. What waited for it is delivered when it is on.
    pub fn switch_phone(&self, user: &str, is_online: bool) -> Result<(), Missing> {
        self.person(user)?;
        let due_millis = self.now_millis();
        self.change(|state| {
            if let Some(user) = state.users.get_mut(user) {
                user.is_online = is_online;
            }
            if !is_online {
                return;
            }
            let waiting: Vec<(String, u64)> = state
                .messages
                .iter()
                .filter(|message| {
                    message.user == user
                        && matches!(message.entry, Entry::ToUser { status: Status::Sent, .. })
                })
                .map(|message| (message.line.clone(), message.number))
                .collect();
            for (line, message) in waiting {
                let order = state.next_number();
                let what = What::Advance { message, status: Status::Delivered };
                state.pending.push(Pending { due_millis, order, line, what });
            }
        });
        Ok(())
    }

    /// The review of a template ends, or an approved one is paused or switched off.
    pub fn decide_template(&self, id: &str, review: Review) -> Result<(), Missing> {
        let template = self.change(|state| {
            let found = state.templates.iter_mut().find(|template| template.id == id);
            found.map(|template| {
                template.review = review;
                template.clone()
            })
        });
        let template = template.ok_or_else(|| Missing(format!("there is no template {id}")))?;
        let line = self.line(&template.line)?;
        if let Some(post) = self.carrier_of(&line)?.template_decided(&line, &template) {
            self.put_post(&line, &post, &[]);
        }
        Ok(())
    }

    /// WhatsApp moves a template to another category, or announces that it will.
    pub fn recategorize_template(&self, id: &str, change: &CategoryChange) -> Result<(), Missing> {
        let template = self.change(|state| {
            let found = state.templates.iter_mut().find(|template| template.id == id);
            found.map(|template| {
                let before = template.clone();
                if !change.is_announced {
                    template.category.clone_from(&change.category);
                }
                before
            })
        });
        let before = template.ok_or_else(|| Missing(format!("there is no template {id}")))?;
        let line = self.line(&before.line)?;
        if let Some(post) = self.carrier_of(&line)?.template_recategorized(&line, &before, change) {
            self.put_post(&line, &post, &[]);
        }
        Ok(())
    }

    /// Puts a webhook on its way, with the faults that wait for it.
    pub(crate) fn put_post(&self, line: &Line, post: &WebhookPost, messages: &[u64]) {
        let now = self.now_millis();
        self.change(|state| {
            let fault = state.faults.get_mut(&line.id).and_then(|faults| faults.posts.pop_front());
            let (times, late_millis) = match fault {
                None => (1, 0),
                Some(PostFault::Repeated { times }) => (times, 0),
                Some(PostFault::Overtaken) => (1, OVERTAKEN_MILLIS),
            };
            for _ in 0..times {
                let order = state.next_number();
                let what = What::Post { post: post.clone(), messages: messages.to_vec(), tries: 0 };
                let due_millis = now + late_millis;
                state.pending.push(Pending { due_millis, order, line: line.id.clone(), what });
            }
        });
    }

    fn person(&self, number: &str) -> Result<User, Missing> {
        self.read(|state| state.user(number).cloned())
            .ok_or_else(|| Missing(format!("there is no user {number}")))
    }

    fn write_down(
        &self,
        line: &Line,
        user: &User,
        content: FromUser,
    ) -> Result<(u64, Said), Missing> {
        let id = self.carrier_of(line)?.message_id(line, self.seed());
        let said = Said { id, time_millis: self.now_millis(), content };
        let number = self.change(|state| {
            let number = state.next_number();
            let said = said.clone();
            let entry = Entry::FromUser { said, delivery: Delivery::Waiting, is_read: false };
            let (line, user) = (line.id.clone(), user.number.clone());
            state.messages.push(Message { number, line, user, entry });
            number
        });
        Ok((number, said))
    }

    fn sent_message(&self, number: u64) -> Result<(Message, Sent), Missing> {
        let message = self
            .read(|state| state.messages.iter().find(|message| message.number == number).cloned());
        let missing = || Missing(format!("there is no message {number} of the business"));
        let message = message.ok_or_else(missing)?;
        match message.entry.clone() {
            Entry::ToUser { sent, .. } => Ok((message, sent)),
            Entry::FromUser { .. } => Err(missing()),
        }
    }
}

/// How late a webhook is that the next one overtakes, so that a turned clock brings it.
pub const OVERTAKEN_MILLIS: i64 = 1_500;

/// What is tapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The button at this place, from 0.
    Button(usize),
    /// The row of the list with this id.
    Row(String),
}

#[expect(clippy::large_enum_variant, reason = "a handful of them live for one call")]
enum Fact {
    Said(User, Said),
    Status(Sent, StatusChange),
}

impl Fact {
    fn as_news(&self) -> News<'_> {
        match self {
            Self::Said(user, said) => News::Said(user, said),
            Self::Status(sent, change) => News::Status(sent, change),
        }
    }
}

fn tapped(sent: &Sent, target: &Target) -> Option<FromUser> {
    let to = sent.whatsapp_id.clone();
    match target {
        Target::Button(at) => match sent.content.buttons.get(*at)? {
            Button::Reply { id, title } => {
                Some(FromUser::ButtonReply { id: id.clone(), title: title.clone(), to })
            }
            Button::QuickReply { payload, title } => {
                Some(FromUser::TemplateReply { payload: payload.clone(), text: title.clone(), to })
            }
            Button::Url { .. } | Button::Phone { .. } | Button::CopyCode { .. } => None,
        },
        Target::Row(id) => {
            let list = sent.content.list.as_ref()?;
            let mut rows = list.sections.iter().flat_map(|section| &section.rows);
            let row = rows.find(|row| row.id == *id)?;
            Some(FromUser::ListReply {
                id: row.id.clone(),
                title: row.title.clone(),
                description: row.description.clone(),
                to,
            })
        }
    }
}
