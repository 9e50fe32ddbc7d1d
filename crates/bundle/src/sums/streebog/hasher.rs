//! The hasher that everybody uses: it takes the fastest way that this CPU has.

use streebog::{Digest as _, Streebog256};

use super::{avx512::Kernel, chain::Chain};
use crate::GostSum;

/// An incremental [`GostSum`].
#[derive(Debug, Clone)]
pub struct Streebog(pub(super) Way);

/// How it is computed.
#[derive(Debug, Clone)]
pub(super) enum Way {
    Kernel(Chain),
    Portable(Streebog256),
}

impl Streebog {
    /// A fresh hasher.
    pub fn new() -> Self {
        Self(Way::kernel().unwrap_or_else(Way::portable))
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            Way::Kernel(chain) => chain.update(bytes),
            Way::Portable(hasher) => hasher.update(bytes),
        }
    }

    /// The sum of everything taken.
    pub fn finish(self) -> GostSum {
        GostSum::from(match self.0 {
            Way::Kernel(chain) => chain.finish(),
            Way::Portable(hasher) => hasher.finalize().into(),
        })
    }
}

impl Default for Streebog {
    fn default() -> Self {
        Self::new()
    }
}

impl Way {
    /// Only where the CPU can.
    pub(super) fn kernel() -> Option<Self> {
        Some(Self::Kernel(Chain::new(Kernel::detect()?)))
    }

    /// Everywhere.
    pub(super) fn portable() -> Self {
        Self::Portable(Streebog256::new())
    }
}
