//! `ModuleSource`: where a cluster takes modules from that do not come with the platform.

use super::{ManifestError, RegistryAccess, Scheme, registry_object::RegistryObject};

const SOURCE: RegistryObject = RegistryObject {
    kind: "ModuleSource",
    noun: "source",
    // Of `…/modules` in the platform's own registry.
    reserved: &["deckhouse"],
};

/// Writes a `ModuleSource` (`deckhouse-controller/crds/module-source.yaml` of the platform), with a marker
/// before it. The repository is the one that modules are directly below: `REPO/NAME:vX.Y.Z`.
///
/// Anonymous access has no `dockerCfg`, as the schema asks; a comment there says what to add for a
/// registry that requires a login. `releaseChannel` is deprecated there and not written.
///
/// # Errors
/// As [`check_source_name`].
pub fn write_module_source(name: &str, access: &RegistryAccess<'_>) -> Result<String, ManifestError> {
    let scheme = match access.scheme {
        Scheme::Https => "HTTPS",
        Scheme::Http => "HTTP",
    };
    SOURCE.write(name, access, scheme)
}

/// Checks the name of a source: a DNS subdomain, as every Kubernetes object of this kind has (RFC 1123), and not
/// the one that the platform generates and would write over.
///
/// # Errors
/// [`ManifestError::Refused`].
pub fn check_source_name(name: &str) -> Result<(), ManifestError> {
    SOURCE.check_name(name)
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
