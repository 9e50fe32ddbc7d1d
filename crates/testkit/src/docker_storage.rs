//! Docker distribution's files on disk, written and read without the program: a registry is filled at
//! the speed of the disk, and what came of a push is read back past every cache and client.
//!
//! Layout: `registry/storage/paths.go` of docker/distribution 2.8.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use oci::{BlobSource, Digest, RawManifest, TagOrDigest};
use registry_server::{Blob, MemoryStore, Store};

const ROOT: &str = "docker/registry/v2";

/// Writes all of `store` below `dir`, the `rootdirectory` of a registry that does not run yet.
///
/// Blobs are copied in pieces, so those that are not in memory need none.
///
/// # Errors
/// What the file system reports.
pub fn write_docker_registry_storage(store: &MemoryStore, dir: &Path) -> io::Result<()> {
    let storage = DockerStorage::new(dir);
    for repository in store.repositories() {
        for digest in store.blobs(&repository) {
            if let Some(blob) = store.blob(&repository, &digest) {
                storage.write_data(&digest, &blob)?;
                link(&storage.layer_link(&repository, &digest), &digest)?;
            }
        }
        for digest in store.manifests(&repository) {
            if let Some(manifest) = store.manifest(&repository, &digest.into()) {
                storage.write_data(&digest, &manifest.bytes().clone().into())?;
                link(&storage.revision_link(&repository, &digest), &digest)?;
            }
        }
        for (tag, digest) in store.tagged(&repository) {
            let tag = storage.tags(&repository).join(tag);
            link(&tag.join("current/link"), &digest)?;
            link(&tag.join("index").join(hashed(&digest)).join("link"), &digest)?;
        }
    }
    Ok(())
}

/// The storage directory of a registry, as a store that can be read.
#[derive(Debug, Clone)]
pub struct DockerStorage(PathBuf);

impl DockerStorage {
    /// The storage below `dir`, a registry's `rootdirectory`.
    pub fn new(dir: &Path) -> Self {
        Self(dir.join(ROOT))
    }

    fn data(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        let blobs = self.0.join("blobs").join(digest.algorithm().name());
        blobs.join(&hex[..2]).join(&hex).join("data")
    }

    fn repository(&self, name: &str) -> PathBuf {
        self.0.join("repositories").join(name)
    }

    fn tags(&self, repository: &str) -> PathBuf {
        self.repository(repository).join("_manifests/tags")
    }

    fn layer_link(&self, repository: &str, digest: &Digest) -> PathBuf {
        let layers = self.repository(repository).join("_layers");
        layers.join(hashed(digest)).join("link")
    }

    fn revision_link(&self, repository: &str, digest: &Digest) -> PathBuf {
        let revisions = self.repository(repository).join("_manifests/revisions");
        revisions.join(hashed(digest)).join("link")
    }

    fn write_data(&self, digest: &Digest, blob: &Blob) -> io::Result<()> {
        let path = self.data(digest);
        if path.exists() {
            return Ok(());
        }
        fs::create_dir_all(path.parent().unwrap_or(&path))?;
        let mut file = File::create(path)?;
        let source = match blob {
            Blob::Bytes(bytes) => return file.write_all(bytes),
            Blob::Source(source) => source,
        };
        let mut buffer = vec![0; 1 << 20];
        let mut offset = 0;
        while offset < source.size() {
            let count = source.read_at(offset, &mut buffer)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            file.write_all(&buffer[..count])?;
            offset += count as u64;
        }
        Ok(())
    }
}

fn link(path: &Path, digest: &Digest) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    fs::write(path, digest.to_string())
}

fn linked(link: &Path) -> Option<Digest> {
    fs::read_to_string(link).ok()?.parse().ok()
}

/// `sha256/HEX`.
fn hashed(digest: &Digest) -> PathBuf {
    Path::new(digest.algorithm().name()).join(digest.hex())
}

impl Store for DockerStorage {
    fn tags(&self, repository: &str) -> Option<Vec<String>> {
        let entries = fs::read_dir(self.tags(repository)).ok()?;
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        Some(names.collect())
    }

    fn manifest(&self, repository: &str, reference: &TagOrDigest) -> Option<RawManifest> {
        let digest = match reference {
            TagOrDigest::Tag(tag) => {
                let tag = self.tags(repository).join(tag.as_str());
                linked(&tag.join("current/link"))?
            }
            TagOrDigest::Digest(digest) => linked(&self.revision_link(repository, digest))?,
        };
        RawManifest::new(None, fs::read(self.data(&digest)).ok()?.into()).ok()
    }

    fn blob(&self, repository: &str, digest: &Digest) -> Option<Blob> {
        let digest = linked(&self.layer_link(repository, digest))?;
        let file = File::open(self.data(&digest)).ok()?;
        let size = file.metadata().ok()?.len();
        let source: Arc<dyn BlobSource> = Arc::new(DataFile { file, size });
        Some(source.into())
    }
}

#[derive(Debug)]
struct DataFile {
    file: File,
    size: u64,
}

impl BlobSource for DataFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < buf.len() {
            match self.file.read_at(&mut buf[done..], offset + done as u64)? {
                0 => break,
                count => done += count,
            }
        }
        Ok(done)
    }
}
