//! The layers of a manifest with a tag `.sig` or `.att`: one for each signature or attestation of an image. `cosign` adds
//! layers to it, so a registry may have some that a bundle does not have, such as a signature of its operator. Pure.

use std::collections::BTreeSet;

use bytes::Bytes;
use oci::{Digest, RawManifest, manifest::ManifestError};
use serde_json::{Value, json};

/// A manifest and its configuration, if that can be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signatures<'a> {
    pub(crate) manifest: &'a RawManifest,
    pub(crate) config: Option<&'a [u8]>,
}

/// A manifest with the layers of two others.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Union {
    pub(crate) manifest: RawManifest,
    /// Its configuration, if none of the two others has it.
    pub(crate) config: Option<Bytes>,
}

/// How many layers of `ours` the registry's manifest `there` has, and how many there are. `None` if one of them has no
/// layers.
pub(crate) fn in_common(there: &RawManifest, ours: &RawManifest) -> Option<(usize, usize)> {
    let (there, ours) = (layers(there)?, layers(ours)?);
    Some((ours.iter().filter(|layer| has(&there, layer)).count(), ours.len()))
}

/// Whether `one` has every layer of `other`.
pub(crate) fn has_all(one: &RawManifest, other: &RawManifest) -> bool {
    in_common(one, other).is_some_and(|(common, all)| common == all)
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
    there: Signatures<'_>,
    gone: &BTreeSet<Digest>,
    ours: Signatures<'_>,
) -> Result<Option<Union>, ManifestError> {
    let sides = [there, ours].map(|side| layers(side.manifest).zip(Some(side.config)));
    let [Some((theirs, their_config)), Some((own, own_config))] = &sides else { return Ok(None) };
    let is_there = |layer: &&Value| digest(layer).is_none_or(|digest| !gone.contains(&digest));
    let mut all: Vec<Value> = theirs.iter().filter(is_there).cloned().collect();
    let lacking: Vec<Value> = own.iter().filter(|layer| !has(&all, layer)).cloned().collect();
    all.extend(lacking);
    let parse = |manifest: &RawManifest| serde_json::from_slice::<Value>(manifest.bytes());
    let (Ok(mut manifest), Ok(parsed)) = (parse(there.manifest), parse(ours.manifest)) else {
        return Ok(None);
    };
    let is_config_gone = digest(&manifest["config"]).is_some_and(|config| gone.contains(&config));
    if is_config_gone {
        manifest["config"] = parsed["config"].clone();
    }
    let base = if is_config_gone { own_config } else { their_config };
    let config = base.and_then(|base| config_of(&all, base, &[(theirs, *their_config), (own, *own_config)]));
    if let Some(config) = &config {
        manifest["config"]["digest"] = json!(Digest::of(config));
        manifest["config"]["size"] = json!(config.len());
    }
    manifest["layers"] = Value::Array(all);
    let manifest = RawManifest::new(Some(there.manifest.media_type()), manifest.to_string().into())?;
    Ok(Some(Union { manifest, config }))
}

/// The configuration `base` with an entry for each layer in `all`; `None` if it has no such entries, or needs no others.
/// `cosign` adds nothing to an image whose layers and `diff_ids` differ in number. `sides`: layers, and the configuration
/// that describes them.
fn config_of(all: &[Value], base: &[u8], sides: &[(&Vec<Value>, Option<&[u8]>)]) -> Option<Bytes> {
    let parse = |config: &[u8]| serde_json::from_slice::<Value>(config).ok();
    let before = parse(base)?;
    before.pointer(DIFF_IDS)?.as_array()?;
    let described = sides.iter().filter_map(|(layers, config)| Some((*layers, parse((*config)?)?)));
    let described: Vec<(&Vec<Value>, Value)> = described.collect();
    let entries = |list: &str, unknown: &dyn Fn(&Value) -> Value| -> Vec<Value> {
        let known = |layer: &Value| {
            described.iter().find_map(|(layers, config)| {
                let entries = config.pointer(list)?.as_array()?;
                let place = layers.iter().position(|it| identity(it) == identity(layer))?;
                (entries.len() == layers.len()).then(|| entries[place].clone())
            })
        };
        all.iter().map(|layer| known(layer).unwrap_or_else(|| unknown(layer))).collect()
    };
    let mut config = before.clone();
    // The layers of signatures are not compressed.
    *config.pointer_mut(DIFF_IDS)? = entries(DIFF_IDS, &|layer| layer["digest"].clone()).into();
    if let Some(history) = config.pointer_mut(HISTORY) {
        *history = entries(HISTORY, &|_| json!({ "created": "0001-01-01T00:00:00Z" })).into();
    }
    (config != before).then(|| config.to_string().into())
}

const DIFF_IDS: &str = "/rootfs/diff_ids";
const HISTORY: &str = "/history";

