//! How patient the verdict is.

use std::time::Duration;

use super::Stage;

/// Limits of time for a [`Machine`](super::Machine).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// For how long everything must have been quiet before "done" is believed. Alerts come two to three minutes
    /// after their cause.
    pub settle: Duration,
    /// For how long a stage may go on without any progress before it is called stalled; `None` takes the limit
    /// of each stage.
    pub stalled_after: Option<Duration>,
    /// For how long an update may be failed or stalled before nobody should wait for it any more. The kubelet tries an image again
    /// after five minutes at the latest, so less than that takes what heals for an end.
    pub problem_limit: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { settle: Duration::from_mins(2), stalled_after: None, problem_limit: Duration::from_mins(10) }
    }
}

impl Settings {
    /// How long this stage may go on without progress; `None` where waiting is no fault.
    pub(super) fn limit(&self, stage: Stage) -> Option<Duration> {
        let minutes = match stage {
            // Windows, approvals and canary waves may take days.
            Stage::NotStarted | Stage::Done => return None,
            Stage::Switching => 15,
            // The documentation calls 20 to 30 minutes of Running 0/1 a sign of a problem. Nodes are updated one
            // after the other, and draining one may take long.
            Stage::Converging | Stage::Propagating => 30,
        };
        Some(self.stalled_after.unwrap_or(Duration::from_mins(minutes)))
    }
}
