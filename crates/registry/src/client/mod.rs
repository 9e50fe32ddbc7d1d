//! The client: pulls, mounts and pushes by the OCI distribution protocol, as real registries speak it.

mod attempts;
mod auth;
mod authorization_header;
mod blob;
mod challenge;
pub mod check;
mod connection;
mod content_range;
mod deletion;
mod error;
mod exchange;
#[cfg(test)]
mod fuzz;
mod hints;
mod host_state;
mod identity;
mod location;
mod manifest;
mod mount;
mod notices;
mod options;
mod pacer;
mod ping;
mod proxy_cache;
mod reader;
mod reason;
mod referrers;
mod refusal;
mod registry_client;
mod reply;
mod repository;
mod scope;
mod tags;
mod token_cache;
mod token_server;
mod transfer_limit;
mod upload;

pub use blob::BlobState;
pub use deletion::Deletion;
pub use error::{Error, ErrorKind, Missing, Refusal};
pub use manifest::Existence;
pub use mount::Mount;
pub use notices::Notice;
pub use options::ClientOptions;
pub use reader::BlobReader;
pub use registry_client::Client;
pub use repository::Repository;
pub use tags::{MAX_TAG_PAGES, MAX_TAGS};
pub use upload::{RESUME_THRESHOLD, UploadSession};

pub use crate::credentials::Credentials;
