//! How a cluster gets its images: `settings.registry` of `ModuleConfig/deckhouse`, or `ModuleConfig/registry`.
//!
//! Upstream: `modules/002-deckhouse/openapi/config-values.yaml` (modes Unmanaged, Direct, Proxy, Local) and
//! `modules/038-registry/openapi/config-values.yaml` (mode Managed).

use oci::RepositoryUrl;
use serde::Serialize;

use super::{ManifestError, Scheme, init_configuration::images_repo};
use crate::yaml;

/// User name with which a license key logs in.
pub const LICENSE_USER: &str = "license-token";

/// How a cluster gets its images.
#[derive(Debug, Clone)]
pub enum RegistryMode<'a> {
    /// From a registry outside the cluster, without a registry in the cluster.
    Unmanaged(Upstream<'a>),
    /// From a registry outside, under an address in the cluster that never changes.
    Direct(Upstream<'a>),
    /// Through a cache on the control-plane nodes.
    Proxy(Upstream<'a>),
    /// From a registry on the control-plane nodes, to which bundles are pushed.
    Local,
    /// By the module `registry`: `ModuleConfig/registry` instead of `ModuleConfig/deckhouse`.
    Managed(Managed<'a>),
}

/// A registry outside the cluster.
#[derive(Debug, Clone)]
pub struct Upstream<'a> {
    /// The repository of the platform.
    pub repository: &'a RepositoryUrl,
    /// The login; `None` is anonymous access.
    pub login: Option<UpstreamLogin<'a>>,
    /// The protocol.
    pub scheme: Scheme,
    /// Certificates (PEM) to trust besides the system's.
    pub ca: Option<&'a str>,
}

/// The cluster's login at a registry outside.
#[derive(Clone, Copy)]
pub struct UpstreamLogin<'a> {
    /// Name of the user.
    pub username: &'a str,
    /// The password.
    pub password: &'a str,
}

impl std::fmt::Debug for UpstreamLogin<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UpstreamLogin").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Settings of `ModuleConfig/registry` in mode Managed.
#[derive(Debug, Clone)]
pub enum Managed<'a> {
    /// Images come from a registry outside.
    Upstream {
        /// The registry.
        upstream: Upstream<'a>,
        /// The storage in the cluster that caches them, if there is to be one.
        cache: Option<Storage<'a>>,
    },
    /// The storage in the cluster is the only source of images; bundles are pushed to it.
    AirGapped {
        /// The storage.
        storage: Storage<'a>,
        /// What it is expected to have.
        expected: ExpectedImages,
    },
}

/// The storage in the cluster.
#[derive(Debug, Clone, Copy)]
pub struct Storage<'a> {
    /// Its size as a Kubernetes quantity, such as `50Gi`; the module's own choice if there is none.
    pub size: Option<&'a str>,
}

/// The images that a storage is expected to have: those of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpectedImages {
    /// The name of the bundle.
    pub bundle_ref: String,
    /// How many different digests the images of the bundle have.
    pub expected_digests: u64,
}

/// What is done with the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsForm {
    /// An object for the installer, or for `kubectl apply`.
    Object,
    /// A merge patch for the `ModuleConfig/deckhouse` of a running cluster, whose other settings stay.
    Patch,
}

#[derive(Serialize)]
struct Document<'a, S> {
    #[serde(rename = "apiVersion", skip_serializing_if = "Option::is_none")]
    api_version: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata<'a>>,
    spec: Spec<S>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct Spec<S> {
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
    settings: S,
}

#[derive(Serialize)]
struct OfDeckhouse<'a> {
    registry: Registry<'a>,
}

#[derive(Serialize)]
struct Registry<'a> {
    mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unmanaged: Option<Section<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    direct: Option<Section<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy: Option<Section<'a>>,
}

/// The section of a mode. The schema allows no section but that of the mode, so a patch removes the others.
#[derive(Serialize)]
#[serde(untagged)]
enum Section<'a> {
    Set(Box<UpstreamSection<'a>>),
    Removed(()),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UpstreamSection<'a> {
    images_repo: String,
    scheme: Scheme,
    #[serde(flatten)]
    auth: Auth<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ca: Option<yaml::Block<'a>>,
}

