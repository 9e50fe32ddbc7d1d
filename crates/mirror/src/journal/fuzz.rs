//! A journal that a crash, a bad disk or a joker has changed.

use bytes::Bytes;
use fuzzing::fuzz;
use oci::{Digest, RawManifest};

use super::{manifests, plan_file::PlanFile, progress};

#[test]
fn progress_files() {
    let records = [progress::encode(1, 10), progress::encode(2, 1 << 40), progress::encode(1, 30)].concat();
    fuzz!([records], |bytes: &[u8]| {
        assert!(progress::decode(bytes).len() <= bytes.len() / 16);
    });
}

#[test]
fn manifest_files() {
    let config = Digest::of(b"x");
    let manifest =
        format!(r#"{{"schemaVersion":2,"config":{{"mediaType":"x","size":1,"digest":"{config}"}}}}"#);
    let record = manifests::encode(&RawManifest::new(None, manifest.into()).unwrap());
    fuzz!([record.repeat(2)], |bytes: &[u8]| {
        let (known, good) = manifests::decode(&Bytes::copy_from_slice(bytes));
        assert!(good <= bytes.len() as u64);
        for (digest, manifest) in known {
            assert_eq!(digest.same_algorithm_of(manifest.bytes()), digest);
        }
    });
}

#[test]
fn plan_files() {
    let digest = Digest::of(b"x");
    let plan = format!(
        r#"{{"version":1,"id":"{digest}","size":4096,"part_size":null,"blobs":[{{"digest":"{digest}","size":7,"offset":1024}}]}}"#
    );
    fuzz!([plan], |bytes: &[u8]| {
        if let Some(plan) = PlanFile::parse(bytes) {
            assert!(plan.blobs.iter().all(|blob| blob.offset + blob.size <= plan.size));
        }
    });
}
