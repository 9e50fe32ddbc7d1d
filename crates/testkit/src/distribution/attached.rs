//! What is attached to the images: tags as `cosign` makes them, and manifests that name their subject.

use oci::{Digest, RawManifest, TagOrDigest};
use registry_server::Store as _;

use super::{
    Distribution,
    builder::BuildContext,
    expected::Expected,
    image::{Image, ImageConfig},
    layer::{Compression, Layer},
};

/// One object that is attached to an image, directly or to what is attached to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachedObject {
    /// The repository, below the root.
    pub path: String,
    /// The image that it belongs to in the end.
    pub image: Digest,
    /// The manifest that it is attached to.
    pub subject: Digest,
    /// Its own manifest.
    pub digest: Digest,
    /// Its tag. Without one it names its subject.
    pub tag: Option<String>,
}

/// In which way a source says which manifests name an image as their subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Referrers {
    /// By the referrers API alone, which the server must have.
    Api,
    /// By indexes with a tag of their own.
    Lists,
}

const SIGNATURE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const SBOM: &str = "application/spdx+json";
const OTHER: &str = "application/vnd.example.scan-report";

/// Attaches something to every image: in turn a signature; an SBOM with a signature of its own; the same as referrers, and
/// a report; nothing. `turn` is what the first image gets.
pub(super) fn make(
    context: &BuildContext<'_>,
    distribution: &mut Distribution,
    referrers: Referrers,
    turn: usize,
) {
    let mut images = images(distribution);
    images.sort_unstable();
    images.dedup();
    for (position, (path, image)) in images.into_iter().enumerate() {
        let mut maker = Maker { context, path: &path, image, referrers, made: Vec::new() };
        match (position + turn) % 4 {
            0 => drop(maker.tagged(image, "sig")),
            1 => {
                let sbom = maker.tagged(image, "sbom");
                maker.tagged(sbom, "sig");
            }
            2 => {
                let sbom = maker.referrer(image, SBOM);
                maker.referrer(sbom, SIGNATURE);
                maker.referrer(image, SIGNATURE);
                maker.referrer(image, OTHER);
            }
            _ => {}
        }
        // Images for one platform can be signed too.
        for child in maker.children(image) {
            maker.tagged(child, "sig");
            maker.referrer(child, SIGNATURE);
        }
        let made = maker.list();
        distribution.attached.extend(made);
    }
}

fn images(distribution: &Distribution) -> Vec<(String, Digest)> {
    let mut images = Vec::new();
    let mut add = |path: &str, digest: Digest| images.push((path.to_owned(), digest));
    for release in distribution.releases.values() {
        add("", release.root);
        add("install", release.install);
        release.standalone.iter().for_each(|digest| add("install-standalone", *digest));
        add("release-channel", release.release_channel);
        release.images.values().for_each(|digest| add("", *digest));
    }
    for (name, module) in &distribution.modules {
        for version in module.versions.values() {
            add(&format!("modules/{name}"), version.image);
            add(&format!("modules/{name}/release"), version.release);
            version.images.values().for_each(|digest| add(&format!("modules/{name}"), *digest));
            let extra = version.extra.iter();
            extra.for_each(|(extra, (_, digest))| add(&format!("modules/{name}/extra/{extra}"), *digest));
        }
    }
    distribution.databases.iter().for_each(|(path, database)| add(path, database.digest));
    images
}

struct Maker<'a> {
    context: &'a BuildContext<'a>,
    path: &'a str,
    image: Digest,
    referrers: Referrers,
    made: Vec<AttachedObject>,
}

impl Maker<'_> {
    fn repository(&self) -> String {
        self.context.repository(self.path)
    }

    fn manifest(&self, digest: Digest) -> RawManifest {
        let manifest = self.context.store.manifest(&self.repository(), &digest.into());
        manifest.unwrap_or_else(|| unreachable!("an image that was published"))
    }

    fn children(&self, digest: Digest) -> Vec<Digest> {
        let parsed = self.manifest(digest).parse().ok();
        parsed.map(|it| it.children().iter().map(|child| child.digest).collect()).unwrap_or_default()
    }

    /// An image that only its tag attaches to the subject.
    fn tagged(&mut self, subject: Digest, suffix: &str) -> Digest {
        let text = format!("{suffix} of {subject}");
        let layer = Layer::of_files(&[("payload", text.as_bytes())], Compression::None);
        let config = ImageConfig::empty(oci::media_type::OCI_CONFIG);
        let image =
            Image::artifact(&config, &layer, "application/vnd.dev.cosign.simplesigning.v1+json", None);
        let tag = format!("sha256-{}.{suffix}", subject.hex());
        image.publish(&self.context.store, &self.repository(), &[&tag]);
        self.add(subject, image.digest(), Some(tag))
    }

    /// An artifact that names its subject.
    fn referrer(&mut self, subject: Digest, artifact_type: &str) -> Digest {
        let text = format!("{artifact_type} of {subject}");
        let layer = Layer::of_files(&[("payload", text.as_bytes())], Compression::None);
        let image = Image::referrer(artifact_type, &self.manifest(subject).descriptor(), &layer);
        image.publish(&self.context.store, &self.repository(), &[]);
        self.add(subject, image.digest(), None)
    }

    fn add(&mut self, subject: Digest, digest: Digest, tag: Option<String>) -> Digest {
        let (path, image) = (self.path.to_owned(), self.image);
        self.made.push(AttachedObject { path, image, subject, digest, tag });
        digest
    }

    /// Publishes the lists of referrers, if the source has lists; returns everything that was made.
    fn list(self) -> Vec<AttachedObject> {
        if self.referrers == Referrers::Lists {
            let referrers = || self.made.iter().filter(|it| it.tag.is_none());
            let mut subjects: Vec<Digest> = referrers().map(|it| it.subject).collect();
            subjects.dedup();
            for subject in subjects {
                let entries = referrers().filter(|it| it.subject == subject);
                let entries: Vec<_> = entries
                    .map(|it| serde_json::json!(oci::ReferrerDescriptor::of(&self.manifest(it.digest))))
                    .collect();
                let list = RawManifest::new(None, oci::referrer::index_of(&entries).into());
                let tag = format!("sha256-{}", subject.hex()).parse::<TagOrDigest>();
                if let (Ok(list), Ok(tag)) = (list, tag) {
                    self.context.store.insert_manifest(&self.repository(), &tag, list.clone());
                    self.context.store.insert_manifest(&self.repository(), &list.digest().into(), list);
                }
            }
        }
        self.made
    }
}

impl Expected {
    /// Also everything that is attached to the images that are expected; lists aside, which a registry has of its own.
    #[must_use]
    pub fn with_attached(mut self, distribution: &Distribution) -> Self {
        for object in &distribution.attached {
            let Some(repository) = self.repositories.get_mut(&object.path) else { continue };
            let is_expected = repository.tags.values().any(|digest| *digest == object.image)
                || repository.digests.contains(&object.image);
            if !is_expected {
                continue;
            }
            match &object.tag {
                Some(tag) => drop(repository.tags.insert(tag.clone(), object.digest)),
                None => drop(repository.digests.replace(object.digest)),
            }
        }
        self
    }
}
