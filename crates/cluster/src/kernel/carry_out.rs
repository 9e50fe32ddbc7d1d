//! Configuring the nodes of a group: one write, decided again on the object as it is then.
//!
//! So a write whose answer was lost is not repeated, and an object that somebody else has created in the meantime is
//! not changed.

use problems::Object;

use super::{ForeignConfiguration, KernelVersion, changes, read};
use crate::{
    Error, WaitPolicy,
    access::Cluster,
    change::{Change, Guard, Run},
};

/// How often in a row the object may change between reading and writing.
const ATTEMPTS: u32 = 5;

/// Why the nodes of a group are not configured.
#[derive(Debug, thiserror::Error)]
pub enum KernelError {
    /// The object of our name is not ours.
    #[error(transparent)]
    Foreign(#[from] ForeignConfiguration),
    /// Somebody else changed the object after it was decided what to write.
    #[error("{object} was modified by another client after you confirmed the change")]
    Changed {
        /// The object.
        object: Object,
    },
    /// The cluster refused or did not answer.
    #[error("{object}: {error}")]
    Write {
        /// The object.
        object: Object,
        /// Why.
        error: Error,
    },
}

/// Makes the `confirmed` change, unless it is there already. Waits for what is temporary within `policy`, and reports
/// each reason to `tell`.
pub async fn carry_out(
    cluster: &Cluster,
    group: &str,
    kernel: &KernelVersion,
    confirmed: &Change,
    policy: WaitPolicy,
    tell: &mut (dyn FnMut(&str) + Send),
) -> Result<(), KernelError> {
    let object = confirmed.object();
    let failed = |error| KernelError::Write { object: object.clone(), error };
    for attempt in 1.. {
        let existing = policy.retry(tell, || read(cluster, group)).await.map_err(failed)?;
        let Some(change) = changes(group, kernel, existing.as_ref())? else { break };
        if !change.writes_the_same(confirmed) {
            return Err(KernelError::Changed { object });
        }
        let guard = Guard::of(existing.and_then(|it| it.resource_version).as_deref());
        match policy.retry(tell, || change.send(cluster, &guard, Run::Real)).await {
            Ok(()) => break,
            // Created, changed or deleted in this moment: decide again.
            Err(Error::Conflict(_) | Error::NotFound(_)) if attempt < ATTEMPTS => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(())
}
