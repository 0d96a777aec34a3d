//! The world in a folder: `world.json`, and each file under `files/`. Written whole and then put in place, so that a
//! process that ends at any moment leaves a world that can be read.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::simulator::{Simulator, StoredFile};
use crate::state::State;

/// What a file is, beside its bytes.
#[derive(Serialize, Deserialize)]
struct Label {
    mime: String,
    filename: Option<String>,
}

/// Why a folder cannot be read or written.
#[derive(Debug)]
pub struct KeepError {
    pub path: PathBuf,
    pub source: io::Error,
}

impl std::fmt::Display for KeepError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.source)
    }
}

impl std::error::Error for KeepError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> KeepError + use<> {
    let path = path.to_owned();
    move |source| KeepError { path, source }
}

/// The state in the folder; an empty one where there is none yet.
pub fn load_state(folder: &Path) -> Result<State, KeepError> {
    let path = folder.join("world.json");
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::other).map_err(at(&path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(State::default()),
        Err(error) => Err(at(&path)(error)),
    }
}

impl Simulator {
    /// Takes the files in the folder into the world.
    pub fn load_files(&self, folder: &Path) -> Result<(), KeepError> {
        let folder = folder.join("files");
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(at(&folder)(error)),
        };
        for entry in entries {
            let path = entry.map_err(at(&folder))?.path();
            let Some(id) = path.file_name().and_then(|name| name.to_str()) else { continue };
            let Some(id) = id.strip_suffix(".json") else { continue };
            let label = fs::read(&path).map_err(at(&path))?;
            let label: Label =
                serde_json::from_slice(&label).map_err(io::Error::other).map_err(at(&path))?;
            let bytes = fs::read(folder.join(id)).map_err(at(&path))?;
            let file =
                StoredFile { mime: label.mime, filename: label.filename, bytes: Arc::new(bytes) };
            self.files().insert(id.to_owned(), file);
        }
        Ok(())
    }

    /// Writes what is not in the folder yet. Returns the revision that was written.
    pub fn save(&self, folder: &Path) -> Result<u64, KeepError> {
        let files = folder.join("files");
        fs::create_dir_all(&files).map_err(at(&files))?;
        let known: BTreeSet<String> = fs::read_dir(&files)
            .map_err(at(&files))?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        let new: Vec<(String, StoredFile)> = self
            .files()
            .iter()
            .filter(|(id, _)| !known.contains(&format!("{id}.json")))
            .map(|(id, file)| (id.clone(), file.clone()))
            .collect();
        for (id, file) in new {
            let path = files.join(&id);
            fs::write(&path, file.bytes.as_slice()).map_err(at(&path))?;
            let label = Label { mime: file.mime, filename: file.filename };
            write_whole(&files.join(format!("{id}.json")), &label)?;
        }
        let state = self.read(State::clone);
        write_whole(&folder.join("world.json"), &state)?;
        Ok(state.revision)
    }
}

fn write_whole(path: &Path, value: &impl Serialize) -> Result<(), KeepError> {
    let bytes = serde_json::to_vec(value).map_err(io::Error::other).map_err(at(path))?;
    let beside = path.with_extension("new");
    fs::write(&beside, bytes).map_err(at(&beside))?;
    fs::rename(&beside, path).map_err(at(path))
}