#[derive(Default, Serialize)]
struct Auth<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    license: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
}

#[derive(Serialize)]
struct OfModule<'a> {
    mode: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    primary: Option<Primary<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    storage: Option<StorageSection<'a>>,
}

#[derive(Serialize)]
struct Primary<'a> {
    upstream: ModuleUpstream<'a>,
}

#[derive(Serialize)]
struct ModuleUpstream<'a> {
    host: &'a str,
    path: String,
    scheme: Scheme,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth: Option<Auth<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ca: Option<yaml::Block<'a>>,
}

#[derive(Serialize)]
struct StorageSection<'a> {
    cache: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a ExpectedImages>,
}

/// Writes the settings: an object with a marker before it, or a patch.
///
/// # Errors
/// [`ManifestError::Refused`] if the platform's schema does not allow the address or the size, or if the mode has no
/// patch because its object has no other settings.
pub fn write_registry_settings(mode: &RegistryMode<'_>, form: SettingsForm) -> Result<String, ManifestError> {
    let (name, upstream) = match mode {
        RegistryMode::Unmanaged(upstream) => ("Unmanaged", Some(upstream)),
        RegistryMode::Direct(upstream) => ("Direct", Some(upstream)),
        RegistryMode::Proxy(upstream) => ("Proxy", Some(upstream)),
        RegistryMode::Local => ("Local", None),
        RegistryMode::Managed(managed) => return write_managed(managed, form),
    };
    let section = |wanted: &str| match (upstream, form) {
        (Some(upstream), _) if wanted == name => Ok(Some(Section::Set(Box::new(section(upstream)?)))),
        (_, SettingsForm::Object) => Ok(None),
        (_, SettingsForm::Patch) => Ok(Some(Section::Removed(()))),
    };
    let registry = Registry {
        mode: name,
        unmanaged: section("Unmanaged")?,
        direct: section("Direct")?,
        proxy: section("Proxy")?,
    };
    write("deckhouse", OfDeckhouse { registry }, form)
}

fn section<'a>(upstream: &Upstream<'a>) -> Result<UpstreamSection<'a>, ManifestError> {
    Ok(UpstreamSection {
        images_repo: images_repo(upstream.repository)?,
        scheme: upstream.scheme,
        auth: upstream.login.map(auth).unwrap_or_default(),
        ca: upstream.ca.map(yaml::Block),
    })
}

