//! Tar archives made by hand, since no tool writes the wrong ones.

use bundle::tar_index::{TarError, visit_entries};
use bytes::Bytes;
use oci::BlobSource;

/// Path, offset and size of each file.
pub(crate) type Found = Vec<(String, u64, u64)>;

/// Everything that the index finds, each entry checked to lie within the archive.
pub(crate) fn index(archive: &dyn BlobSource) -> Result<Found, TarError> {
    let mut found = Vec::new();
    visit_entries(archive, |entry| {
        assert!(entry.offset + entry.size <= archive.size());
        found.push((entry.path.to_owned(), entry.offset, entry.size));
        Ok(())
    })?;
    Ok(found)
}

/// A header block with a true checksum, whatever the fields say.
pub(crate) fn header(name: &[u8], kind: u8, size: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name);
    block[100..108].copy_from_slice(b"0000777\0");
    block[108..116].copy_from_slice(b"0000000\0");
    block[116..124].copy_from_slice(b"0000000\0");
    block[124..124 + size.len()].copy_from_slice(size);
    block[136..148].copy_from_slice(b"00000000000\0");
    block[148..156].copy_from_slice(b"        ");
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar  \0");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// A size field.
pub(crate) fn octal(size: usize) -> Vec<u8> {
    format!("{size:011o}\0").into_bytes()
}

/// An entry with its content, padded.
pub(crate) fn entry(name: &[u8], kind: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = header(name, kind, &octal(content.len()));
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

/// A PAX record.
pub(crate) fn record(key: &str, value: &str) -> Vec<u8> {
    let body = key.len() + value.len() + 3;
    let length =
        (1..=4).map(|digits| body + digits).find(|length| length.to_string().len() + body == *length);
    format!("{} {key}={value}\n", length.unwrap()).into_bytes()
}

/// The pieces and the end of an archive.
pub(crate) fn archive(pieces: &[Vec<u8>]) -> Bytes {
    let mut bytes = pieces.concat();
    bytes.extend_from_slice(&[0; 1024]);
    bytes.into()
}

/// An archive with an entry of each kind that the index must follow.
pub(crate) fn every_kind() -> Bytes {
    let sparse = [
        record("GNU.sparse.major", "1"),
        record("GNU.sparse.minor", "0"),
        record("GNU.sparse.realsize", "9"),
    ];
    archive(&[
        entry(b"a", b'0', &[1; 700]),
        entry(b"././@LongLink", b'L', b"b/c\0"),
        entry(b"b", b'0', b"x"),
        entry(b"x", b'x', &record("path", "d")),
        entry(b"e", b'0', b"x"),
        entry(b"x", b'x', &sparse.concat()),
        entry(b"s", b'0', b"1\n0\n1\n"),
    ])
}
