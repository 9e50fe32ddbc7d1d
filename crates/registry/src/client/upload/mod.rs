//! Uploading blobs: one streamed request where the registry takes it, chunks where it does not.

mod engine;
mod feed;
mod habits;
mod kept;
mod recovery;
mod revival;
mod sending;
mod session;

pub(crate) use habits::Habits;
pub(crate) use kept::SessionStore;
pub use revival::NEVER_KEPT;
pub use session::UploadSession;
