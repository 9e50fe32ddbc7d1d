//! The archive of a bundle: the same content gives the same bytes.

use std::io::{self, Write as _};

use cluster::{Timestamp, support::Parts};
use flate2::{Compression, write::GzEncoder};
use serde_json::Value;
use tar_core::builder::EntryBuilder;

/// The directory that everything is in.
const DIRECTORY: &str = "dhctl-support-bundle";
/// Size of a block of a tar.
const BLOCK: usize = 512;

const README: &str = "\
What dhctl update support-bundle has read from a cluster with Deckhouse Kubernetes Platform.

contents.json  all files with their sizes, and what could not be read and why
status.json    the result of dhctl update status
doctor.json    the result of dhctl update doctor, without the checks of the registry
objects/       objects as the API has them, without managedFields
logs/          the newest lines of the logs of the platform's pods; .previous: of the run before a restart
state/         the task queues of the platform's controller, and how far its converge is
dhctl-N.log    logs of dhctl, if some were added

Secrets are replaced by ***: values of fields whose name says so, values with the form of a secret (logins in URLs,
tokens, private keys), and each value found by its name, wherever else it occurs. Of URLs of webhooks, and of URLs in
messages of releases, only scheme and host are left.

Limits:
- Values of less than 8 bytes are replaced only in their own field.
- Values of 8 to 15 letters, without any other character, are replaced only in their own field too. The password for the
  platform's registry and passwords in a dockerCfg are replaced everywhere.
- The path of a webhook is removed only together with the host if it has less than 16 characters. The same applies to a
  part of the path that has less than 16 characters or no digit.
- A value without quotes in the middle of a line of a log is replaced only up to the first space.
- A secret in another encoding is found only if it is base64 of the value alone.
The rules can miss a secret: read the files before you send them.
";

/// The archive, compressed.
///
/// # Errors
/// If it cannot be compressed.
pub(super) fn of(parts: &Parts, contents: &Value, created: Timestamp) -> io::Result<Vec<u8>> {
    let list = format!("{contents:#}\n");
    let own = [("README.txt", README.as_bytes()), ("contents.json", list.as_bytes())];
    let files = parts.files.iter().map(|file| (file.path.as_str(), file.bytes.as_slice()));
    let mut archive = GzEncoder::new(Vec::new(), Compression::default());
    let seconds = u64::try_from(created.as_second()).unwrap_or_default();
    for (path, bytes) in own.into_iter().chain(files) {
        let mut entry = EntryBuilder::new_gnu();
        entry.path(format!("{DIRECTORY}/{path}"));
        let size = u64::try_from(bytes.len()).map_err(io::Error::other)?;
        entry
            .size(size)
            .and_then(|entry| entry.mode(0o600))
            .and_then(|entry| entry.uid(0)?.gid(0)?.mtime(seconds))
            .map_err(io::Error::other)?;
        archive.write_all(&entry.finish_bytes())?;
        archive.write_all(bytes)?;
        archive.write_all(&vec![0; bytes.len().wrapping_neg() % BLOCK])?;
    }
    archive.write_all(&[0; 2 * BLOCK])?;
    archive.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use cluster::support::File;

    use super::*;

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "the archive is small, and in memory or a file of the test"
    )]
    fn an_independent_reader_finds_every_file_and_the_bytes_are_always_the_same() {
        let file = |path: &str, bytes: &[u8]| File { path: path.to_owned(), bytes: bytes.to_vec() };
        let long = format!("logs/{}/a.log", "p".repeat(200));
        let parts = Parts {
            files: vec![file("a.json", b"{}\n"), file(&long, &[b'x'; 1025]), file("z", b"")],
            left_out: Vec::new(),
        };
        let created = Timestamp::from_second(1_790_000_000).unwrap();
        let archive = of(&parts, &serde_json::json!({ "files": [] }), created).unwrap();
        assert_eq!(archive, of(&parts, &serde_json::json!({ "files": [] }), created).unwrap());
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(&archive[..]));
        let mut found = Vec::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            let header = entry.header();
            assert_eq!((header.mode().unwrap(), header.mtime().unwrap()), (0o600, 1_790_000_000));
            found.push((entry.path().unwrap().display().to_string(), bytes.len()));
        }
        let name = |path: &str| format!("dhctl-support-bundle/{path}");
        assert_eq!(
            found,
            [
                (name("README.txt"), README.len()),
                (name("contents.json"), "{\n  \"files\": []\n}\n".len()),
                (name("a.json"), 3),
                (name(&long), 1025),
                (name("z"), 0),
            ]
        );
    }
}
