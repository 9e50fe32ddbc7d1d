//! What a target registry really holds of a bundle's content.
//!
//! Tags and manifests are read by GET and compared by digest, of every blob the last byte is read, in every
//! repository. The same checks serve twice: before a push they find what is missing, after a push (and
//! alone, as `mirror verify`) they are the proof. The answer of an upload is never taken for proof.

mod attached;
mod check;
mod gaps;
mod object;
mod target;
mod unnamed;

pub(crate) use attached::referrers_unknown;
pub(crate) use check::{Check, Checked, When, all, begin, blob_descriptor, checks, run, run_into, run_one};
pub(crate) use gaps::Gap;
pub use gaps::Gaps;
pub(crate) use object::is_about_one_object;
pub use target::Target;
pub(crate) use unnamed::skip_unnamed;

/// How closely blobs are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The last byte of each is read.
    LastByte,
    /// Each is downloaded and its digest computed.
    Digest,
}
