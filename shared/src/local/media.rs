//! The files of users in a folder, two for each: its bytes and, beside them, its type. Or in memory, for tests.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use crate::domain::ids::MediaId;
use crate::error::{Error, Result};
use crate::ports::{File, Media};

/// A folder. Names are ids, so nothing a user sends becomes part of a path.
pub struct Folder(PathBuf);

impl Folder {
    /// Makes the folder where there is none.
    pub fn open(path: &Path) -> Result<Self> {
        std::fs::create_dir_all(path).map_err(|e| {
            Error::internal(format!("the media folder {} cannot be made: {e}", path.display()))
        })?;
        Ok(Self(path.to_owned()))
    }

    fn bytes(&self, id: MediaId) -> PathBuf {
        self.0.join(id.to_string())
    }

    fn mime(&self, id: MediaId) -> PathBuf {
        self.0.join(format!("{id}.type"))
    }
}

#[async_trait]
impl Media for Folder {
    async fn put(&self, id: MediaId, file: File) -> Result<()> {
        // The type first: a file is there when its bytes are.
        replace(&self.mime(id), file.mime.as_bytes())
            .and_then(|()| replace(&self.bytes(id), &file.bytes))
            .map_err(|e| Error::unavailable("media folder", e))
    }

    async fn get(&self, id: MediaId) -> Result<Option<File>> {
        let read = || -> io::Result<File> {
            let bytes = std::fs::read(self.bytes(id))?;
            Ok(File { mime: std::fs::read_to_string(self.mime(id))?, bytes })
        };
        match read() {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::unavailable("media folder", error)),
        }
    }
}

/// All of it or nothing, also when the process dies.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = path.with_extension("part");
    std::fs::write(&part, bytes)?;
    std::fs::rename(part, path)
}

/// Files in memory.
#[derive(Default)]
pub struct Memory(Mutex<HashMap<MediaId, File>>);

#[async_trait]
impl Media for Memory {
    async fn put(&self, id: MediaId, file: File) -> Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, file);
        Ok(())
    }

    async fn get(&self, id: MediaId) -> Result<Option<File>> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned())
    }
}

/// A folder for one test, empty.
#[cfg(test)]
pub(crate) fn test_folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("wharf-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_kept_with_its_type() {
        let path = test_folder("media");
        let folder = Folder::open(&path.join("deep/down")).unwrap();
        for media in [&folder as &dyn Media, &Memory::default()] {
            let id = MediaId::derive(&[b"m"]);
            assert_eq!(media.get(id).await.unwrap(), None);
            let file = File { mime: "image/png".to_owned(), bytes: vec![0, 159, 146, 150] };
            media.put(id, file.clone()).await.unwrap();
            assert_eq!(media.get(id).await.unwrap(), Some(file));
            let file = File { mime: "text/plain".to_owned(), bytes: Vec::new() };
            media.put(id, file.clone()).await.unwrap();
            assert_eq!(media.get(id).await.unwrap(), Some(file));
        }
        std::fs::remove_dir_all(path).unwrap();
    }
}
