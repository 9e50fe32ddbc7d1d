//! What stands for the kernel where there is none: of another architecture, or left out to measure the
//! portable way.

use super::chain::Words;

/// There is none.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kernel {}

impl Kernel {
    /// Never.
    pub(super) fn detect() -> Option<Self> {
        None
    }

    /// Cannot be called.
    pub(super) fn compress(self, _h: &mut Words, _steps: impl Iterator<Item = (Words, Words)>) {
        match self {}
    }
}
