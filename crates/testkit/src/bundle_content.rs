//! An independent reading of a bundle: by the `tar` crate and by JSON, with none of the code that writes
//! bundles or checks them.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read as _},
    path::PathBuf,
};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use oci::{Descriptor, Digest, RawManifest, layout};
use registry_server::MemoryStore;

/// What a bundle holds, below the root `root`, to be compared with
/// [`Expected`](crate::distribution::Expected). `files` are the bundle, or its parts in order.
///
/// Digests are taken from names, not computed: the code that compares computes them.
///
/// # Errors
/// If it is no tar of image layouts, or a descriptor leads nowhere.
pub fn read_bundle(files: &[PathBuf], root: &str) -> Result<MemoryStore> {
    let mut stream: Box<dyn io::Read> = Box::new(io::empty());
    for file in files {
        stream = Box::new(stream.chain(File::open(file).with_context(|| file.display().to_string())?));
    }
    let mut content = BTreeMap::new();
    let mut archive = tar::Archive::new(stream);
    #[expect(clippy::disallowed_methods, reason = "every byte is wanted here")]
    let entries = archive.entries()?;
    for entry in entries {
        let mut entry = entry?;
        let path = entry.path()?.to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        content.insert(path, Bytes::from(bytes));
    }
    let store = MemoryStore::new();
    for (path, bytes) in &content {
        let Some(directory) = path.strip_suffix(layout::INDEX_FILE) else { continue };
        let repository = Repository { store: &store, root, directory, content: &content };
        let index: serde_json::Value = serde_json::from_slice(bytes).context(path.clone())?;
        for descriptor in index["manifests"].as_array().context("an index without manifests")? {
            let tag = descriptor["annotations"][layout::SHORT_TAG].as_str().map(str::to_owned);
            repository.add(&serde_json::from_value(descriptor.clone())?, tag.as_deref())?;
        }
    }
    Ok(store)
}

struct Repository<'a> {
    store: &'a MemoryStore,
    root: &'a str,
    directory: &'a str,
    content: &'a BTreeMap<String, Bytes>,
}

impl Repository<'_> {
    fn name(&self) -> String {
        format!("{}/{}", self.root, self.directory).trim_end_matches('/').to_owned()
    }

    fn bytes(&self, digest: &Digest) -> Result<Bytes> {
        let path = format!("{}{}", self.directory, layout::blob_path(digest));
        self.content.get(&path).cloned().with_context(|| format!("{path} is not in the bundle"))
    }

    /// Puts a manifest with all that it names into the store, and under its tag if that is one.
    fn add(&self, descriptor: &Descriptor, tag: Option<&str>) -> Result<()> {
        let bytes = self.bytes(&descriptor.digest)?;
        let manifest = RawManifest::with_digest(Some(&descriptor.media_type), bytes, descriptor.digest)?;
        let parsed = manifest.parse()?;
        for child in parsed.children() {
            self.add(child, None)?;
        }
        for blob in parsed.blobs() {
            self.store.insert_blob(&self.name(), blob.digest, self.bytes(&blob.digest)?);
        }
        self.store.insert_manifest(&self.name(), &descriptor.digest.into(), manifest.clone());
        if let Some(tag) = tag {
            self.store.insert_manifest(&self.name(), &tag.parse()?, manifest);
        }
        Ok(())
    }
}
