//! The list of what is attached to a manifest, which clients keep in a registry without the referrers API.
//!
//! OCI distribution specification 1.1, "Pushing Manifests with Subject" and "Referrers Tag Schema". Pure.

use std::collections::BTreeSet;

use oci::{Digest, RawManifest, ReferrerDescriptor, manifest::ManifestError, media_type, referrer::index_of};
use serde_json::Value;

/// The list with everything that `there` (the registry's) has and is not in `gone`, and with `referrers`. `None` if that
/// is the registry's own. Entries that `bundle` (the list of the source) has are copied from it. If that list says the
/// same, it is returned itself, so that its digest is that of the source.
///
/// # Errors
/// [`ManifestError`] if the list has more entries than a manifest may have.
pub(crate) fn merged(
    there: Option<&RawManifest>,
    gone: &BTreeSet<Digest>,
    bundle: Option<&RawManifest>,
    referrers: &[&RawManifest],
) -> Result<Option<RawManifest>, ManifestError> {
    let in_bundle = bundle.map(entries).unwrap_or_default();
    let mut all = there.map(entries).unwrap_or_default();
    let own: BTreeSet<Option<Digest>> = all.iter().map(digest).collect();
    let lacking: Vec<&&RawManifest> =
        referrers.iter().filter(|referrer| !own.contains(&Some(referrer.digest()))).collect();
    if lacking.is_empty() {
        return Ok(None);
    }
    all.retain(|entry| digest(entry).is_some_and(|digest| !gone.contains(&digest)));
    for referrer in lacking {
        let is_it = |entry: &&Value| digest(entry) == Some(referrer.digest());
        let copied = in_bundle.iter().find(is_it).cloned();
        let entry = copied.or_else(|| serde_json::to_value(ReferrerDescriptor::of(referrer)).ok());
        all.extend(entry);
    }
    let digests = |entries: &[Value]| entries.iter().filter_map(digest).collect::<BTreeSet<Digest>>();
    if let Some(bundle) = bundle.filter(|_| digests(&in_bundle) == digests(&all)) {
        return Ok(Some(bundle.clone()));
    }
    RawManifest::new(Some(media_type::OCI_INDEX), index_of(&all).into()).map(Some)
}

/// The entries of an index as they are, with fields that this program does not know.
fn entries(index: &RawManifest) -> Vec<Value> {
    let parsed: Option<Value> = serde_json::from_slice(index.bytes()).ok();
    let entries = parsed.as_ref().and_then(|index| index.get("manifests")?.as_array());
    entries.cloned().unwrap_or_default()
}

fn digest(entry: &Value) -> Option<Digest> {
    entry.get("digest")?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use oci::media_type;

    use super::*;

    fn referrer(name: &str) -> RawManifest {
        let text = serde_json::json!({
            "schemaVersion": 2,
            "artifactType": "application/x.signature",
            "config": {"mediaType": "x", "size": 1, "digest": Digest::of(name.as_bytes())},
            "layers": [],
            "annotations": {"name": name},
        });
        RawManifest::new(None, text.to_string().into()).unwrap()
    }

    fn list(of: &[&RawManifest], known: &str) -> RawManifest {
        let entry = |it: &&RawManifest| {
            let mut entry = serde_json::to_value(it.descriptor()).unwrap();
            entry["known"] = known.into();
            entry
        };
        let entries: Vec<Value> = of.iter().map(entry).collect();
        RawManifest::new(Some(media_type::OCI_INDEX), index_of(&entries).into()).unwrap()
    }

    fn known(list: &RawManifest) -> Vec<(Digest, Option<String>)> {
        let known = |entry: &Value| entry.get("known").and_then(|it| it.as_str()).map(str::to_owned);
        entries(list).iter().map(|entry| (digest(entry).unwrap(), known(entry))).collect()
    }

    #[test]
    fn nothing_of_either_side_is_lost() {
        let (a, b, c) = (referrer("a"), referrer("b"), referrer("c"));
        let none = BTreeSet::new();
        // A list that is complete is left alone, also if it has more.
        let there = list(&[&c, &a], "there");
        assert_eq!(merged(Some(&there), &none, None, &[&a]).unwrap(), None);
        // Nothing there: the list of the source itself, or a new one.
        let source = list(&[&a, &b], "source");
        assert_eq!(merged(None, &none, Some(&source), &[&a, &b]).unwrap(), Some(source.clone()));
        let new = merged(None, &none, None, &[&a, &b]).unwrap().unwrap();
        assert_eq!(
            entries(&new),
            [&a, &b].map(|it| serde_json::to_value(ReferrerDescriptor::of(it)).unwrap())
        );
        assert_eq!(entries(&new)[0]["annotations"]["name"], "a");
        // Both: the entries of the registry stay as they are, and first.
        let new = merged(Some(&there), &none, Some(&source), &[&a, &b]).unwrap().unwrap();
        let some = |text: &str| Some(text.to_owned());
        let expected =
            [(c.digest(), some("there")), (a.digest(), some("there")), (b.digest(), some("source"))];
        assert_eq!(known(&new), expected);
        assert_eq!(merged(Some(&new), &none, Some(&source), &[&a, &b]).unwrap(), None);
        // What the registry itself no longer has would make it refuse the list.
        let gone = BTreeSet::from([c.digest()]);
        let new = merged(Some(&list(&[&c], "there")), &gone, None, &[&a]).unwrap().unwrap();
        assert_eq!(known(&new), [(a.digest(), None)]);
    }
}
