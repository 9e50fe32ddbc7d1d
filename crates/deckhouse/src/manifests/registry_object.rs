//! Objects that name a registry from which a cluster takes something: `ModuleSource` and `PackageRepository`. Their
//! `spec.registry` has the same fields.

use commands::{Command, Dhctl};
use oci::Host;
use serde::Serialize;

use super::{ManifestError, RegistryAccess};
use crate::yaml;

/// What differs between the kinds.
pub(super) struct RegistryObject {
    /// The kind.
    pub(super) kind: &'static str,
    /// What the object is, in words: `source`.
    pub(super) noun: &'static str,
    /// Names of objects that the platform itself creates, and would write over.
    pub(super) reserved: &'static [&'static str],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata<'a>,
    spec: Spec<'a>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct Spec<'a> {
    registry: Registry<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Registry<'a> {
    repo: String,
    scheme: &'a str,
    docker_cfg: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ca: Option<yaml::Block<'a>>,
}

/// A login that is none, as it would be written.
const NO_LOGIN: &str = "    dockerCfg: \"\"\n";

impl RegistryObject {
    /// Writes the object, with a marker before it. Anonymous access has no `dockerCfg`, as the schemas ask; a comment
    /// there says what to add for a registry that requires a login.
    ///
    /// # Errors
    /// As [`Self::check_name`].
    pub(super) fn write(
        &self,
        name: &str,
        access: &RegistryAccess<'_>,
        scheme: &str,
    ) -> Result<String, ManifestError> {
        self.check_name(name)?;
        let document = Document {
            api_version: "deckhouse.io/v1alpha1",
            kind: self.kind,
            metadata: Metadata { name },
            spec: Spec {
                registry: Registry {
                    repo: access.repository.to_string(),
                    scheme,
                    docker_cfg: access.docker_cfg.map_or("", super::DockerCfg::expose),
                    ca: access.ca.map(yaml::Block),
                },
            },
        };
        let text = yaml::write(&document)
            .map_err(|error| ManifestError::Write { kind: self.kind, source: error.to_string().into() })?;
        let text = match access.docker_cfg {
            Some(_) => text,
            None => text.replacen(NO_LOGIN, &placeholder(&access.repository.host), 1),
        };
        Ok(format!("---\n{text}"))
    }

    /// Checks the name: a DNS subdomain, as every Kubernetes object of these kinds has (RFC 1123), and none of those that
    /// the platform creates.
    ///
    /// # Errors
    /// [`ManifestError::Refused`].
    pub(super) fn check_name(&self, name: &str) -> Result<(), ManifestError> {
        let refused = |reason: &str, instead: &str| {
            Err(ManifestError::refused(format!("the name of the {} '{name}'", self.kind), reason, instead))
        };
        if self.reserved.contains(&name) {
            let reason = format!("it is reserved for the {} that the platform manages", self.noun);
            return refused(&reason, "choose another name");
        }
        let is_label = |label: &str| {
            let bytes = label.as_bytes();
            let outer =
                |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            let inner = bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-');
            inner && outer(bytes.first()) && outer(bytes.last())
        };
        if name.len() > 253 || !name.split('.').all(is_label) {
            return refused(
                "Kubernetes does not allow it",
                "use up to 253 lower-case letters, digits, '-' and '.'; begin and end with a letter or digit",
            );
        }
        Ok(())
    }
}

fn placeholder(host: &Host) -> String {
    let command = Command::dhctl(Dhctl::DockerCfg(host.to_string()));
    format!(
        "    # No login was given, so the cluster accesses the registry anonymously. To use a login, remove the '#'\n    \
         # before dockerCfg and insert the output of '{command}'.\n    \
         # dockerCfg: BASE64\n"
    )
}
