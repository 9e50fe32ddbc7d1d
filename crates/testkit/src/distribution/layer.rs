//! Layers: files in a tar, in each of the compressions that real images have.

use std::{io::Write as _, sync::Arc};

use bytes::Bytes;
use oci::{BlobSource, Descriptor, Digest, media_type};
use registry_server::Blob;

use super::random_bytes::{RandomTar, fill};

/// Noise larger than this is computed as it is read; below it, it is kept compressed in memory.
const IN_MEMORY: u64 = 256 * 1024;

/// How a layer is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// As it is.
    None,
    /// gzip.
    Gzip,
    /// zstd.
    Zstd,
}

/// A file of a layer: its name exactly as it stands in the tar, and its content.
pub type File<'a> = (&'a str, &'a [u8]);

/// A layer.
#[derive(Debug, Clone)]
pub struct Layer {
    pub(super) blob: Blob,
    pub(super) digest: Digest,
    pub(super) diff_id: Digest,
    pub(super) compression: Compression,
}

impl Layer {
    /// A layer with these files, in this order and under exactly these names.
    pub fn of_files(files: &[File<'_>], compression: Compression) -> Self {
        let mut tar = Vec::new();
        for (name, content) in files {
            tar.extend_from_slice(header(name, content.len() as u64).as_bytes());
            tar.extend_from_slice(content);
            tar.resize(tar.len().next_multiple_of(512), 0);
        }
        tar.resize(tar.len() + 1024, 0);
        Self::packed(tar, compression)
    }

    /// A layer of `size` random bytes in the file `name`.
    pub fn of_random_bytes(name: &str, seed: u64, size: u64) -> Self {
        if size > IN_MEMORY {
            let tar = RandomTar::new(name, seed, size);
            let digest = digest_of(&tar);
            let source: Arc<dyn BlobSource> = Arc::new(tar);
            return Self { blob: source.into(), digest, diff_id: digest, compression: Compression::None };
        }
        let mut content = vec![0; usize::try_from(size).unwrap_or_default()];
        fill(seed, 0, &mut content);
        Self::of_files(&[(name, &content)], Compression::Gzip)
    }

    /// A layer with nothing but a symbolic link.
    pub fn of_link(name: &str, target: &str) -> Self {
        let mut header = header(name, 0);
        header.set_entry_type(tar::EntryType::Symlink);
        let field = &mut header.as_old_mut().linkname;
        let length = target.len().min(field.len());
        field[..length].copy_from_slice(&target.as_bytes()[..length]);
        header.set_cksum();
        Self::packed([header.as_bytes().as_slice(), &[0; 1024]].concat(), Compression::Gzip)
    }

    /// A layer of exactly these bytes, said to be packed like this. What it would be unpacked is not known:
    /// its `diff_id` is that of the bytes as they are.
    pub fn of_bytes(bytes: Bytes, compression: Compression) -> Self {
        let digest = Digest::of(&bytes);
        Self { blob: bytes.into(), digest, diff_id: digest, compression }
    }

    fn packed(tar: Vec<u8>, compression: Compression) -> Self {
        let diff_id = Digest::of(&tar);
        let bytes = match compression {
            Compression::None => tar,
            Compression::Gzip => gzip(&tar),
            Compression::Zstd => {
                ruzstd::encoding::compress_to_vec(tar.as_slice(), ruzstd::encoding::CompressionLevel::Fastest)
            }
        };
        Self { digest: Digest::of(&bytes), blob: Bytes::from(bytes).into(), diff_id, compression }
    }

    /// The digest of the layer as it is stored.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    pub(super) fn descriptor(&self, docker: bool) -> Descriptor {
        let media_type = match (docker, self.compression) {
            (true, Compression::Gzip) => media_type::DOCKER_LAYER_GZIP,
            (true, Compression::None) => "application/vnd.docker.image.rootfs.diff.tar",
            (_, Compression::Zstd) => media_type::OCI_LAYER_ZSTD,
            (false, Compression::Gzip) => media_type::OCI_LAYER_GZIP,
            (false, Compression::None) => media_type::OCI_LAYER,
        };
        Descriptor {
            media_type: media_type.to_owned(),
            size: self.blob.size(),
            digest: self.digest,
            platform: None,
            annotations: std::collections::BTreeMap::new(),
        }
    }
}

/// The header of a regular file. The name is taken byte by byte: real layers have `./a` and `/a` too,
/// which writers of tars would tidy up.
pub(super) fn header(name: &str, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    let field = &mut header.as_old_mut().name;
    let length = name.len().min(field.len());
    field[..length].copy_from_slice(&name.as_bytes()[..length]);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_entry_type(tar::EntryType::Regular);
    header.set_cksum();
    header
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .unwrap_or_else(|_| unreachable!("writing to memory does not fail"))
}

fn digest_of(source: &dyn BlobSource) -> Digest {
    let mut hasher = oci::Hasher::new(oci::Algorithm::Sha256);
    let mut buffer = vec![0; 1 << 20];
    let mut offset = 0;
    while let Ok(count @ 1..) = source.read_at(offset, &mut buffer) {
        hasher.update(&buffer[..count]);
        offset += count as u64;
    }
    hasher.finish()
}

/// The files of an uncompressed tar, the last of each name.
#[cfg(test)]
pub(super) fn files_of(tar: &[u8]) -> std::collections::BTreeMap<String, Vec<u8>> {
    use std::io::Read as _;
    let mut archive = tar::Archive::new(tar);
    #[expect(clippy::disallowed_methods, reason = "the test reads all of it anyway")]
    let entries = archive.entries().unwrap();
    entries
        .map(|entry| {
            let mut entry = entry.unwrap();
            let name = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (name, content)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn every_compression_holds_the_same_tar() {
        let files: [File<'_>; 2] = [("./a/b", b"one"), ("/c", &[7; 600])];
        let plain = Layer::of_files(&files, Compression::None);
        let Blob::Bytes(tar) = &plain.blob else { panic!("a small layer is in memory") };
        assert_eq!(files_of(tar)["./a/b"], b"one");
        assert_eq!(files_of(tar)["/c"], [7; 600]);
        for compression in [Compression::Gzip, Compression::Zstd] {
            let layer = Layer::of_files(&files, compression);
            assert_eq!(layer.diff_id, plain.digest);
            let Blob::Bytes(packed) = &layer.blob else { panic!("a small layer is in memory") };
            let mut unpacked = Vec::new();
            match compression {
                Compression::Gzip => flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut unpacked),
                _ => ruzstd::decoding::StreamingDecoder::new(&packed[..]).unwrap().read_to_end(&mut unpacked),
            }
            .unwrap();
            assert!(unpacked == tar[..]);
        }
    }

    #[test]
    fn large_random_layers_are_not_kept() {
        let layer = Layer::of_random_bytes("noise", 1, 1_000_000);
        assert!(matches!(layer.blob, Blob::Source(_)));
        assert_eq!(layer.blob.size(), 512 + 1_000_448 + 1024);
        assert_eq!(layer.digest, layer.diff_id);
    }
}
