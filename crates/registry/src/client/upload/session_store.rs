//! Upload sessions kept on disk, so that an interrupted push continues inside a blob.
//!
//! One file for each blob on its way. Its address may hold the state of the session, by which anyone could
//! write into it: only the owner may read the file. A lock on it keeps a second push out of the session.
//! What is in it is no proof of anything: the registry is asked, and the digest decides.

use std::{
    fs::{self, DirBuilder, File, TryLockError},
    io::{self, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use oci::Digest;
use rustix::{fs::OFlags, process::geteuid};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use url::Url;

use super::session::UploadSession;
use crate::client::location;

/// Of another version nothing is read.
const VERSION: u32 = 1;

/// After so long Docker distribution removes what was not finished (`uploadpurging.age`).
const MAX_AGE: Duration = Duration::from_hours(168);

/// More than any address.
const MAX_FILE: u64 = 64 * 1024;

/// The directory of the sessions.
#[derive(Debug)]
pub(crate) struct SessionStore {
    directory: PathBuf,
}

/// The lock on the recorded session of one blob; it excludes other pushes until it is dropped.
#[derive(Debug)]
pub(super) struct SessionLock {
    path: PathBuf,
    blob: String,
    /// The locked file, if there is one.
    file: Option<File>,
}

#[derive(Serialize, Deserialize)]
struct Record {
    version: u32,
    /// Host, repository and digest.
    blob: String,
    location: String,
    min_chunk: u64,
}

/// What is read first.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

impl SessionStore {
    /// A store in `directory`; nothing is read or written yet.
    pub(crate) fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Makes sure that sessions can be kept, and removes those that no registry knows any more.
    pub(crate) fn prepare(&self) -> io::Result<()> {
        let failed =
            |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", self.directory.display()));
        DirBuilder::new().recursive(true).mode(0o700).create(&self.directory).map_err(failed)?;
        check_directory(&self.directory, 0o077).map_err(failed)?;
        // Anyone who may write there can replace this directory.
        if let Some(above) = self.directory.parent() {
            check_directory(above, 0o022).map_err(failed)?;
        }
        NamedTempFile::new_in(&self.directory)?.as_file().lock()?;
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            if let Ok(Some(file)) = open_locked(&path)
                && is_old(&file)
            {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }

    /// Locks the session of `blob`; `None` if another push has it, or none can be kept.
    pub(super) fn lock(&self, blob: String) -> Option<SessionLock> {
        let name = Digest::of(blob.as_bytes()).hex();
        let path = self.directory.join(format!("{name}.json"));
        let file = match path.try_exists() {
            Ok(false) => None,
            _ => Some(open_locked(&path).ok().flatten()?),
        };
        Some(SessionLock { path, blob, file })
    }
}

impl SessionLock {
    /// Whether a session is kept.
    pub(super) fn has_session(&self) -> bool {
        self.file.is_some()
    }

    /// The session that an earlier run kept. How far it is the registry must be asked.
    pub(super) fn session(&mut self, home: &Url) -> Option<UploadSession> {
        let file = self.file.as_mut().filter(|file| !is_old(file))?;
        let mut bytes = Vec::new();
        file.take(MAX_FILE).read_to_end(&mut bytes).ok()?;
        let record = Record::parse(&bytes).filter(|record| record.blob == self.blob)?;
        let location = location::resolve(home, &record.location)?;
        Some(UploadSession { location, offset: None, min_chunk: record.min_chunk })
    }

    /// Records `session`, replacing the recorded one.
    pub(super) fn keep(&mut self, session: &UploadSession) {
        if let Err(error) = self.write(session) {
            tracing::debug!(%error, path = %self.path.display(), "an upload session could not be recorded");
        }
    }

    /// Removes what was kept.
    pub(super) fn forget(&mut self) {
        if self.file.take().is_some()
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::debug!(%error, path = %self.path.display(), "an upload session could not be removed");
        }
    }

    fn write(&mut self, session: &UploadSession) -> io::Result<()> {
        let record = Record {
            version: VERSION,
            blob: self.blob.clone(),
            location: session.location.to_string(),
            min_chunk: session.min_chunk,
        };
        let directory = self.path.parent().unwrap_or(Path::new("."));
        let mut file = NamedTempFile::new_in(directory)?;
        file.write_all(&serde_json::to_vec(&record)?)?;
        // Locked before it has its name, so that there is no moment at which another push could take it.
        file.as_file().lock()?;
        self.file = Some(match self.file {
            Some(_) => file.persist(&self.path)?,
            None => file.persist_noclobber(&self.path)?,
        });
        Ok(())
    }
}

impl Record {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let head: Versioned = serde_json::from_slice(bytes).ok()?;
        if head.version == VERSION { serde_json::from_slice(bytes).ok() } else { None }
    }
}

/// Refuses a directory in which somebody else could put files: a link, one of another user, or one that gives others any
/// of the permissions `closed`.
fn check_directory(path: &Path, closed: u32) -> io::Result<()> {
    let data = fs::symlink_metadata(path)?;
    let why = if !data.is_dir() {
        "it is a link"
    } else if data.uid() != geteuid().as_raw() {
        "it belongs to another user"
    } else if data.mode() & closed != 0 {
        "other users have access to it"
    } else {
        return Ok(());
    };
    Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
}

/// Opens a file and locks it; `None` if someone else has it, or has just put another in its place.
fn open_locked(path: &Path) -> io::Result<Option<File>> {
    let no_link = i32::try_from(OFlags::NOFOLLOW.bits()).map_err(io::Error::other)?;
    let file = match File::options().read(true).write(true).custom_flags(no_link).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let ours = file.metadata()?;
    let is_current = fs::metadata(path).is_ok_and(|now| (now.dev(), now.ino()) == (ours.dev(), ours.ino()));
    Ok(is_current.then_some(file))
}

fn is_old(file: &File) -> bool {
    let written = file.metadata().and_then(|metadata| metadata.modified());
    written.is_ok_and(|written| written.elapsed().is_ok_and(|age| age > MAX_AGE))
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::PermissionsExt as _, time::SystemTime};

    use tempfile::TempDir;

    use super::*;

    const HOME: &str = "https://r:5000/v2/";

    fn home() -> Url {
        HOME.parse().unwrap()
    }

    fn store() -> (TempDir, SessionStore) {
        let folder = tempfile::tempdir().unwrap();
        let store = SessionStore::new(folder.path().join("dhctl/uploads"));
        store.prepare().unwrap();
        (folder, store)
    }

    fn session(location: &str) -> UploadSession {
        UploadSession { location: location.parse().unwrap(), offset: Some(7), min_chunk: 5 }
    }

    fn files(store: &SessionStore) -> Vec<PathBuf> {
        fs::read_dir(&store.directory).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    fn lock(store: &SessionStore) -> Option<SessionLock> {
        store.lock("r:5000/a@sha256:1".to_owned())
    }

    #[test]
    fn recorded_sessions_are_read_back_exactly_and_are_private() {
        let (_folder, store) = store();
        let location = "https://r:5000/v2/a/blobs/uploads/7?_state=a%2Bb%3D%3D";
        let mut first = lock(&store).unwrap();
        assert!(!first.has_session() && first.session(&home()).is_none());
        first.keep(&session("https://r:5000/old"));
        first.keep(&session(location));
        drop(first);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let files = files(&store);
        assert_eq!(files.len(), 1);
        assert_eq!((mode(&files[0]), mode(&store.directory)), (0o600, 0o700));
        let mut second = lock(&store).unwrap();
        let kept = second.session(&home()).unwrap();
        assert_eq!(kept.location.as_str(), location);
        assert_eq!((kept.offset, kept.min_chunk), (None, 5));
        assert!(store.lock("r:5000/b@sha256:1".to_owned()).unwrap().session(&home()).is_none());
        second.forget();
        assert!(self::files(&store).is_empty());
    }

    #[test]
    fn two_pushes_never_have_one_session() {
        let (_folder, store) = store();
        let (mut first, mut second) = (lock(&store).unwrap(), lock(&store).unwrap());
        first.keep(&session("https://r:5000/first"));
        second.keep(&session("https://r:5000/second"));
        assert!(!second.has_session(), "the first has it");
        second.forget();
        assert!(lock(&store).is_none(), "in use");
        first.keep(&session("https://r:5000/again"));
        assert!(lock(&store).is_none(), "still in use");
        store.prepare().unwrap();
        drop(first);
        let kept = lock(&store).unwrap().session(&home()).unwrap();
        assert_eq!(kept.location.as_str(), "https://r:5000/again");
    }

    #[test]
    fn unreadable_files_are_not_sessions() {
        let (_folder, store) = store();
        lock(&store).unwrap().keep(&session("https://r:5000/x"));
        let path = files(&store).remove(0);
        let good = fs::read_to_string(&path).unwrap();
        for text in [
            String::new(),
            "{".to_owned(),
            good.replace("\"version\":1", "\"version\":2"),
            good.replace("sha256:1", "sha256:2"),
            good.replace("https://r:5000/x", "http://other.example/x"),
            good.replace("https://r:5000/x", "file:///x"),
        ] {
            assert_ne!(text, good);
            fs::write(&path, &text).unwrap();
            assert!(lock(&store).unwrap().session(&home()).is_none(), "{text}");
        }
        fs::write(&path, &good).unwrap();
        assert!(lock(&store).unwrap().session(&home()).is_some());
    }

    #[test]
    fn old_ones_are_removed_unless_they_are_in_use() {
        let (_folder, store) = store();
        let mut used = lock(&store).unwrap();
        used.keep(&session("https://r:5000/used"));
        store.lock("other".to_owned()).unwrap().keep(&session("https://r:5000/other"));
        let old = SystemTime::now() - MAX_AGE - Duration::from_mins(1);
        for path in files(&store) {
            File::options().write(true).open(path).unwrap().set_modified(old).unwrap();
        }
        assert!(
            store.lock("other".to_owned()).unwrap().session(&home()).is_none(),
            "too old to be asked for"
        );
        store.prepare().unwrap();
        assert_eq!(files(&store), [used.path.clone()]);
    }

    #[test]
    fn without_a_directory_nothing_is_recorded_and_nothing_fails() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let store = SessionStore::new(folder.path().join("file/uploads"));
        let error = store.prepare().unwrap_err().to_string();
        assert!(error.contains("file/uploads: "), "{error}");
        assert!(lock(&store).is_none());
        let unprepared = SessionStore::new(folder.path().join("uploads"));
        let mut session_lock = lock(&unprepared).unwrap();
        session_lock.keep(&session("https://r:5000/x"));
        assert!(!session_lock.has_session());
    }
}
