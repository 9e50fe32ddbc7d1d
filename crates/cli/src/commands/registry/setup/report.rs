//! The result of a setup, as a document and as text.

use commands::Sentence;
use registry_admin::{AccountState, Finding, Step};
use serde::Serialize;

use crate::{
    commands::registry::check::Document,
    format::{count, next_steps},
    words,
};

/// The result of a setup.
#[derive(Serialize)]
pub(super) struct Report {
    /// The server, `HOST[:PORT]`.
    pub(super) server: String,
    /// Whether nothing was sent.
    pub(super) dry_run: bool,
    /// What was changed, or with `dry_run` would be.
    pub(super) changes: Vec<ShownStep>,
    pub(super) accounts: Vec<ShownAccount>,
    pub(super) findings: Vec<Finding>,
    /// `registry check` with each account.
    pub(super) checks: Vec<Document>,
    pub(super) next: Vec<Sentence>,
}

/// A step with the URL of its call.
#[derive(Serialize)]
pub(super) struct ShownStep {
    #[serde(flatten)]
    pub(super) step: Step,
    pub(super) url: String,
}

/// An account, and the file with its password.
#[derive(Serialize)]
pub(super) struct ShownAccount {
    #[serde(flatten)]
    pub(super) state: AccountState,
    pub(super) password_file: String,
}

impl Report {
    /// The result as text.
    pub(super) fn text(&self) -> String {
        if self.dry_run {
            return self.calls() + "nothing was changed (--dry-run)\n";
        }
        let done = match self.changes.len() {
            0 => "nothing to change".to_owned(),
            n => count(n, "change"),
        };
        let accounts = self.accounts.iter().map(|ShownAccount { state, password_file }| {
            format!("{:<10} {}, password in {password_file}\n", state.account.to_string(), state.login)
        });
        let accounts: String = accounts.collect();
        let checks: String = self.checks.iter().map(Document::problems).collect();
        format!("{} is set up: {done}\n{accounts}{checks}{}", self.server, next_steps(&self.next))
    }

    /// Each change with its call.
    pub(super) fn calls(&self) -> String {
        let numbered = (1..).zip(&self.changes);
        numbered.map(|(number, it)| words::setup::step_with_call(number, &it.step, &it.url)).collect()
    }
}