fn layers(manifest: &RawManifest) -> Option<Vec<Value>> {
    let mut parsed: Value = serde_json::from_slice(manifest.bytes()).ok()?;
    match parsed.get_mut("layers")?.take() {
        Value::Array(layers) => Some(layers),
        _ => None,
    }
}

/// Several signatures may have the same content: they are in the annotations of the layer.
fn has(layers: &[Value], layer: &Value) -> bool {
    layers.iter().any(|it| identity(it) == identity(layer))
}

fn identity(layer: &Value) -> (Option<Digest>, Option<&Value>) {
    (digest(layer), layer.get("annotations"))
}

fn digest(layer: &Value) -> Option<Digest> {
    layer.get("digest")?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::btree_set, prelude::*};

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

    /// A configuration as `cosign` writes it.
    fn config(signatures: &BTreeSet<u8>) -> Vec<u8> {
        let entries = |name: &str| -> Vec<String> {
            signatures.iter().map(|number| format!("{name} {number}")).collect()
        };
        let rootfs = json!({ "type": "layers", "diff_ids": entries("diff") });
        json!({ "rootfs": rootfs, "history": entries("history") }).to_string().into()
    }

    fn bare(manifest: &RawManifest) -> Signatures<'_> {
        Signatures { manifest, config: None }
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
            let configs = (config(&there), config(&ours));
            let registry = Signatures { manifest: &registry, config: Some(&configs.0) };
            let ours_with_config = Signatures { manifest: &bundle, config: Some(&configs.1) };
            let all = with_layers(registry, &BTreeSet::new(), ours_with_config).unwrap().unwrap();
            let described = all.config.as_ref().map_or(configs.0.as_slice(), AsRef::as_ref);
            let described: Value = serde_json::from_slice(described).unwrap();
            let all = all.manifest;
            let added = ours.difference(&there);
            let expected: Vec<u64> = there.iter().chain(added).map(|it| u64::from(*it)).collect();
            prop_assert_eq!(signatures(&all), &expected[..]);
            for (list, name) in [(DIFF_IDS, "diff"), (HISTORY, "history")] {
                let entries: Vec<String> = expected.iter().map(|number| format!("{name} {number}")).collect();
                prop_assert_eq!(described.pointer(list).unwrap(), &json!(entries));
            }
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
        let all = with_layers(bare(&there), &gone, bare(&ours)).unwrap().unwrap().manifest;
        assert_eq!(signatures(&all), [2, 4]);
        let text = String::from_utf8(ours.bytes().to_vec()).unwrap();
        let (config, other) = (Digest::of(b"config"), Digest::of(b"other"));
        let ours =
            RawManifest::new(None, text.replace(&config.to_string(), &other.to_string()).into()).unwrap();
        for (gone, expected) in [(BTreeSet::from([config]), other), (BTreeSet::new(), config)] {
            let all = with_layers(bare(&there), &gone, bare(&ours)).unwrap().unwrap().manifest;
            let all: Value = serde_json::from_slice(all.bytes()).unwrap();
            assert_eq!(digest(&all["config"]), Some(expected));
        }
    }

    #[test]
    fn only_a_configuration_with_entries_for_layers_is_written() {
        let (one, two) = (BTreeSet::from([1]), BTreeSet::from([2]));
        let (there, ours) = (manifest(&one), manifest(&two));
        let (empty, own) = (b"{}".as_slice(), config(&two));
        let merge = |theirs, own| {
            let there = Signatures { manifest: &there, config: theirs };
            with_layers(there, &BTreeSet::new(), Signatures { manifest: &ours, config: own })
                .unwrap()
                .unwrap()
        };
        assert_eq!(merge(Some(empty), Some(&own)).config, None);
        assert_eq!(merge(None, Some(&own)).config, None);
        // A layer that is described nowhere is its own content.
        let union = merge(Some(&config(&one)), None);
        let written: Value = serde_json::from_slice(union.config.as_ref().unwrap()).unwrap();
        let layer = Digest::of(&[0]).to_string();
        assert_eq!(written.pointer(DIFF_IDS).unwrap(), &json!(["diff 1", layer]));
        let named: Value = serde_json::from_slice(union.manifest.bytes()).unwrap();
        assert_eq!(digest(&named["config"]), union.config.as_ref().map(|it| Digest::of(it)));
        assert_eq!(named["config"]["size"], union.config.unwrap().len());
    }

    #[test]
    fn an_index_has_no_layers() {
        let text = json!({ "schemaVersion": 2, "mediaType": oci::media_type::OCI_INDEX, "manifests": [] });
        let index = RawManifest::new(None, text.to_string().into()).unwrap();
        let image = manifest(&BTreeSet::from([1]));
        for (there, ours) in [(&index, &image), (&image, &index)] {
            assert_eq!(in_common(there, ours), None);
            assert_eq!(with_layers(bare(there), &BTreeSet::new(), bare(ours)).unwrap(), None);
        }
    }
}
