//! Secret `d8-system/deckhouse-registry`: where the platform pulls its images from.

use std::fmt;

use egress::Secret;
use serde::Serialize;

/// The registry of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistrySettings {
    /// `HOST[:PORT]`.
    pub address: String,
    /// Path of the distribution in it, with a leading slash; empty if there is none.
    pub path: String,
    /// Whether it is reached without TLS.
    pub plain_http: bool,
    /// Certificates to trust, PEM.
    #[serde(skip)]
    pub ca: Option<String>,
    /// The login; `None` for an anonymous one.
    #[serde(skip)]
    pub login: Option<RegistryLogin>,
}

/// The login of a cluster at its registry.
#[derive(Clone, PartialEq)]
pub struct RegistryLogin {
    /// Name of the user.
    pub username: String,
    /// The password.
    pub password: Secret,
}

impl fmt::Debug for RegistryLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryLogin").field("username", &self.username).finish_non_exhaustive()
    }
}

impl RegistrySettings {
    /// `HOST[:PORT]/PATH`: what `:vX.Y.Z` and `/release-channel` are put to.
    pub fn images_repo(&self) -> String {
        format!("{}{}", self.address, self.path)
    }
}
