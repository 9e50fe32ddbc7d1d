//! What is attached to images: signatures, attestations, SBOMs and other referrers.
//!
//! There are three ways in which something is attached to a manifest of the same repository. `cosign` gives it a tag that
//! is derived from the digest of the image. A registry with the referrers API lists the manifests that name the image as
//! their `subject`. In a registry without this API, clients keep that list themselves: an index with the tag `sha256-HEX`.

mod find;
mod kind;
mod layers;
mod list;

pub use find::Choice;
pub(crate) use find::{Attachable, find, is_about_the_list};
pub use kind::Attachments;
pub(crate) use kind::{Kind, count, kind};
pub(crate) use layers::{Signatures, Union, has_all, in_common, only_in, with_layers};
pub(crate) use list::merged;
