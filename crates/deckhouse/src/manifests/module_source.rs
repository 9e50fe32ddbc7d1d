//! `ModuleSource`: where a cluster takes modules from that do not come with the platform.

use commands::{Command, Dhctl};
use oci::Host;
use serde::Serialize;

use super::{ManifestError, RegistryAccess, Scheme};
use crate::yaml;

/// The source that the platform makes itself, of `…/modules` in its own registry.
const GENERATED: &str = "deckhouse";

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
    scheme: Scheme,
    docker_cfg: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ca: Option<yaml::Block<'a>>,
}

/// Writes a `ModuleSource` (`deckhouse-controller/crds/module-source.yaml` of the platform), with a marker
/// before it. The repository is the one that modules are directly below: `REPO/NAME:vX.Y.Z`.
///
/// Anonymous access has no `dockerCfg`, as the schema asks; a comment there says what to add for a
/// registry that requires a login. `releaseChannel` is deprecated there and not written.
///
/// # Errors
/// As [`check_source_name`].
pub fn write_module_source(name: &str, access: &RegistryAccess<'_>) -> Result<String, ManifestError> {
    check_source_name(name)?;
    let document = Document {
        api_version: "deckhouse.io/v1alpha1",
        kind: "ModuleSource",
        metadata: Metadata { name },
        spec: Spec {
            registry: Registry {
                repo: access.repository.to_string(),
                scheme: access.scheme,
                docker_cfg: access.docker_cfg.map_or("", super::DockerCfg::expose),
                ca: access.ca.map(yaml::Block),
            },
        },
    };
    let text = yaml::write(&document)
        .map_err(|error| ManifestError::Write { kind: "ModuleSource", source: error.to_string().into() })?;
    let text = match access.docker_cfg {
        Some(_) => text,
        None => text.replacen(NO_LOGIN, &placeholder(&access.repository.host), 1),
    };
    Ok(format!("---\n{text}"))
}

/// A login that is none, as it would be written.
const NO_LOGIN: &str = "    dockerCfg: \"\"\n";

fn placeholder(host: &Host) -> String {
    let command = Command::dhctl(Dhctl::DockerCfg(host.to_string()));
    format!(
        "    # No login was given, so the cluster accesses the registry anonymously. To use a login, remove the '#'\n    \
         # before dockerCfg and insert the output of '{command}'.\n    \
         # dockerCfg: BASE64\n"
    )
}

/// Checks the name of a source: a DNS subdomain, as every Kubernetes object of this kind has (RFC 1123), and not
/// the one that the platform generates and would write over.
///
/// # Errors
/// [`ManifestError::Refused`].
pub fn check_source_name(name: &str) -> Result<(), ManifestError> {
    let refused = |reason: &str, instead: &str| {
        Err(ManifestError::refused(format!("the name of the ModuleSource '{name}'"), reason, instead))
    };
    if name == GENERATED {
        return refused("it is reserved for the source that the platform manages", "choose another name");
    }
    let is_label = |label: &str| {
        let bytes = label.as_bytes();
        let outer = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        manifests::DockerCfg,
        yaml::{self, Value},
    };

    #[test]
    fn with_everything() {
        let repository = "r.example:5000/dkp/modules".parse().unwrap();
        let cfg = DockerCfg::new(&"r.example:5000".parse().unwrap(), "u", "p").unwrap();
        let ca = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        let access = RegistryAccess {
            repository: &repository,
            docker_cfg: Some(&cfg),
            scheme: Scheme::Https,
            ca: Some(ca),
        };
        let text = write_module_source("inside", &access).unwrap();
        let document = yaml::parse(text.as_bytes()).unwrap();
        let text_at = |path: &[&str]| match path.iter().try_fold(&document, |it, name| it.get(name)) {
            Some(Value::Text(text)) => text.clone(),
            other => panic!("{path:?}: {other:?}"),
        };
        assert_eq!(text_at(&["apiVersion"]), "deckhouse.io/v1alpha1");
        assert_eq!(text_at(&["kind"]), "ModuleSource");
        assert_eq!(text_at(&["metadata", "name"]), "inside");
        assert_eq!(text_at(&["spec", "registry", "repo"]), "r.example:5000/dkp/modules");
        assert_eq!(text_at(&["spec", "registry", "scheme"]), "HTTPS");
        assert_eq!(text_at(&["spec", "registry", "dockerCfg"]), cfg.expose());
        assert_eq!(text_at(&["spec", "registry", "ca"]), ca);
    }

    #[test]
    fn anonymous_and_plain() {
        let repository = "10.0.0.1:5000/m".parse().unwrap();
        let access =
            RegistryAccess { repository: &repository, docker_cfg: None, scheme: Scheme::Http, ca: None };
        let expected = "---\napiVersion: deckhouse.io/v1alpha1\nkind: ModuleSource\nmetadata:\n  name: \"1\"\n\
                        spec:\n  registry:\n    repo: 10.0.0.1:5000/m\n    scheme: HTTP\n";
        let text = write_module_source("1", &access).unwrap();
        let (comments, rest): (Vec<&str>, Vec<&str>) =
            text.lines().partition(|line| line.starts_with("    # "));
        // A name that an old reader would take for a number is quoted.
        assert_eq!(rest.join("\n") + "\n", expected);
        assert!(comments[1].contains("'dhctl config docker-cfg -r 10.0.0.1:5000'"), "{comments:?}");
        // The place of the login is where the schema has it.
        let filled = text.replace("# dockerCfg: BASE64", "dockerCfg: e30=");
        let document = yaml::parse(filled.as_bytes()).unwrap();
        let cfg = ["spec", "registry", "dockerCfg"].iter().try_fold(&document, |it, name| it.get(name));
        assert!(matches!(cfg, Some(Value::Text(text)) if text == "e30="), "{cfg:?}");
    }

    #[test]
    fn names() {
        let long = "a".repeat(254);
        for (name, allowed) in [
            ("inside", true),
            ("a.b-c.1", true),
            ("deckhouse", false),
            ("", false),
            ("Inside", false),
            ("-a", false),
            ("a.", false),
            ("a_b", false),
            (long.as_str(), false),
        ] {
            assert_eq!(check_source_name(name).is_ok(), allowed, "{name}");
        }
    }
}
