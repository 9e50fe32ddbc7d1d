//! How long, or how often, something is still normal while a cluster is being updated.

use jiff::SignedDuration;

/// From the replacement of the platform's pod until it is ready: the first converge runs all modules. The platform's
/// documentation calls more than 20 to 30 minutes a sign of a problem.
pub(super) const RESTART: SignedDuration = SignedDuration::from_mins(30);

/// Failed image pulls of a pod younger than this do not block: the kubelet has tried only once or twice.
pub(super) const PULL: SignedDuration = SignedDuration::from_mins(1);

/// How long the controller may take to set the phase of a new release. It normally takes seconds.
pub(super) const NEW_RELEASE: SignedDuration = SignedDuration::from_mins(1);

pub(super) use crate::release_order::PHASE_CHANGE;

/// From this many failures on, a task is reported: some tasks fail until what they need is running.
pub(super) const TASK_FAILURES_SLOW: u64 = 3;

/// From this many failures on, a task of the main queue blocks: by then it has been retried for minutes.
pub(crate) const TASK_FAILURES_BLOCK: u64 = 8;

/// Errors in the log that are older than this are ignored.
pub(super) const LOG_AGE: SignedDuration = SignedDuration::from_mins(15);
