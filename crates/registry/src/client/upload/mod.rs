//! Uploading blobs: one streamed request where the registry takes it, chunks where it does not.

mod engine;
mod features;
mod feed;
mod recovery;
mod resume;
mod sending;
mod session;
mod session_requests;
mod session_store;

pub(crate) use features::RegistryFeatures;
pub use resume::RESUME_THRESHOLD;
pub use session::UploadSession;
pub(crate) use session_requests::opened_session;
pub(crate) use session_store::SessionStore;
