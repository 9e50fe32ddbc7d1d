//! The client: pulls, mounts and pushes by the OCI distribution protocol, as real registries speak it.

mod attempts;
mod auth;
mod blob;
mod challenge;
mod connection;
mod content_range;
mod error;
mod exchange;
#[cfg(test)]
mod fuzz;
mod gate;
mod hints;
mod host_state;
mod location;
mod manifest;
mod mount;
mod notices;
mod options;
mod pacer;
mod ping;
mod reader;
mod reason;
mod refusal;
mod reply;
mod repository;
mod scope;
mod tags;
mod token_cache;
mod token_server;
mod upload;
mod upstream;

pub use blob::BlobState;
pub use connection::Client;
pub use error::{Error, ErrorKind, Missing, Refusal};
pub use manifest::Existence;
pub use mount::Mount;
pub use notices::Notice;
pub use options::ClientOptions;
pub use reader::BlobReader;
pub use repository::Repository;
pub use tags::{MAX_TAG_PAGES, MAX_TAGS};
pub use upload::{NEVER_KEPT, UploadSession};

pub use crate::credentials::Credentials;
