//! A synthetic distribution of the platform: small, realistic, the same bytes for the same settings.
//!
//! Repositories, tags and files are those that a real source has; the payload is noise.

mod builder;
mod expected;
mod image;
mod layer;
mod made;
mod modules;
mod noise;
mod platform;
mod security;
#[cfg(test)]
mod tests;

pub use builder::{Builder, ModuleSpec};
pub use expected::{Expected, ExpectedRepository};
pub use image::{Format, Image, ImageConfig};
pub use layer::{Compression, File, Layer};
pub use made::{Database, Distribution, Module, ModuleVersion, Release};
pub use noise::NoiseTar;
