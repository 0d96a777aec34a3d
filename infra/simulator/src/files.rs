//! Files: what users send, and what the business uploads.

use crate::simulator::{Simulator, StoredFile};

impl Simulator {
    /// Keeps a file; its id cannot be guessed.
    pub fn put_file(&self, file: StoredFile) -> String {
        let id = hex::encode(self.seed());
        self.files().insert(id.clone(), file);
        self.change(|_| ());
        id
    }

    pub fn file(&self, id: &str) -> Option<StoredFile> {
        self.files().get(id).cloned()
    }

    /// A link from which anyone gets the bytes: for carriers whose webhooks carry public links.
    pub fn file_link(&self, id: &str) -> String {
        format!("{}/simulator/files/{id}", self.address())
    }
}
