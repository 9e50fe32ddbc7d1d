//! Names: repositories and tags of a source, files inside images, names in a bundle.
//!
//! Repository paths are relative to the root of an edition, such as
//! `registry.deckhouse.ru/deckhouse/ee`; the root itself holds the controller image and every platform
//! image by digest.

use oci::{
    Digest, Tag,
    referrer::{referrers_tag, subject_of_tag},
};

/// Installers, tagged by release and channel.
pub const INSTALL: &str = "install";
/// Installers for the commercial managed service, tagged like [`INSTALL`]; absent from some editions.
pub const INSTALL_STANDALONE: &str = "install-standalone";
/// Descriptions of releases, tagged by release and channel: [`VERSION_JSON`] and [`CHANGELOG_YAML`].
pub const RELEASE_CHANNEL: &str = "release-channel";
/// The standalone installer, tagged [`INSTALLER_TAG`]. `d8 mirror pull` reads it beside the edition's root, in
/// `deckhouse/installer`; in a bundle, and where `d8 mirror push` puts it, it is below (seen with `d8` of 2026-08).
pub const INSTALLER: &str = "installer";
/// The tag of [`INSTALLER`] that is pulled.
pub const INSTALLER_TAG: &str = "latest";
/// The index of modules: each tag is the name of a module.
pub const MODULES: &str = "modules";
/// The index of packages, as [`MODULES`].
pub const PACKAGES: &str = "packages";
/// The index of the plugins of the d8 CLI, as [`MODULES`]. At the vendor's, it is beside the edition's root, as
/// [`INSTALLER`] is; in a bundle and in a mirror it is below.
pub const PLUGINS: &str = "deckhouse-cli/plugins";
/// Vulnerability databases: repository and the tag of its fixed schema. Editions differ in which they have.
pub const SECURITY_DATABASES: [(&str, &str); 4] = [
    ("security/trivy-db", "2"),
    ("security/trivy-bdu", "1"),
    ("security/trivy-java-db", "1"),
    ("security/trivy-checks", "0"),
];

/// In an installer: the platform's images by digest.
pub const INSTALLER_IMAGES_DIGESTS: &str = "deckhouse/candi/images_digests.json";
/// In an installer of an old release, instead of [`INSTALLER_IMAGES_DIGESTS`]: the images by tag.
pub const INSTALLER_IMAGES_TAGS: &str = "deckhouse/candi/images_tags.json";
/// In a module's image: its images by digest, in the module's own repository.
pub const MODULE_IMAGES_DIGESTS: &str = "images_digests.json";
/// In a module's image: its extra images by name and tag.
pub const MODULE_EXTRA_IMAGES: &str = "extra_images.json";
/// What a module is and requires, in the root of its image and of its release image.
pub const MODULE_YAML: &str = "module.yaml";
/// In a `release-channel` image and in a module's `release` image: what the channel points to.
pub const VERSION_JSON: &str = "version.json";
/// In a `release-channel` image: what changed.
pub const CHANGELOG_YAML: &str = "changelog.yaml";

/// Repository of a module: its versions by tag, its images by digest.
pub fn module(name: &str) -> String {
    format!("{MODULES}/{name}")
}

/// Repository of a plugin: its versions by tag.
pub fn plugin(name: &str) -> String {
    format!("{PLUGINS}/{name}")
}

/// The plugin whose repository this is.
pub fn plugin_of(path: &str) -> Option<&str> {
    let name = path.strip_prefix(PLUGINS)?.strip_prefix('/')?;
    (!name.is_empty() && !name.contains('/')).then_some(name)
}

/// Repository of a module's release channels.
pub fn module_release(name: &str) -> String {
    format!("{MODULES}/{name}/release")
}

/// Repository of one of a module's extra images.
pub fn module_extra(name: &str, extra: &str) -> String {
    format!("{MODULES}/{name}/extra/{extra}")
}

/// What has versions, release channels, internal and extra images of its own, in repositories of one pattern
/// that `d8 mirror` reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Component {
    /// A module.
    Module,
    /// A package: below [`PACKAGES`], and described in `version`. Seen with `d8` of 2026-08: it reads `version.json`
    /// there, and the same lists in the package's image.
    Package,
}

