//! A real file system that is soon full: a `tmpfs` of a given size, in a mount namespace of its own, so that
//! nothing of this machine sees it and it ends with the process that holds it.

use std::{
    fs,
    io::{self, BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

/// Its name among the files of the disk.
const FILLER: &str = "filler";

/// A mounted disk; it is gone when dropped.
#[derive(Debug)]
pub struct SmallDisk {
    holder: Child,
    mount_point: TempDir,
}

impl SmallDisk {
    /// Makes a disk of `bytes`, rounded up to whole pages.
    ///
    /// # Errors
    /// If this user may not make mount namespaces, or `unshare` is not installed.
    pub fn new(bytes: u64) -> anyhow::Result<Self> {
        let mount_point = TempDir::new()?;
        let mut holder = Command::new("unshare")
            .args(["--mount", "--map-root-user", "setpriv", "--pdeathsig", "KILL", "sh", "-c"])
            .arg("mount -t tmpfs -o size=\"$1\" none \"$0\" && echo mounted && exec cat")
            .arg(mount_point.path())
            .arg(bytes.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("unshare cannot be started (Debian package util-linux)")?;
        let mut said = String::new();
        let stdout = holder.stdout.take().context("no standard output")?;
        BufReader::new(stdout).read_line(&mut said)?;
        let disk = Self { holder, mount_point };
        ensure!(said == "mounted\n", "no tmpfs can be mounted in a namespace of its own");
        Ok(disk)
    }

    /// Its files, as every process sees them.
    pub fn path(&self) -> PathBuf {
        let inside = self.mount_point.path();
        let root = PathBuf::from(format!("/proc/{}/root", self.holder.id()));
        root.join(inside.strip_prefix("/").unwrap_or(inside))
    }

    /// A command that runs `program` with the disk as its working directory.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--mount", "--user", "--preserve-credentials", "--target"]);
        command.arg(self.holder.id().to_string());
        command.arg(format!("--wdns={}", self.mount_point.path().display()));
        command.arg("--").arg(program);
        command
    }

    /// Leaves no byte free.
    ///
    /// # Errors
    /// If something else goes wrong than that the disk is full.
    pub fn fill(&self) -> io::Result<()> {
        let mut filler = fs::File::options().create(true).append(true).open(self.path().join(FILLER))?;
        let block = [0; 4096];
        loop {
            match filler.write_all(&block) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::StorageFull => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes back what [`SmallDisk::fill`] has taken.
    ///
    /// # Errors
    /// If it was not filled.
    pub fn make_room(&self) -> io::Result<()> {
        fs::remove_file(self.path().join(FILLER))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
