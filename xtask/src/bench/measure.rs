//! Running a program to its end and seeing what it takes: time, memory, disk.

use std::{
    fs::{self, File},
    os::unix::fs::MetadataExt as _,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use testkit::peak_memory;

/// Between two looks. The kernel keeps the peak of memory itself, so only its last milliseconds can be
/// missed.
const LOOK: Duration = Duration::from_millis(5);

/// What one run of a program took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Taken {
    /// From start to end.
    pub(crate) time: Duration,
    /// Most memory that was resident at once, in bytes.
    pub(crate) memory: u64,
    /// Most disk that was allocated below the watched directory beyond what it had before, in bytes.
    pub(crate) disk: u64,
}

/// Runs a command and times it; what it says is kept for the case that it fails.
///
/// Disk is only looked at if there is a directory to watch, since looking takes time from the program.
pub(crate) fn run(command: &mut Command, watched: Option<&Path>) -> Result<Taken> {
    let name = command.get_program().to_string_lossy().into_owned();
    let said = tempfile::tempfile()?;
    command.stdin(Stdio::null()).stdout(said.try_clone()?).stderr(said.try_clone()?);
    let before = watched.map_or(0, allocated);
    let begun = Instant::now();
    let mut child = command.spawn().with_context(|| format!("{name} cannot be started"))?;
    let process = child.id();
    let is_over = AtomicBool::new(false);
    let (status, time, memory, disk) = thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let (mut memory, mut disk) = (0, 0);
            while !is_over.load(Ordering::Relaxed) {
                memory = memory.max(peak_memory(process));
                disk = disk.max(watched.map_or(0, allocated));
                thread::sleep(LOOK);
            }
            (memory, disk.max(watched.map_or(0, allocated)))
        });
        let status = child.wait();
        let time = begun.elapsed();
        is_over.store(true, Ordering::Relaxed);
        let (memory, disk) = watch.join().unwrap_or_default();
        (status, time, memory, disk)
    });
    let status = status?;
    ensure!(status.success(), "{name}: {status}\n{}", text_of(said)?);
    Ok(Taken { time, memory, disk: disk.saturating_sub(before) })
}

fn text_of(mut file: File) -> Result<String> {
    use std::io::{Read as _, Seek as _};
    let mut text = String::new();
    file.rewind()?;
    file.read_to_string(&mut text)?;
    Ok(text)
}

/// Bytes that the disk gives to everything below a directory. Files come and go meanwhile.
pub(crate) fn allocated(path: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(path) else {
        return 0;
    };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => allocated(&entry.path()),
        Ok(metadata) => metadata.blocks() * 512,
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}

/// Lets the disk finish what earlier runs have left it, so that it does not fall on the next one.
pub(crate) fn settle() {
    rustix::fs::sync();
}
