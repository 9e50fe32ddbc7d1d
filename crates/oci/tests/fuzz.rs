//! What is written in manifests, layouts and references by others.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::Bytes;
use fuzzing::fuzz;
use oci::{Digest, RawManifest, RepositoryUrl, TagOrDigest, layout::LayoutIndex};

/// Parsing what was printed gives the same.
fn round_trip<T>(bytes: &[u8])
where
    T: std::str::FromStr<Err: std::fmt::Debug> + ToString + PartialEq + std::fmt::Debug,
{
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(value) = text.parse::<T>() {
        assert_eq!(value.to_string().parse::<T>().unwrap(), value);
    }
}

#[test]
fn digests() {
    let (short, long) = (Digest::of(b"x").to_string(), format!("sha512:{}", "0a".repeat(64)));
    fuzz!([short, long], round_trip::<Digest>);
}

#[test]
fn references() {
    let digest = Digest::of(b"x").to_string();
    fuzz!([digest, "v1.58.3".to_owned(), "a_b.C-d".to_owned()], round_trip::<TagOrDigest>);
}

#[test]
fn addresses() {
    let seeds =
        ["registry.example:5000/path/to_it/ee", "[::1]:5000/a", "https://r.example/a__b/c-d", "10.0.0.1/x"];
    fuzz!(seeds, round_trip::<RepositoryUrl>);
}

#[test]
fn manifests() {
    let digest = Digest::of(b"x");
    let blob = format!(r#"{{"mediaType":"a/b","size":7,"digest":"{digest}","annotations":{{"k":"v"}}}}"#);
    let image = format!(r#"{{"schemaVersion":2,"config":{blob},"layers":[{blob},{blob}]}}"#);
    let index = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{blob}]}}"#
    );
    fuzz!([image, index], |bytes: &[u8]| {
        if let Ok(manifest) = RawManifest::new(None, Bytes::copy_from_slice(bytes)) {
            assert_eq!(manifest.bytes().as_ref(), bytes, "the bytes are kept");
            let parsed = manifest.parse().unwrap();
            assert!(parsed.blobs().count() + parsed.children().len() <= bytes.len());
        }
        if let Ok(index) = LayoutIndex::parse(bytes) {
            assert_eq!(LayoutIndex::parse(&index.to_bytes()).unwrap(), index);
        }
    });
}
