//! Time between looks.

use std::time::Duration;

use jiff::Timestamp;

/// Looks further apart than this were not a watch: the host slept, or the process was stopped. The time between
/// them counts as this much, and does not count towards the settle time.
pub(crate) const LONGEST_GAP: Duration = Duration::from_secs(30);

/// From `earlier` to `later`; zero if they are the other way round.
pub(crate) fn between(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or_default()
}