fn auth(login: UpstreamLogin<'_>) -> Auth<'_> {
    let UpstreamLogin { username, password } = login;
    if username == LICENSE_USER {
        return Auth { license: Some(password), ..Auth::default() };
    }
    Auth { username: Some(username), password: Some(password), license: None }
}

fn write_managed(managed: &Managed<'_>, form: SettingsForm) -> Result<String, ManifestError> {
    if form == SettingsForm::Patch {
        return Err(ManifestError::refused(
            "a patch of ModuleConfig/registry",
            "mode Managed is an object of its own, which has no other settings to keep",
            "apply the whole object",
        ));
    }
    let storage = |storage: &Storage<'_>| storage.size.map_or(Ok(()), check_size);
    let settings = match managed {
        Managed::Upstream { upstream, cache } => {
            cache.as_ref().map_or(Ok(()), storage)?;
            images_repo(upstream.repository)?;
            let upstream = ModuleUpstream {
                host: upstream.repository.host.as_str(),
                path: format!("/{}", upstream.repository.repository),
                scheme: upstream.scheme,
                auth: upstream.login.map(auth),
                ca: upstream.ca.map(yaml::Block),
            };
            let cache = cache.map(|it| StorageSection { cache: true, size: it.size, source: None });
            OfModule { mode: "Managed", primary: Some(Primary { upstream }), storage: cache }
        }
        Managed::AirGapped { storage: it, expected } => {
            storage(it)?;
            let storage = StorageSection { cache: true, size: it.size, source: Some(expected) };
            OfModule { mode: "Managed", primary: None, storage: Some(storage) }
        }
    };
    write("registry", settings, form)
}

/// The pattern: `^[0-9]+(\.[0-9]+)?(E|P|T|G|M|k|Ei|Pi|Ti|Gi|Mi|Ki)?$`.
fn check_size(size: &str) -> Result<(), ManifestError> {
    const UNITS: [&str; 13] = ["", "E", "P", "T", "G", "M", "k", "Ei", "Pi", "Ti", "Gi", "Mi", "Ki"];
    let number = size.trim_end_matches(|it: char| it.is_ascii_alphabetic());
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let is_number = match number.split_once('.') {
        Some((whole, fraction)) => is_digits(whole) && is_digits(fraction),
        None => is_digits(number),
    };
    if is_number && UNITS.contains(&&size[number.len()..]) {
        return Ok(());
    }
    Err(ManifestError::refused(
        format!("the size {size}"),
        "it is not a Kubernetes quantity",
        "use a number with a unit, such as 50Gi",
    ))
}

fn write(name: &str, settings: impl Serialize, form: SettingsForm) -> Result<String, ManifestError> {
    let is_object = form == SettingsForm::Object;
    let document = Document {
        api_version: is_object.then_some("deckhouse.io/v1alpha1"),
        kind: is_object.then_some("ModuleConfig"),
        metadata: is_object.then_some(Metadata { name }),
        spec: Spec { version: is_object.then_some(1), enabled: is_object.then_some(true), settings },
    };
    let text = yaml::write(&document)
        .map_err(|error| ManifestError::Write { kind: "ModuleConfig", source: error.to_string().into() })?;
    Ok(if is_object { format!("---\n{text}") } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> RepositoryUrl {
        "r.corp:5000/dkp/ee".parse().unwrap()
    }

    fn upstream(repository: &RepositoryUrl) -> Upstream<'_> {
        let login = UpstreamLogin { username: "dkp", password: "p: 'x'" };
        Upstream { repository, login: Some(login), scheme: Scheme::Https, ca: None }
    }

    fn written(mode: &RegistryMode<'_>, form: SettingsForm) -> String {
        write_registry_settings(mode, form).unwrap()
    }

    #[test]
    fn modes_of_the_deckhouse_module() {
        let url = url();
        insta::assert_snapshot!(
            "direct",
            written(&RegistryMode::Direct(upstream(&url)), SettingsForm::Object)
        );
        let license = UpstreamLogin { username: LICENSE_USER, password: "KEY" };
        let ca = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        let upstream = Upstream { login: Some(license), ca: Some(ca), ..upstream(&url) };
        insta::assert_snapshot!("proxy_patch", written(&RegistryMode::Proxy(upstream), SettingsForm::Patch));
        insta::assert_snapshot!("local_patch", written(&RegistryMode::Local, SettingsForm::Patch));
        insta::assert_snapshot!("local", written(&RegistryMode::Local, SettingsForm::Object));
    }

    #[test]
    fn modes_of_the_registry_module() {
        let url = url();
        let storage = Storage { size: Some("50Gi") };
        let managed = Managed::Upstream { upstream: upstream(&url), cache: Some(storage) };
        insta::assert_snapshot!("managed", written(&RegistryMode::Managed(managed), SettingsForm::Object));
        let expected = ExpectedImages { bundle_ref: "d8".to_owned(), expected_digests: 459 };
        let air_gapped = RegistryMode::Managed(Managed::AirGapped { storage, expected });
        insta::assert_snapshot!("air_gapped", written(&air_gapped, SettingsForm::Object));
        assert!(write_registry_settings(&air_gapped, SettingsForm::Patch).is_err());
    }

    #[test]
    fn what_the_schema_refuses() {
        let host: RepositoryUrl = "my_host/dkp".parse().unwrap();
        let direct = RegistryMode::Direct(upstream(&host));
        assert!(write_registry_settings(&direct, SettingsForm::Object).is_err());
        let pattern = regex::Regex::new(r"^[0-9]+(\.[0-9]+)?(E|P|T|G|M|k|Ei|Pi|Ti|Gi|Mi|Ki)?$").unwrap();
        for size in ["50Gi", "1.5T", "100", "", "Gi", "50 Gi", "50GB", "1.", ".5Gi", "50gi", "5k", "50Ük"] {
            assert_eq!(check_size(size).is_ok(), pattern.is_match(size), "{size}");
        }
        assert!(!format!("{:?}", upstream(&url())).contains("'x'"));
    }
}
