//! What a target registry really holds of a bundle's content.
//!
//! Tags and manifests are read by GET and compared by digest, of every blob the last byte is read, in every
//! repository. The same checks serve twice: before a push they find what is missing, after a push (and
//! alone, as `mirror verify`) they are the proof. The answer of an upload is never taken for proof.

mod check;
mod gaps;
mod target;

pub(crate) use check::{
    Check, Checked, When, all, begin, blob_descriptor, checks, is_about_one_object, referrers_unknown, run,
    run_into, run_one, skip_unnamed,
};
pub(crate) use gaps::Gap;
pub use gaps::Gaps;
pub use target::Target;

/// How closely blobs are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The last byte of each is read.
    LastByte,
    /// Each is downloaded and its digest computed.
    Digest,
}
