//! Whether to ask a registry to mount a blob: some never mount, and each question costs a round trip.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use registry::client::Mount;

/// After so many unsuccessful mounts without a successful one, the registry is not asked any more.
const MAX_UNSUCCESSFUL: u32 = 3;

/// What the responses to mounts have shown so far.
#[derive(Debug, Default)]
pub(super) struct MountRule {
    has_mounted: AtomicBool,
    /// Mounts that the registry did not answer with a mount or an upload session.
    refused: AtomicU32,
    /// Mounts from another repository for which the registry opened an upload session instead.
    not_mounted: AtomicU32,
}

impl MountRule {
    /// Whether to ask for a mount from the same repository, which shows whether the blob is there already. An upload
    /// session is a normal response to it.
    pub(super) fn asks_for_own(&self) -> bool {
        self.has_mounted() || self.refused.load(Ordering::Relaxed) < MAX_UNSUCCESSFUL
    }

    /// Whether to ask for a mount from another repository.
    pub(super) fn asks_for_other(&self) -> bool {
        let unsuccessful = self.refused.load(Ordering::Relaxed) + self.not_mounted.load(Ordering::Relaxed);
        self.has_mounted() || unsuccessful < MAX_UNSUCCESSFUL
    }

    /// Learns from the response to a mount from the same repository.
    pub(super) fn learn_own(&self, mount: &Mount) {
        if matches!(mount, Mount::Refused) {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Learns from the response to a mount from another repository.
    pub(super) fn learn_other(&self, mount: &Mount) {
        match mount {
            Mount::Mounted => self.has_mounted.store(true, Ordering::Relaxed),
            Mount::Upload(_) => drop(self.not_mounted.fetch_add(1, Ordering::Relaxed)),
            Mount::Refused => drop(self.refused.fetch_add(1, Ordering::Relaxed)),
        }
    }

    fn has_mounted(&self) -> bool {
        self.has_mounted.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_until_three_mounts_have_failed_and_none_has_worked() {
        let never = MountRule::default();
        for _ in 0..MAX_UNSUCCESSFUL {
            assert!(never.asks_for_other() && never.asks_for_own());
            never.learn_other(&Mount::Refused);
        }
        assert!(!never.asks_for_other() && !never.asks_for_own());

        let own_only = MountRule::default();
        (0..MAX_UNSUCCESSFUL).for_each(|_| own_only.learn_own(&Mount::Refused));
        assert!(!own_only.asks_for_own() && !own_only.asks_for_other());

        let mounts = MountRule::default();
        mounts.learn_other(&Mount::Mounted);
        (0..=MAX_UNSUCCESSFUL).for_each(|_| mounts.learn_other(&Mount::Refused));
        assert!(mounts.asks_for_other() && mounts.asks_for_own());
    }
}
