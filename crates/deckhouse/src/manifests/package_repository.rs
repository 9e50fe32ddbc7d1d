//! `PackageRepository`: where a cluster takes packages from.

use super::{ManifestError, RegistryAccess, Scheme, registry_object::RegistryObject};

const REPOSITORY: RegistryObject = RegistryObject {
    kind: "PackageRepository",
    noun: "repository",
    // Of `…/packages` and `…/modules` in the platform's own registry (`modules/002-deckhouse/templates` of the platform),
    // and the name under which modules of its image are listed.
    reserved: &["deckhouse", "deckhouse-modules", "embedded"],
};

/// Writes a `PackageRepository` (`deckhouse-controller/crds/packagerepository.yaml` of the platform), with a marker before
/// it. The repository is the one that packages are directly below. Otherwise as
/// [`write_module_source`](super::write_module_source), but for the scheme: until August 2026 the platform took `HTTP` for
/// `https` here, and understood `http` (deckhouse#22558).
///
/// # Errors
/// As [`check_package_repository_name`].
pub fn write_package_repository(name: &str, access: &RegistryAccess<'_>) -> Result<String, ManifestError> {
    let scheme = match access.scheme {
        Scheme::Https => "https",
        Scheme::Http => "http",
    };
    REPOSITORY.write(name, access, scheme)
}

/// Checks the name of a repository, as [`check_source_name`](super::check_source_name) does.
///
/// # Errors
/// [`ManifestError::Refused`].
pub fn check_package_repository_name(name: &str) -> Result<(), ManifestError> {
    REPOSITORY.check_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifests::DockerCfg;

    #[test]
    fn with_a_login_and_without() {
        let repository = "r.example:5000/dkp/packages".parse().unwrap();
        let cfg = DockerCfg::new(&"r.example:5000".parse().unwrap(), "u", "p").unwrap();
        let access = RegistryAccess {
            repository: &repository,
            docker_cfg: Some(&cfg),
            scheme: Scheme::Https,
            ca: Some("PEM\n"),
        };
        let text = write_package_repository("corp", &access).unwrap();
        let expected = format!(
            "---\napiVersion: deckhouse.io/v1alpha1\nkind: PackageRepository\nmetadata:\n  name: corp\nspec:\n  registry:\n    \
             repo: r.example:5000/dkp/packages\n    scheme: https\n    dockerCfg: {}\n    ca: |\n      PEM\n",
            cfg.expose()
        );
        assert_eq!(text, expected);
        let plain = RegistryAccess { docker_cfg: None, scheme: Scheme::Http, ca: None, ..access };
        let text = write_package_repository("corp", &plain).unwrap();
        assert!(text.contains("    scheme: http\n    # No login was given"), "{text}");
    }

    #[test]
    fn names() {
        for (name, allowed) in [
            ("corp", true),
            ("deckhouse", false),
            ("deckhouse-modules", false),
            ("embedded", false),
            ("Corp", false),
        ] {
            assert_eq!(check_package_repository_name(name).is_ok(), allowed, "{name}");
        }
    }
}
