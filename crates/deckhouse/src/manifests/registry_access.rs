//! How a cluster reaches a registry: the same values in every manifest, under different names.

use oci::RepositoryUrl;
use serde::Serialize;

use super::DockerCfg;

/// How a cluster reaches a registry.
#[derive(Debug, Clone, Copy)]
pub struct RegistryAccess<'a> {
    /// The repository that images are below.
    pub repository: &'a RepositoryUrl,
    /// The login; none is anonymous access.
    pub docker_cfg: Option<&'a DockerCfg>,
    /// The protocol.
    pub scheme: Scheme,
    /// Certificates (PEM) to trust besides the system's.
    pub ca: Option<&'a str>,
}

/// Protocol of a registry, as manifests name it: in upper case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Scheme {
    /// With TLS.
    Https,
    /// Plain.
    Http,
}
