//! What the system limits in a process, made fit for this program when it starts.

use std::sync::{Arc, atomic::AtomicBool};

use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};
use signal_hook::{consts::SIGXFSZ, flag};

/// Open files that are enough for any bundle and any number of transfers; more only costs tools that this program
/// starts and that walk through all possible ones.
const OPEN_FILES: u64 = 65_536;

/// Raises the number of files that may be open, forbids core dumps, and lets a file that outgrows `ulimit -f` be an error.
pub(crate) fn adapt() {
    let now = getrlimit(Resource::Nofile);
    if let Some(current) = raised(now) {
        // Where it is refused, the limit is as it was, and what does not fit in it is told when it is met.
        _ = setrlimit(Resource::Nofile, Rlimit { current: Some(current), maximum: now.maximum });
    }
    // Memory has the login and the licence key: no core dump, neither in a file nor for a program that collects them.
    _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    // The signal would end the process without a word. With any handler the write fails with EFBIG, which is told.
    // Unlike an ignored signal, a handler is not passed on to the tools that this program starts.
    drop(flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false))));
}

/// The soft limit to set, if it is to be raised.
fn raised(now: Rlimit) -> Option<u64> {
    let wanted = now.maximum.map_or(OPEN_FILES, |maximum| maximum.min(OPEN_FILES));
    now.current.filter(|current| *current < wanted).map(|_| wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_is_raised_and_never_lowered() {
        for (current, maximum, expected) in [
            (Some(1024), Some(524_288), Some(65_536)),
            (Some(256), Some(4096), Some(4096)),
            (Some(1024), None, Some(65_536)),
            (Some(1024), Some(1024), None),
            (Some(100_000), Some(524_288), None),
            (Some(65_536), None, None),
            (None, None, None),
        ] {
            assert_eq!(raised(Rlimit { current, maximum }), expected, "{current:?} {maximum:?}");
        }
    }
}
