//! A small registry that serves a [`Store`]: memory in tests, a bundle when it is to be looked into.

#![forbid(unsafe_code)]

mod answer;
pub mod auth;
mod body;
mod dispatch;
pub mod intercept;
pub mod memory;
pub mod options;
mod range;
mod read;
mod request;
mod route;
pub mod serve;
mod session;
pub mod store;
mod write;

pub use auth::{Auth, BasicAuth, Scope, TokenAuth, TokenRefusal, TokenVerifier};
pub use intercept::{Canned, Interceptor, RequestInfo, Treatment};
pub use memory::MemoryStore;
pub use options::ServerOptions;
pub use serve::{RunningServer, Server};
pub use store::{Blob, MissingContent, Store, StoreWriter};

#[cfg(test)]
mod tests;
