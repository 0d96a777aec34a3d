//! Where everything is kept: the table, the key that seals secrets, files of users, the simulated world, the API key.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The folder, held by this process alone.
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes it where there is none.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |source| Failure::Folder { folder: path.to_owned(), source };
        // Chats of people lie in it: nobody else's business.
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
        let lock = path.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(lock)
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(Failure::FolderInUse { folder: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn table(&self) -> PathBuf {
        self.path.join("state.db")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.path.join("key")
    }

    pub(crate) fn media(&self) -> PathBuf {
        self.path.join("media")
    }

    pub(crate) fn simulator(&self) -> PathBuf {
        self.path.join("simulator")
    }

    pub(crate) fn api_key(&self) -> PathBuf {
        self.path.join("api-key")
    }

    pub(crate) fn demo(&self) -> PathBuf {
        self.path.join("demo.json")
    }

    /// What is kept here cannot be read.
    pub(crate) fn broken(&self, what: impl std::fmt::Display) -> Failure {
        let what = what.to_string().trim_end_matches('.').to_owned();
        Failure::Broken { folder: self.path.clone(), what }
    }

    /// The text of a file, if there is one.
    pub(crate) fn read(&self, path: &Path) -> Result<Option<String>, Failure> {
        match fs::read_to_string(path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.broken(format!("{}: {error}", path.display()))),
        }
    }

    /// Writes a file that only its owner can read; whole or not at all.
    pub(crate) fn write_private(&self, path: &Path, text: &str) -> Result<(), Failure> {
        let failed = |source| Failure::Folder { folder: self.path.clone(), source };
        let beside = path.with_extension("new");
        let mut options = OpenOptions::new();
        options.create(true).truncate(true).write(true).mode(0o600);
        let mut file = options.open(&beside).map_err(failed)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        fs::rename(&beside, path).map_err(failed)
    }
}
