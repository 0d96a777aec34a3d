//! Why the local host does not start or stops, as sentences for the person who started it.

use std::io;
use std::path::PathBuf;

/// What went wrong, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(
        "port {port} is in use: another program listens there, perhaps another local host. \
         Stop it, or choose another port with {option}."
    )]
    PortInUse { port: u16, option: &'static str },
    #[error("port {port} cannot be listened on: {source}. Choose another with {option}.")]
    Port { port: u16, option: &'static str, source: io::Error },
    #[error("the folder {} cannot be used: {source}. Choose another with --folder.", folder.display())]
    Folder { folder: PathBuf, source: io::Error },
    #[error(
        "the folder {} is in use by another local host. Stop that one, or choose another folder \
         with --folder.",
        folder.display()
    )]
    FolderInUse { folder: PathBuf },
    #[error(
        "{what}. What is kept in {} cannot be read; move the folder away to begin anew, or choose \
         another with --folder.",
        folder.display()
    )]
    Broken { folder: PathBuf, what: String },
    #[error("the demonstration cannot be set up: {what}")]
    Demo { what: String },
    #[error("the local host stopped: {0}")]
    Stopped(#[from] io::Error),
    #[error("the gateway cannot be set up: {0}")]
    Wiring(#[from] shared::error::Error),
}
