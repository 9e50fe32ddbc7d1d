//! The hasher that callers use: it selects the fastest implementation that this CPU supports.

use streebog::{Digest as _, Streebog256};

use crate::{avx512::Kernel, chain::Chain};

/// An incremental hash. The 32 bytes of the sum are in the order in which `gost12sum`, `rhash` and `openssl` print them;
/// RFC 6986 prints the reverse.
///
/// ```
/// let mut hasher = gost_hash::Streebog::new();
/// hasher.update(b"The quick brown fox ");
/// hasher.update(b"jumps over the lazy dog");
/// assert_eq!(hasher.finish()[..4], [0x3e, 0x7d, 0xea, 0x7f]);
/// ```
#[derive(Debug, Clone)]
pub struct Streebog(pub(super) Implementation);

/// The code that computes the sum.
#[derive(Debug, Clone)]
pub(super) enum Implementation {
    Kernel(Chain),
    Portable(Streebog256),
}

impl Streebog {
    /// The state before the first byte.
    pub fn new() -> Self {
        Self(Implementation::kernel().unwrap_or_else(Implementation::portable))
    }

    /// Adds the next bytes of the text.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            Implementation::Kernel(chain) => chain.update(bytes),
            Implementation::Portable(hasher) => hasher.update(bytes),
        }
    }

    /// The sum of all bytes added.
    pub fn finish(self) -> [u8; 32] {
        match self.0 {
            Implementation::Kernel(chain) => chain.finish(),
            Implementation::Portable(hasher) => hasher.finalize().into(),
        }
    }
}

impl Default for Streebog {
    fn default() -> Self {
        Self::new()
    }
}

impl Implementation {
    /// The AVX-512 kernel; `None` if this CPU does not support it.
    pub(super) fn kernel() -> Option<Self> {
        Some(Self::Kernel(Chain::new(Kernel::detect()?)))
    }

    /// The portable code, which runs on every CPU.
    pub(super) fn portable() -> Self {
        Self::Portable(Streebog256::new())
    }
}
