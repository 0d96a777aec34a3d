//! Files on their way: what is brought to a provider for a message or a review, and how a user's file is had.

use http::Request;

use super::Class;
use crate::domain::message::{Failure, MediaKind};

/// What a file is brought to the provider for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The example in a template's header, for its review.
    Sample,
    /// A message.
    Message,
}

/// A file that is brought to the provider.
#[derive(Debug, Clone, Copy)]
pub struct Upload<'a> {
    pub purpose: Purpose,
    pub kind: MediaKind,
    /// Without parameters.
    pub mime: &'a str,
    pub filename: Option<&'a str>,
    pub bytes: &'a [u8],
}

/// How bringing a file to the provider goes on.
#[derive(Debug, Clone)]
pub enum UploadStep {
    /// There is no upload: the provider fetches the file from its address.
    ByAddress,
    Call(Request<Vec<u8>>),
    /// The provider has it, under this id or handle.
    Done(String),
    Refused {
        class: Class,
        failure: Failure,
    },
}

/// How to get the bytes of a file.
#[derive(Debug, Clone)]
pub enum Fetch {
    /// This call answers with the bytes.
    Bytes(Request<Vec<u8>>),
    /// This call answers with where they are: read it with [`super::Provider::read_media_location`].
    Lookup(Request<Vec<u8>>),
    /// The first call makes the provider put the bytes into a place of the channel's, the second answers with where
    /// they are there: read it with [`super::Provider::read_media_location`].
    Copy { into: Box<Request<Vec<u8>>>, lookup: Box<Request<Vec<u8>>> },
    /// There is nothing to fetch.
    Nothing,
}
