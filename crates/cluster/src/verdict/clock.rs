//! Time between observations.

use std::time::Duration;

use jiff::Timestamp;

/// The longest time between two observations that counts. After a longer one (the host slept, or the process was
/// stopped) this much counts, and the settle time starts again.
pub(crate) const LONGEST_GAP: Duration = Duration::from_secs(30);

/// From `earlier` to `later`; zero if they are the other way round.
pub(crate) fn between(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or_default()
}
