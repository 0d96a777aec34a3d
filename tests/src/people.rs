//! Users with their phones: what they do, and what they see.

use std::cell::Cell;

use simulator::User;
use simulator::message::{Button, Entry, FileKind, FromUser, Message, Said, Sent, Status, ToUser};
use simulator::people::Target;
use simulator::simulator::StoredFile;

use crate::bundle::Bundle;
use crate::world::World;

/// A person who writes to one business number.
pub struct Person<'a> {
    world: &'a dyn World,
    line: String,
    pub number: String,
    /// The last message that [`Person::sees`] told of.
    seen: Cell<u64>,
}

impl Bundle {
    /// A person who has this number and talks to this line.
    pub fn person(&self, line: &str, number: &str, name: &str) -> Person<'_> {
        Person::new(self, line, number, name)
    }
}

impl<'a> Person<'a> {
    pub(crate) fn new(world: &'a dyn World, line: &str, number: &str, name: &str) -> Self {
        world.simulator().put_user(User::new(number, name));
        Self { world, line: line.to_owned(), number: number.to_owned(), seen: Cell::new(0) }
    }
}

impl Person<'_> {
    /// Types a text, and everything follows from it.
    pub async fn says(&self, text: &str) -> Said {
        self.does(FromUser::Text { body: text.to_owned() }).await
    }

    /// Does something, and everything follows from it.
    pub async fn does(&self, content: FromUser) -> Said {
        let said = self.begins(content);
        self.world.run().await;
        said
    }

    /// Does something; its webhook is on the way, and nothing moves.
    pub fn begins(&self, content: FromUser) -> Said {
        self.world.simulator().say(&self.line, &self.number, content).expect("the line is there")
    }

    /// Sends a file with a made-up content.
    pub async fn sends_file(&self, kind: FileKind, mime: &str, filename: Option<&str>) -> Said {
        let bytes = b"a file of a story".to_vec().into();
        let filename = filename.map(str::to_owned);
        let stored = StoredFile { mime: mime.to_owned(), filename: filename.clone(), bytes };
        let file = self.world.simulator().put_file(stored);
        let mime = mime.to_owned();
        self.does(FromUser::File { kind, file, mime, filename, caption: None }).await
    }

    /// Taps the newest button, or picks the newest row, with this title.
    pub async fn taps(&self, title: &str) -> Said {
        let said = self.begins_tap(title);
        self.world.run().await;
        said
    }

    /// The same; its webhook is on the way, and nothing moves.
    pub fn begins_tap(&self, title: &str) -> Said {
        let mut shown = self.shown();
        shown.reverse();
        let found =
            shown.iter().find_map(|(number, sent)| Some((*number, target(&sent.content, title)?)));
        let (number, target) = found.unwrap_or_else(|| panic!("nobody shows {title}: {shown:?}"));
        self.tap_on(number, &target)
    }

    /// Taps a button of an older message: the one that stands this far back among those with this title, from 0.
    pub async fn taps_older(&self, title: &str, back: usize) -> Said {
        let mut shown = self.shown();
        shown.reverse();
        let mut found = shown
            .iter()
            .filter_map(|(number, sent)| Some((*number, target(&sent.content, title)?)));
        let (number, target) = found.nth(back).expect("so many messages with this title");
        let said = self.tap_on(number, &target);
        self.world.run().await;
        said
    }

    fn tap_on(&self, message: u64, target: &Target) -> Said {
        self.world.simulator().tap(message, target).expect("a button that is shown can be tapped")
    }

    /// What came since the last look, oldest first: the text, and `[title]` for each button, `(title)` for each row.
    pub fn sees(&self) -> Vec<String> {
        let seen = self.seen.get();
        let new: Vec<_> = self.shown().into_iter().filter(|(number, _)| *number > seen).collect();
        if let Some((number, _)) = new.last() {
            self.seen.set(*number);
        }
        new.iter().map(|(_, sent)| in_words(&sent.content)).collect()
    }

    /// Everything that was ever shown, as [`Person::sees`] tells it.
    pub fn shows(&self) -> Vec<String> {
        self.shown().iter().map(|(_, sent)| in_words(&sent.content)).collect()
    }

    /// Everything that was ever shown, with the numbers of the messages, oldest first.
    pub fn shown(&self) -> Vec<(u64, Sent)> {
        let of_entry = |message: &Message| match &message.entry {
            Entry::ToUser { sent, is_shown: true, .. } => Some((message.number, sent.clone())),
            Entry::ToUser { .. } | Entry::FromUser { .. } => None,
        };
        self.messages().iter().filter_map(of_entry).collect()
    }

    /// The provider's view of what was sent to this person, oldest first.
    pub fn sent(&self) -> Vec<(u64, Sent, Status)> {
        let of_entry = |message: &Message| match &message.entry {
            Entry::ToUser { sent, status, .. } => {
                Some((message.number, sent.clone(), status.clone()))
            }
            Entry::FromUser { .. } => None,
        };
        self.messages().iter().filter_map(of_entry).collect()
    }

    /// The newest message that was sent to this person.
    pub fn last_sent(&self) -> ToUser {
        self.sent().pop().expect("something was sent").1.content
    }

    fn messages(&self) -> Vec<Message> {
        let is_mine = |message: &&Message| message.line == self.line && message.user == self.number;
        self.world
            .simulator()
            .read(|state| state.messages.iter().filter(is_mine).cloned().collect())
    }

    /// Looks at the chat, so that what is there is read.
    pub async fn looks(&self) {
        self.world.simulator().look(&self.line, &self.number).expect("the line is there");
        self.world.run().await;
    }
}

fn target(content: &ToUser, title: &str) -> Option<Target> {
    let is_wanted = |button: &Button| match button {
        Button::Reply { title: shown, .. } | Button::QuickReply { title: shown, .. } => {
            shown == title
        }
        Button::Url { .. } | Button::Phone { .. } | Button::CopyCode { .. } => false,
    };
    if let Some(place) = content.buttons.iter().position(is_wanted) {
        return Some(Target::Button(place));
    }
    let sections = &content.list.as_ref()?.sections;
    let row = sections.iter().flat_map(|section| &section.rows).find(|row| row.title == title)?;
    Some(Target::Row(row.id.clone()))
}

/// What a person would read out.
fn in_words(content: &ToUser) -> String {
    let mut words = vec![content.body.clone()];
    words.extend(content.file.iter().map(|file| format!("<{}>", file.kind.as_str())));
    words.extend(content.buttons.iter().map(|button| match button {
        Button::Reply { title, .. } | Button::QuickReply { title, .. } => format!("[{title}]"),
        Button::Url { title, url } => format!("[{title}: {url}]"),
        Button::Phone { title, number } => format!("[{title}: {number}]"),
        Button::CopyCode { title, code } => format!("[{title}: {code}]"),
    }));
    words.extend(
        content.cards.iter().map(|card| format!("<{}> {}", card.file.kind.as_str(), card.body)),
    );
    let rows =
        content.list.iter().flat_map(|list| &list.sections).flat_map(|section| &section.rows);
    words.extend(rows.map(|row| format!("({})", row.title)));
    words.join(" ")
}
