//! An OCI image that contains only the binary, as an image layout in a tar.

use std::{fs, path::PathBuf};

use anyhow::Result;
use oci::Digest;
use serde_json::{Value, json};

use super::{
    Release,
    archive::{Entries, Entry, gzip, tar},
};

/// `dhctl-VERSION-oci.tar`, which `skopeo copy oci-archive:FILE docker://…` pushes.
pub(super) fn write(release: &Release, binary: &[u8]) -> Result<PathBuf> {
    let path = release.folder.join(format!("dhctl-{}-oci.tar", release.version));
    fs::write(&path, tar(&layout(release, binary)?, release.time)?)?;
    Ok(path)
}

fn layout(release: &Release, binary: &[u8]) -> Result<Entries> {
    let program = Entry { content: binary.to_vec(), executable: true };
    let plain = tar(&Entries::from([("usr/bin/dhctl".to_owned(), program)]), release.time)?;
    let mut blobs = Entries::new();
    let layer = add(&mut blobs, "application/vnd.oci.image.layer.v1.tar+gzip", gzip(&plain)?);
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "config": { "Entrypoint": ["/usr/bin/dhctl"] },
        "rootfs": { "type": "layers", "diff_ids": [Digest::of(&plain).to_string()] },
    });
    let config = add(&mut blobs, "application/vnd.oci.image.config.v1+json", serde_json::to_vec(&config)?);
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": config,
        "layers": [layer],
        "annotations": {
            "org.opencontainers.image.title": "dhctl",
            "org.opencontainers.image.version": release.version,
            "org.opencontainers.image.licenses": "Apache-2.0",
        },
    });
    let mut manifest = add(&mut blobs, media_type, serde_json::to_vec(&manifest)?);
    manifest["annotations"] = json!({ "org.opencontainers.image.ref.name": release.version });
    let index = json!({ "schemaVersion": 2, "manifests": [manifest] });
    let file = |value: &Value| -> Result<Entry> {
        Ok(Entry { content: serde_json::to_vec(value)?, executable: false })
    };
    blobs.insert("index.json".to_owned(), file(&index)?);
    blobs.insert("oci-layout".to_owned(), file(&json!({ "imageLayoutVersion": "1.0.0" }))?);
    Ok(blobs)
}

/// Adds a blob, and returns its descriptor.
fn add(blobs: &mut Entries, media_type: &str, content: Vec<u8>) -> Value {
    let digest = Digest::of(&content);
    let descriptor = json!({ "mediaType": media_type, "digest": digest.to_string(), "size": content.len() });
    blobs.insert(format!("blobs/sha256/{}", digest.hex()), Entry { content, executable: false });
    descriptor
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn skopeo_reads_the_image() {
        let folder = tempfile::tempdir().unwrap();
        let release = Release { version: "1.2.3".into(), time: 0, folder: folder.path().to_owned() };
        let path = write(&release, b"a program").unwrap();
        let copied = Command::new("skopeo")
            .args(["copy", "--insecure-policy", &format!("oci-archive:{}", path.display())])
            .arg(format!("dir:{}", folder.path().join("copy").display()))
            .output()
            .unwrap();
        assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    }
}
