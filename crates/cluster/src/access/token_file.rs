//! A login that is a file, such as the token of a pod's service account. It may change while the program runs.
//!
//! The `kube` crate is not used for this, because it treats a newline at the end of the file as a part of the token.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use http::HeaderValue;

use super::plugin::bearer;

/// As client-go does it.
const READ_AGAIN: Duration = Duration::from_mins(1);

/// The token of a file. All clones read it together.
#[derive(Debug, Clone)]
pub(super) struct TokenFile {
    path: PathBuf,
    last: Arc<Mutex<Last>>,
}

#[derive(Debug)]
struct Last {
    header: HeaderValue,
    read: Instant,
}

impl TokenFile {
    /// Reads it for the first time.
    ///
    /// # Errors
    /// In plain words, with the file's name and without what is in it.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let last = Last { header: read(path)?, read: Instant::now() };
        Ok(Self { path: path.to_owned(), last: Arc::new(Mutex::new(last)) })
    }

    /// The value of `Authorization`. Where the file cannot be read again, what it had last is used on: some remove it.
    pub(super) fn header(&self) -> HeaderValue {
        let mut last = self.last.lock();
        if last.read.elapsed() >= READ_AGAIN {
            if let Ok(header) = read(&self.path) {
                last.header = header;
            }
            last.read = Instant::now();
        }
        last.header.clone()
    }
}

fn read(path: &Path) -> Result<HeaderValue, String> {
    let unusable = |why: &dyn std::fmt::Display| format!("the token in {}: {why}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| unusable(&error))?;
    let token = text.trim();
    if token.is_empty() {
        return Err(unusable(&"the file is empty"));
    }
    bearer(token).map_err(|()| unusable(&"it has characters that are not allowed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_read_again_and_may_be_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        for (text, why) in [("\n", "the file is empty"), ("a\nb", "are not allowed")] {
            std::fs::write(&path, text).unwrap();
            let error = TokenFile::open(&path).unwrap_err();
            assert!(error.ends_with(why), "{error}");
        }
        std::fs::write(&path, "one\n").unwrap();
        let file = TokenFile::open(&path).unwrap();
        let later = || {
            let Some(past) = Instant::now().checked_sub(READ_AGAIN) else { panic!("no time before") };
            file.last.lock().read = past;
        };
        std::fs::write(&path, "two\n").unwrap();
        assert_eq!(file.header(), "Bearer one", "within a minute");
        later();
        assert_eq!(file.header(), "Bearer two");
        std::fs::remove_file(&path).unwrap();
        later();
        assert_eq!(file.header(), "Bearer two");
        assert!(!format!("{file:?}").contains("two"));
    }
}
