//! The secrets of a setup, by name: plans name them, and only the sending puts their values into a body.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Display, Formatter},
};

use egress::Secret;
use serde::Serialize;

/// An account that a setup creates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Account {
    /// Reads: for clusters.
    Pull,
    /// Reads and writes: for `dhctl mirror`.
    Push,
}

impl Display for Account {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pull => "pull",
            Self::Push => "push",
        })
    }
}

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretName {
    /// The password of an account that is created.
    Account(Account),
    /// The password or license key for the upstream of a proxy cache.
    Upstream,
    /// The password for the proxy that the product itself uses.
    OutgoingProxy,
}

/// The secrets that are known.
#[derive(Debug, Clone, Default)]
pub struct Secrets(BTreeMap<SecretName, Secret>);

impl Secrets {
    /// Adds a secret.
    pub fn insert(&mut self, name: SecretName, secret: Secret) {
        self.0.insert(name, secret);
    }

    /// The value, for what sends it or stores it.
    pub fn get(&self, name: SecretName) -> Option<&Secret> {
        self.0.get(&name)
    }

    /// Which secrets are known.
    pub fn names(&self) -> BTreeSet<SecretName> {
        self.0.keys().copied().collect()
    }
}
