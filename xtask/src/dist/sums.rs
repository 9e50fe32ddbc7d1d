//! Checksums, in the form that the tools which check them print.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use bundle::GostSum;
use oci::Digest;

use super::Release;

/// `SHA256SUMS` and `GOST12SUMS`.
pub(super) fn write(release: &Release, files: &[PathBuf]) -> Result<[PathBuf; 2]> {
    let (mut sha256, mut gost) = (String::new(), String::new());
    for path in files {
        let content = fs::read(path)?;
        let name = path.file_name().and_then(|name| name.to_str()).context("a file has a name")?;
        sha256 += &format!("{}  {name}\n", Digest::of(&content).hex());
        gost += &format!("{} {name}\n", GostSum::of(&content));
    }
    Ok([save(&release.folder, "SHA256SUMS", &sha256)?, save(&release.folder, "GOST12SUMS", &gost)?])
}

fn save(folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let path = folder.join(name);
    fs::write(&path, text)?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn the_tools_accept_the_sums() {
        let folder = tempfile::tempdir().unwrap();
        let release = Release { version: "1.2.3".into(), time: 0, folder: folder.path().to_owned() };
        let files = ["a", "b"].map(|name| folder.path().join(name));
        for file in &files {
            fs::write(file, file.display().to_string()).unwrap();
        }
        write(&release, &files).unwrap();
        for (tool, sums) in [("sha256sum", "SHA256SUMS"), ("gost12sum", "GOST12SUMS")] {
            let check = || Command::new(tool).args(["-c", sums]).current_dir(folder.path()).output().unwrap();
            assert!(check().status.success(), "{tool}: {:?}", check());
        }
        fs::write(&files[0], "changed").unwrap();
        for (tool, sums) in [("sha256sum", "SHA256SUMS"), ("gost12sum", "GOST12SUMS")] {
            let checked = Command::new(tool).args(["-c", sums]).current_dir(folder.path()).output().unwrap();
            assert!(!checked.status.success(), "{tool}");
        }
    }
}
