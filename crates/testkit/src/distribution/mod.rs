//! A synthetic distribution of the platform: small, realistic, the same bytes for the same settings.
//!
//! Repositories, tags and files are those that a real source has; the payload is random bytes.

mod attached;
mod builder;
mod expected;
mod image;
mod layer;
mod modules;
mod platform;
mod plugins;
mod random_bytes;
mod record;
mod security;
#[cfg(test)]
mod tests;

pub use attached::{AttachedObject, Referrers};
pub use builder::{Builder, ModuleSpec};
pub use expected::{Expected, ExpectedRepository};
pub use image::{Format, Image, ImageConfig};
pub use layer::{Compression, File, Layer};
pub use plugins::PluginSpec;
pub use random_bytes::RandomTar;
pub use record::{Database, Distribution, Module, ModuleVersion, Release};
