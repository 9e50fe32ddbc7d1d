//! What the hash function computes with.

/// 512 bits as eight words, least significant word first.
pub(crate) type Words = [u64; 8];
