//! Upload sessions: what has come of blobs that are on their way in.
//!
//! As in Docker distribution, a broken connection loses nothing: the client asks how far it got.

use std::collections::HashMap;

use parking_lot::{Mutex, MutexGuard};

use bytes::{Bytes, BytesMut};

/// All sessions of a server.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    begun: u64,
    sessions: HashMap<(String, String), BytesMut>,
}

impl Sessions {
    /// Begins a session and gives its name.
    pub(super) fn begin(&self, repository: &str) -> String {
        let mut state = self.lock();
        state.begun += 1;
        let id = format!("{:08x}", state.begun);
        state.sessions.insert((repository.to_owned(), id.clone()), BytesMut::new());
        id
    }

    /// How many have begun and not ended.
    pub(super) fn open(&self) -> usize {
        self.lock().sessions.len()
    }

    /// How many bytes have come; `None` if there is no such session.
    pub(super) fn received(&self, repository: &str, id: &str) -> Option<u64> {
        let state = self.lock();
        let bytes = state.sessions.get(&(repository.to_owned(), id.to_owned()))?;
        Some(bytes.len() as u64)
    }

    /// Takes more bytes; those of a session that was ended meanwhile are dropped.
    pub(super) fn append(&self, repository: &str, id: &str, data: &[u8]) {
        let mut state = self.lock();
        if let Some(bytes) = state.sessions.get_mut(&(repository.to_owned(), id.to_owned())) {
            bytes.extend_from_slice(data);
        }
    }

    /// Ends a session and gives what has come.
    pub(super) fn end(&self, repository: &str, id: &str) -> Option<Bytes> {
        let mut state = self.lock();
        let bytes = state.sessions.remove(&(repository.to_owned(), id.to_owned()))?;
        Some(bytes.freeze())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }
}
