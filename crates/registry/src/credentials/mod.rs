//! Credentials for registries: the value itself, and where other container tools keep theirs.

mod config;
mod helper;
mod login;
mod lookup;

pub use config::{ConfigError, ConfigFile};
pub use login::Credentials;
pub use lookup::{CredentialError, CredentialPaths, lookup};
