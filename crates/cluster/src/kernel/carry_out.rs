//! Telling the nodes of a group: one write, decided once more on the object as it is then.
//!
//! So a write that arrived although its answer did not is not made twice, and an object that somebody else has put
//! there in the meantime is left alone.

use super::{ForeignConfiguration, KernelVersion, changes, read};
use crate::{
    Error, Patience,
    access::Cluster,
    change::{Change, Guard, Run},
};

/// How often in a row the object may change under our hands before it is given up.
const ATTEMPTS: u32 = 5;

/// Why the nodes of a group are not told.
#[derive(Debug, thiserror::Error)]
pub enum KernelError {
    /// The object of our name is not ours.
    #[error(transparent)]
    Foreign(#[from] ForeignConfiguration),
    /// Somebody else changed the object after it was decided what to write.
    #[error(
        "{object}: was changed by somebody else in the meantime: it is not as it was when this was confirmed"
    )]
    Changed {
        /// `KIND/NAME`.
        object: String,
    },
    /// The cluster refused or did not answer.
    #[error("{object}: {error}")]
    Write {
        /// `KIND/NAME`.
        object: String,
        /// Why.
        error: Error,
    },
}

/// Makes the `confirmed` change, unless that has happened already. What passes by itself is waited out within
/// `patience`, and `tell` gets each reason to wait.
pub async fn carry_out(
    cluster: &Cluster,
    group: &str,
    kernel: &KernelVersion,
    confirmed: &Change,
    patience: Patience,
    tell: &mut (dyn FnMut(&str) + Send),
) -> Result<(), KernelError> {
    let object = confirmed.object();
    let failed = |error| KernelError::Write { object: object.clone(), error };
    for attempt in 1.. {
        let existing = patience.wait_out(tell, || read(cluster, group)).await.map_err(failed)?;
        let Some(change) = changes(group, kernel, existing.as_ref())? else { break };
        if !change.writes_the_same(confirmed) {
            return Err(KernelError::Changed { object });
        }
        let guard = Guard::of(existing.and_then(|it| it.resource_version).as_deref());
        match patience.wait_out(tell, || change.send(cluster, &guard, Run::Real)).await {
            Ok(()) => break,
            // Made, changed or removed in this moment: decided once more.
            Err(Error::Conflict(_) | Error::NotFound(_)) if attempt < ATTEMPTS => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(())
}
