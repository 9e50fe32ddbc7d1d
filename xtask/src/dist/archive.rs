//! Archives whose bytes depend on their contents only: sorted names, one time, no owner.

use std::{collections::BTreeMap, fs, io::Write as _, path::PathBuf};

use anyhow::Result;
use flate2::{Compression, write::GzEncoder};

use super::{Release, contents};

/// A file in an archive.
pub(super) struct Entry {
    pub(super) content: Vec<u8>,
    pub(super) executable: bool,
}

/// The files of an archive by their paths in it.
pub(super) type Entries = BTreeMap<String, Entry>;

/// `dhctl-VERSION-x86_64-linux.tar.gz`: the binary and its documentation in one folder.
pub(super) fn write(release: &Release, binary: &[u8]) -> Result<PathBuf> {
    let name = format!("dhctl-{}-x86_64-linux", release.version);
    let mut entries = Entries::new();
    for (path, content) in contents::files()? {
        entries.insert(format!("{name}/{path}"), Entry { content, executable: false });
    }
    entries.insert(format!("{name}/dhctl"), Entry { content: binary.to_vec(), executable: true });
    let path = release.folder.join(format!("{name}.tar.gz"));
    fs::write(&path, gzip(&tar(&entries, release.time)?)?)?;
    Ok(path)
}

/// A tar of these files, owned by root.
pub(super) fn tar(entries: &Entries, time: u64) -> Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, entry) in entries {
        let mut header = tar::Header::new_ustar();
        header.set_size(u64::try_from(entry.content.len())?);
        header.set_mode(if entry.executable { 0o755 } else { 0o644 });
        header.set_mtime(time);
        archive.append_data(&mut header, path, entry.content.as_slice())?;
    }
    Ok(archive.into_inner()?)
}

/// Compressed, without a time in the header.
pub(super) fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn an_archive_has_the_given_time_and_modes_and_the_same_bytes_each_time() {
        let entry = |text: &str, executable| Entry { content: text.into(), executable };
        let entries =
            Entries::from([("x/a".into(), entry("one", true)), ("x/b".into(), entry("two", false))]);
        let bytes = gzip(&tar(&entries, 1_700_000_000).unwrap()).unwrap();
        assert_eq!(bytes, gzip(&tar(&entries, 1_700_000_000).unwrap()).unwrap());
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).unwrap();
        let text = "x/a 755 1700000000\nx/b 644 1700000000\n";
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.tar"), plain).unwrap();
        let script = "tar -xpf a.tar --same-permissions && stat -c '%n %a %Y' x/a x/b";
        let listed =
            std::process::Command::new("sh").args(["-c", script]).current_dir(folder.path()).output();
        assert_eq!(String::from_utf8(listed.unwrap().stdout).unwrap(), text);
    }
}
