//! The layers of a manifest with a tag `.sig` or `.att`: one for each signature or attestation of an image. `cosign` adds
//! layers to it, so a registry may have some that a bundle does not have, such as a signature of its operator. Pure.

use std::collections::BTreeSet;

use oci::{Digest, RawManifest, manifest::ManifestError};
use serde_json::Value;

/// How many layers of `ours` the registry's manifest `there` has, and how many there are. `None` if one of them has no
/// layers.
pub(crate) fn in_common(there: &RawManifest, ours: &RawManifest) -> Option<(usize, usize)> {
    let (there, ours) = (layers(there)?, layers(ours)?);
    Some((ours.iter().filter(|layer| has(&there, layer)).count(), ours.len()))
}

/// The digests of the layers that `there` has and `ours` does not.
pub(crate) fn only_in(there: &RawManifest, ours: &RawManifest) -> BTreeSet<Digest> {
    let (there, ours) = (layers(there).unwrap_or_default(), layers(ours).unwrap_or_default());
    there.iter().filter(|layer| !has(&ours, layer)).filter_map(digest).collect()
}

/// The registry's manifest `there` without the layers in `gone`, and with the layers of `ours` that it lacks; `None` if one
/// of them has no layers. A configuration in `gone` is replaced by that of `ours`.
///
/// # Errors
/// [`ManifestError`] if that is more than a manifest may have.
pub(crate) fn with_layers(
    there: &RawManifest,
    gone: &BTreeSet<Digest>,
    ours: &RawManifest,
) -> Result<Option<RawManifest>, ManifestError> {
    let (Some(mut all), Some(own)) = (layers(there), layers(ours)) else { return Ok(None) };
    all.retain(|layer| digest(layer).is_none_or(|digest| !gone.contains(&digest)));
    let lacking: Vec<Value> = own.into_iter().filter(|layer| !has(&all, layer)).collect();
    all.extend(lacking);
    let parse = |manifest: &RawManifest| serde_json::from_slice::<Value>(manifest.bytes());
    let (Ok(mut manifest), Ok(own)) = (parse(there), parse(ours)) else { return Ok(None) };
    manifest["layers"] = Value::Array(all);
    if digest(&manifest["config"]).is_some_and(|config| gone.contains(&config)) {
        manifest["config"] = own["config"].clone();
    }
    RawManifest::new(Some(there.media_type()), manifest.to_string().into()).map(Some)
}

fn layers(manifest: &RawManifest) -> Option<Vec<Value>> {
    let mut parsed: Value = serde_json::from_slice(manifest.bytes()).ok()?;
    match parsed.get_mut("layers")?.take() {
        Value::Array(layers) => Some(layers),
        _ => None,
    }
}

/// Several signatures may have the same content: they are in the annotations of the layer.
fn has(layers: &[Value], layer: &Value) -> bool {
    let identity = |it: &Value| (digest(it), it.get("annotations").cloned());
    layers.iter().any(|it| identity(it) == identity(layer))
}

fn digest(layer: &Value) -> Option<Digest> {
    layer.get("digest")?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_set, prelude::*};
    use serde_json::json;

    use super::*;

    fn manifest(signatures: &BTreeSet<u8>) -> RawManifest {
        let layer = |number: &u8| {
            let payload = Digest::of(&[number % 2]);
            json!({ "mediaType": "x", "size": 1, "digest": payload, "annotations": { "signature": number } })
        };
        let text = json!({
            "schemaVersion": 2,
            "config": { "mediaType": "c", "size": 1, "digest": Digest::of(b"config") },
            "layers": signatures.iter().map(layer).collect::<Vec<_>>(),
            "annotations": { "kept": "yes" },
        });
        RawManifest::new(None, text.to_string().into()).unwrap()
    }

    fn signatures(manifest: &RawManifest) -> Vec<u64> {
        layers(manifest).unwrap().iter().map(|it| it["annotations"]["signature"].as_u64().unwrap()).collect()
    }

    proptest! {
        #[test]
        fn nothing_of_either_side_is_lost(there in btree_set(0_u8..8, 0..6), ours in btree_set(0_u8..8, 0..6)) {
            let (registry, bundle) = (manifest(&there), manifest(&ours));
            let common = there.intersection(&ours).count();
            prop_assert_eq!(in_common(&registry, &bundle), Some((common, ours.len())));
            let all = with_layers(&registry, &BTreeSet::new(), &bundle).unwrap().unwrap();
            let added = ours.difference(&there);
            let expected: Vec<u64> = there.iter().chain(added).map(|it| u64::from(*it)).collect();
            prop_assert_eq!(signatures(&all), expected);
            prop_assert_eq!(in_common(&all, &bundle), Some((ours.len(), ours.len())));
            let value: Value = serde_json::from_slice(all.bytes()).unwrap();
            prop_assert_eq!(&value["annotations"]["kept"], "yes");
        }
    }

    #[test]
    fn what_the_registry_itself_no_longer_has_is_dropped() {
        let (there, ours) = (manifest(&BTreeSet::from([1, 2])), manifest(&BTreeSet::from([4])));
        let gone = BTreeSet::from([Digest::of(&[1])]);
        assert_eq!(only_in(&there, &ours), BTreeSet::from([Digest::of(&[0]), Digest::of(&[1])]));
        let all = with_layers(&there, &gone, &ours).unwrap().unwrap();
        assert_eq!(signatures(&all), [2, 4]);
        let text = String::from_utf8(ours.bytes().to_vec()).unwrap();
        let (config, other) = (Digest::of(b"config"), Digest::of(b"other"));
        let ours =
            RawManifest::new(None, text.replace(&config.to_string(), &other.to_string()).into()).unwrap();
        for (gone, expected) in [(BTreeSet::from([config]), other), (BTreeSet::new(), config)] {
            let all = with_layers(&there, &gone, &ours).unwrap().unwrap();
            let all: Value = serde_json::from_slice(all.bytes()).unwrap();
            assert_eq!(digest(&all["config"]), Some(expected));
        }
    }

    #[test]
    fn an_index_has_no_layers() {
        let text = json!({ "schemaVersion": 2, "mediaType": oci::media_type::OCI_INDEX, "manifests": [] });
        let index = RawManifest::new(None, text.to_string().into()).unwrap();
        let image = manifest(&BTreeSet::from([1]));
        for (there, ours) in [(&index, &image), (&image, &index)] {
            assert_eq!(in_common(there, ours), None);
            assert_eq!(with_layers(there, &BTreeSet::new(), ours).unwrap(), None);
        }
    }
}
