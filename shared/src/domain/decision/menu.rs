//! Menus in numbers that were shown outside of a run: a number is the option that it stands before, and a wrong
//! answer brings the menu once more (contracts 8.3, D24). Questions of a run read their own answers.

use std::borrow::Cow;

use super::super::menu::Answered;
use super::super::message::{FromUser, Origin, Received};
use super::Turn;

impl Turn<'_> {
    /// The message as it is meant: a text that chooses from the open menu is that choice, and the menu is closed.
    pub(super) fn read_menu<'a>(
        &mut self,
        said: &'a Received,
    ) -> (Cow<'a, Received>, Option<Answered>) {
        let now = self.facts.now;
        if self.conversation.menu.as_ref().is_some_and(|menu| now >= menu.closes) {
            self.conversation.menu = None;
        }
        let runs = self.conversation.running().is_some();
        let menu = self.conversation.menu.as_deref().filter(|_| !runs);
        let (Some(menu), FromUser::Text { .. }) = (menu, &said.content) else {
            return (Cow::Borrowed(said), None);
        };
        let answered = menu.read(&said.content);
        if let Answered::Choice(option) = &answered {
            let content = FromUser::Choice { id: option.id.clone(), title: option.title.clone() };
            self.conversation.menu = None;
            return (Cow::Owned(Received { content, ..said.clone() }), Some(answered));
        }
        (Cow::Borrowed(said), Some(answered))
    }

    pub(super) fn show_menu_again(&mut self) {
        let menu = self.conversation.menu.as_ref().map(|menu| menu.again());
        self.send_all(menu.unwrap_or_default(), Origin::Api);
    }
}

/// Whether it is a wrong answer to the menu: a number beyond its options, or something that nobody else wants.
pub(super) fn is_wrong(answered: Option<&Answered>, is_unwanted: bool, starts_flow: bool) -> bool {
    match answered {
        Some(Answered::OutOfRange) => !starts_flow,
        Some(Answered::Unknown) => is_unwanted,
        Some(Answered::Choice(_)) | None => false,
    }
}
