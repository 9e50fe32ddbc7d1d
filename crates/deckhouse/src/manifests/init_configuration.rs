//! `InitConfiguration`: where the installer of the platform takes its images from.

use std::borrow::Cow;

use oci::RepositoryUrl;
use serde::Serialize;

use super::{DockerCfg, ManifestError, RegistryAccess, Scheme};
use crate::yaml;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    api_version: &'static str,
    kind: &'static str,
    deckhouse: Deckhouse<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Deckhouse<'a> {
    images_repo: String,
    registry_docker_cfg: &'a str,
    registry_scheme: Scheme,
    #[serde(rename = "registryCA", skip_serializing_if = "Option::is_none")]
    registry_ca: Option<yaml::Block<'a>>,
}

/// Writes an `InitConfiguration` (`candi/openapi/init_configuration.yaml` of the platform), with a marker
/// before it: it is one of several documents in the installer's file.
///
/// The login is always written, the empty one too: what the platform takes without it is for another host.
///
/// # Errors
/// [`ManifestError::Refused`] if the platform's pattern for `imagesRepo` does not allow the address.
pub fn write_init_configuration(access: &RegistryAccess<'_>) -> Result<String, ManifestError> {
    let docker_cfg = match access.docker_cfg {
        Some(cfg) => Cow::Borrowed(cfg),
        None => Cow::Owned(DockerCfg::anonymous(&access.repository.host)),
    };
    let document = Document {
        api_version: "deckhouse.io/v1",
        kind: "InitConfiguration",
        deckhouse: Deckhouse {
            images_repo: images_repo(access.repository)?,
            registry_docker_cfg: docker_cfg.expose(),
            registry_scheme: access.scheme,
            registry_ca: access.ca.map(yaml::Block),
        },
    };
    let text = yaml::write(&document).map_err(|error| ManifestError::Write {
        kind: "InitConfiguration",
        source: error.to_string().into(),
    })?;
    Ok(format!("---\n{text}"))
}

/// The pattern: `^[0-9a-zA-Z\.\-]+(\:[0-9]{1,5})?(\/[0-9a-zA-Z\.\-\_\/]+)?$`. Paths and ports are narrower
/// already in [`oci::RepositoryUrl`]; hosts are not.
pub(super) fn images_repo(repository: &RepositoryUrl) -> Result<String, ManifestError> {
    let host = repository.host.as_str();
    let object = || format!("imagesRepo {repository}");
    let instead = "use a DNS name of letters, digits, '.' and '-', or an IPv4 address";
    if host.starts_with('[') {
        return Err(ManifestError::refused(object(), "an IPv6 address is not allowed there", instead));
    }
    if host.contains('_') {
        return Err(ManifestError::refused(object(), "'_' is not allowed in the host", instead));
    }
    Ok(repository.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;
    use crate::yaml::Value;

    /// Of the platform's schema.
    const PATTERN: &str = r"^[0-9a-zA-Z\.\-]+(\:[0-9]{1,5})?(\/[0-9a-zA-Z\.\-\_\/]+)?$";

    fn written(url: &str, scheme: Scheme, ca: Option<&str>) -> Result<String, ManifestError> {
        let repository = url.parse().unwrap();
        write_init_configuration(&RegistryAccess { repository: &repository, docker_cfg: None, scheme, ca })
    }

    #[test]
    fn of_a_registry_with_a_certificate_of_its_own() {
        let ca = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        let text = written("r.example:5000/dkp/ee", Scheme::Https, Some(ca)).unwrap();
        let expected = "---\napiVersion: deckhouse.io/v1\nkind: InitConfiguration\ndeckhouse:\n  \
            imagesRepo: r.example:5000/dkp/ee\n  \
            registryDockerCfg: eyJhdXRocyI6eyJyLmV4YW1wbGU6NTAwMCI6e319fQ==\n  \
            registryScheme: HTTPS\n  registryCA: |\n    \
            -----BEGIN CERTIFICATE-----\n    MIIB\n    -----END CERTIFICATE-----\n";
        assert_eq!(text, expected);
        let document = yaml::parse(text.as_bytes()).unwrap();
        let read = document.get("deckhouse").and_then(|it| it.get("registryCA"));
        assert_eq!(read, Some(&Value::Text(ca.to_owned())));
    }

    #[test]
    fn without_tls() {
        let text = written("10.0.0.1:80/a", Scheme::Http, None).unwrap();
        assert!(text.ends_with("registryScheme: HTTP\n"), "{text}");
    }

    #[test]
    fn hosts_that_the_pattern_refuses() {
        let pattern = Regex::new(PATTERN).unwrap();
        for (url, reason) in [("[fd00::1]:5000/a", "IPv6"), ("my_host/a", "'_'"), ("my_host:5000/a_b", "'_'")]
        {
            let Err(ManifestError::Refused { object, reason: told, instead }) =
                written(url, Scheme::Https, None)
            else {
                panic!("{url} was not refused");
            };
            assert!(object.contains(url) && told.contains(reason) && instead.contains("DNS name"), "{told}");
            assert!(!pattern.is_match(url), "{url}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_fits_the_pattern(host in "[a-z0-9._\\[:]{1,10}", port in 0..70_000_u32, path in "[a-z0-9._/-]{1,12}") {
            let url = format!("{host}:{port}/{path}");
            if let Ok(repository) = url.parse() {
                let access = RegistryAccess { repository: &repository, docker_cfg: None, scheme: Scheme::Http, ca: None };
                let fits = Regex::new(PATTERN).unwrap().is_match(&repository.to_string());
                match write_init_configuration(&access) {
                    Ok(text) => {
                        prop_assert!(fits, "{}", url);
                        let document = yaml::parse(text.as_bytes()).unwrap();
                        let read = document.get("deckhouse").and_then(|it| it.get("imagesRepo"));
                        prop_assert_eq!(read, Some(&Value::Text(repository.to_string())));
                    }
                    Err(_) => prop_assert!(!fits, "{}", url),
                }
            }
        }
    }
}
