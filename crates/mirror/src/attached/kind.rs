//! What an attached manifest is.

use deckhouse::repositories::{Attachment, attachment};
use oci::{RawManifest, Referrer, TagOrDigest};

/// What is attached to an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A signature.
    Signature,
    /// An attestation; the platform's are VEX documents.
    Attestation,
    /// A list of components.
    Sbom,
    /// Anything else.
    Other,
    /// The list of what is attached to one manifest, which a registry without the referrers API has.
    List,
}

/// Numbers of objects that are attached to images.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Attachments {
    /// Signatures.
    pub signatures: usize,
    /// Attestations (VEX).
    pub attestations: usize,
    /// Lists of components.
    pub sboms: usize,
    /// Others.
    pub referrers: usize,
}

impl Attachments {
    fn add(&mut self, kind: Kind) {
        match kind {
            Kind::Signature => self.signatures += 1,
            Kind::Attestation => self.attestations += 1,
            Kind::Sbom => self.sboms += 1,
            Kind::Other => self.referrers += 1,
            Kind::List => {}
        }
    }
}

/// Counts objects of these kinds; lists are not counted.
pub(crate) fn count(kinds: impl IntoIterator<Item = Kind>) -> Attachments {
    let mut counts = Attachments::default();
    kinds.into_iter().for_each(|kind| counts.add(kind));
    counts
}

/// What a manifest under this reference is, if it is attached to another.
pub(crate) fn kind(reference: &TagOrDigest, manifest: &RawManifest) -> Option<Kind> {
    let by_tag = match reference {
        TagOrDigest::Tag(tag) => attachment(tag.as_str()).map(|(_, attachment)| attachment),
        TagOrDigest::Digest(_) => None,
    };
    match by_tag {
        Some(Attachment::Signature) => Some(Kind::Signature),
        Some(Attachment::Attestation) => Some(Kind::Attestation),
        Some(Attachment::Sbom) => Some(Kind::Sbom),
        Some(Attachment::List) if manifest.is_index() => Some(Kind::List),
        _ => {
            let referrer = Referrer::of(manifest);
            referrer.subject.is_some().then(|| by_type(&referrer))
        }
    }
}

/// The annotation of a Sigstore bundle with the type of what it states.
const PREDICATE_TYPE: &str = "dev.sigstore.bundle.predicateType";

/// The statement that `cosign sign` makes: its bundle is a signature, although it has the form of an attestation.
const SIGNATURE_PREDICATE: &str = "https://sigstore.dev/cosign/sign/";

/// By the media type of the artifact: those of cosign, Notation, in-toto, SPDX, `CycloneDX` and Syft.
fn by_type(referrer: &Referrer) -> Kind {
    let artifact_type = referrer.artifact_type.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| artifact_type.contains(word));
    if has(&["spdx", "cyclonedx", "syft", "artifact.sbom"]) {
        return Kind::Sbom;
    }
    if has(&["sigstore.bundle"]) {
        let states = referrer.annotations.get(PREDICATE_TYPE);
        return match states {
            Some(predicate) if !predicate.starts_with(SIGNATURE_PREDICATE) => Kind::Attestation,
            _ => Kind::Signature,
        };
    }
    if has(&["in-toto", "artifact.att"]) {
        return Kind::Attestation;
    }
    if has(&["signature", "artifact.sig", "simplesigning"]) { Kind::Signature } else { Kind::Other }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn kinds_of_artifacts() {
        for (artifact_type, predicate, expected) in [
            ("application/vnd.dev.cosign.artifact.sig.v1+json", "", Kind::Signature),
            ("application/vnd.cncf.notary.signature", "", Kind::Signature),
            ("application/vnd.dev.sigstore.bundle.v0.3+json", "", Kind::Signature),
            (
                "application/vnd.dev.sigstore.bundle.v0.3+json",
                "https://sigstore.dev/cosign/sign/v1",
                Kind::Signature,
            ),
            (
                "application/vnd.dev.sigstore.bundle.v0.3+json",
                "https://slsa.dev/provenance/v1",
                Kind::Attestation,
            ),
            ("application/vnd.in-toto+json", "", Kind::Attestation),
            ("application/spdx+json", "", Kind::Sbom),
            ("application/vnd.cyclonedx+json", "", Kind::Sbom),
            ("application/vnd.example.report", "", Kind::Other),
            ("", "", Kind::Other),
        ] {
            let annotations =
                (!predicate.is_empty()).then(|| (PREDICATE_TYPE.to_owned(), predicate.to_owned()));
            let referrer = Referrer {
                subject: None,
                artifact_type: artifact_type.to_owned(),
                annotations: annotations.into_iter().collect::<BTreeMap<_, _>>(),
            };
            assert_eq!(by_type(&referrer), expected, "{artifact_type} {predicate}");
        }
    }
}
