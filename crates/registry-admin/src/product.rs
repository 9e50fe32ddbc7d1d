//! What Nexus and Harbor have in common for a setup.

use std::future::Future;

use egress::Secret;
use serde::Serialize;

use crate::{
    api::{Answer, Api},
    error::Error,
    finding::{Finding, Refusal},
    secrets::{Account, Secrets},
    step::Step,
};

/// An account of a setup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountState {
    /// What it is for.
    pub account: Account,
    /// Its login; for a robot of Harbor that does not exist yet, with Harbor's usual prefix.
    pub login: String,
    /// Whether it exists.
    pub exists: bool,
}

/// A product with an admin API, and what is wanted of it.
pub trait Product {
    /// What was read.
    type Observed: Default;

    /// Its admin API.
    fn api(&self) -> &Api;

    /// Reads all objects of the setup. Changes nothing.
    fn observe(&self, secrets: &Secrets) -> impl Future<Output = Result<Self::Observed, Error>>;

    /// The steps that are left, in the order in which they can be done.
    ///
    /// # Errors
    /// Why this setup is not possible.
    fn plan(&self, observed: &Self::Observed) -> Result<Vec<Step>, Refusal>;

    /// What the setup does not change but an operator should know.
    fn findings(&self, observed: &Self::Observed) -> Vec<Finding>;

    /// The accounts of the setup.
    fn accounts(&self, observed: &Self::Observed) -> Vec<AccountState>;

    /// The account that a step creates.
    fn creates(&self, step: &Step) -> Option<Account>;

    /// The secret that the server has generated for a new account; none where the request has it.
    fn generated_secret(&self, _answer: &Answer) -> Option<Secret> {
        None
    }

    /// Sends a step.
    fn send(&self, step: &Step, secrets: &Secrets) -> impl Future<Output = Result<Answer, Error>> {
        self.api().send(&step.call, secrets)
    }
}
