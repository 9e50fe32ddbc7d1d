//! Uploading blobs: one streamed request where the registry takes it, chunks where it does not.

mod engine;
mod feed;
mod habits;
mod recovery;
mod sending;
mod session;

pub(crate) use habits::Habits;
pub use session::UploadSession;