impl Component {
    /// What it is called.
    pub fn word(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Package => "package",
        }
    }

    /// The repository whose tags are the names of all such.
    pub fn list(self) -> &'static str {
        match self {
            Self::Module => MODULES,
            Self::Package => PACKAGES,
        }
    }

    /// Its repository: its versions by tag, its images by digest.
    pub fn repository(self, name: &str) -> String {
        format!("{}/{name}", self.list())
    }

    /// The repository of its release channels.
    pub fn release(self, name: &str) -> String {
        match self {
            Self::Module => module_release(name),
            Self::Package => format!("{PACKAGES}/{name}/version"),
        }
    }

    /// The repository of one of its extra images.
    pub fn extra(self, name: &str, extra: &str) -> String {
        format!("{}/{name}/extra/{extra}", self.list())
    }
}

/// What is attached to an image by a tag that is derived from its digest (Sigstore, "Cosign Signature Specifications"; OCI
/// distribution specification, "Referrers Tag Schema").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attachment {
    /// Signatures, `.sig`.
    Signature,
    /// Attestations, `.att`; the platform's are VEX documents.
    Attestation,
    /// A list of the image's components, `.sbom`.
    Sbom,
    /// An index of the manifests that name the image as their subject, without a suffix. Clients keep it in registries
    /// that do not have the referrers API.
    List,
}

impl Attachment {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Signature, Self::Attestation, Self::Sbom, Self::List];

    /// The tag of the attachment of the image with this digest, in the same repository; `None` if the digest is too long
    /// for a tag.
    pub fn tag(self, digest: &Digest) -> Option<Tag> {
        let suffix = match self {
            Self::Signature => "sig",
            Self::Attestation => "att",
            Self::Sbom => "sbom",
            Self::List => return referrers_tag(digest),
        };
        format!("{}-{}.{suffix}", digest.algorithm().name(), digest.hex()).parse().ok()
    }
}

/// The image that a tag of an attachment belongs to, and what is attached; `None` for any other tag.
pub fn attachment(tag: &str) -> Option<(Digest, Attachment)> {
    let Some((image, suffix)) = tag.split_once('.') else {
        return subject_of_tag(tag).map(|subject| (subject, Attachment::List));
    };
    let kind = match suffix {
        "sig" => Attachment::Signature,
        "att" => Attachment::Attestation,
        "sbom" => Attachment::Sbom,
        _ => return None,
    };
    Some((subject_of_tag(image)?, kind))
}

/// What every `org.opencontainers.image.ref.name` of a bundle begins with.
///
/// `last_segment` is that of the source's path, so the edition. The host is always the public one: the
/// address that a bundle was pulled from must not show in its bytes.
pub fn ref_name_prefix(last_segment: &str) -> String {
    format!("registry.deckhouse.ru/deckhouse/{last_segment}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_the_platforms_tools_write_them() {
        assert_eq!(module("console"), "modules/console");
        assert_eq!(module_release("console"), "modules/console/release");
        assert_eq!(module_extra("console", "scanner"), "modules/console/extra/scanner");
        let package = Component::Package;
        assert_eq!(package.repository("app"), "packages/app");
        assert_eq!(package.release("app"), "packages/app/version");
        assert_eq!(package.extra("app", "x"), "packages/app/extra/x");
        assert_eq!(Component::Module.extra("console", "scanner"), module_extra("console", "scanner"));
        assert_eq!(ref_name_prefix("se-plus"), "registry.deckhouse.ru/deckhouse/se-plus");
        let digest = Digest::of(b"");
        let attestation = Attachment::Attestation.tag(&digest).unwrap();
        assert_eq!(attestation.as_str(), format!("sha256-{}.att", digest.hex()));
        for kind in Attachment::ALL {
            assert_eq!(attachment(kind.tag(&digest).unwrap().as_str()), Some((digest, kind)));
        }
        for other in ["v1.58.3", "sha256-0a.att", "stable", "early-access", "sha256-.sig", &digest.hex()] {
            assert_eq!(attachment(other), None, "{other}");
        }
    }
}
