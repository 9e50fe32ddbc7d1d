//! How long, or how often, is still normal. Within these a cluster in the middle of an update is not ill.

use jiff::SignedDuration;

/// From the replacement of the platform's pod to its being ready: the first converge runs all modules. The
/// platform's documentation calls more than 20 to 30 minutes a sign of trouble.
pub(super) const RESTART: SignedDuration = SignedDuration::from_mins(30);

/// Until an image that does not come is no hiccup of the registry: the kubelet has tried several times by then.
pub(super) const PULL: SignedDuration = SignedDuration::from_mins(1);

/// Until the controller has looked at a new release: it does so within seconds.
pub(super) const FIRST_LOOK: SignedDuration = SignedDuration::from_mins(1);

/// For how long no release, or two of them, may be marked as deployed while the controller writes one after the
/// other, or the Deployment may lag behind the object.
pub(super) const SWITCH: SignedDuration = SignedDuration::from_mins(5);

/// Failures of a task until it is no hiccup: some tasks fail until what they need has come up.
pub(super) const HICCUPS: u64 = 3;

/// Failures of a task until it is not going to succeed by itself: by then it has been tried for minutes.
pub(super) const HOPELESS: u64 = 8;

/// How long ago an alert was last heard of does not show; one that began this long ago and is stale says little.
pub(super) const LOG: SignedDuration = SignedDuration::from_mins(15);
