//! The steps of a setup, in the order in which Nexus accepts them: privileges exist after the repository, a role needs
//! them, and a user needs the role.

use super::{accounts, observed::Observed, repository, server, wanted::Wanted};
use crate::{finding::Refusal, step::Step};

/// The steps that are left.
///
/// # Errors
/// Why this setup is not possible.
pub fn plan(wanted: &Wanted, observed: &Observed) -> Result<Vec<Step>, Refusal> {
    let mut steps = Vec::new();
    steps.extend(server::eula(wanted, observed)?);
    steps.extend(server::realms(wanted, observed)?);
    steps.extend(server::outgoing_proxy(wanted, observed)?);
    steps.extend(repository::repository(wanted, observed)?);
    for account in wanted.accounts() {
        steps.extend(accounts::role(&account, observed));
        steps.extend(accounts::user(&account, observed)?);
    }
    steps.extend(server::anonymous(wanted, observed));
    Ok(steps)
}
