//! Disks that are too small, that fill up in the middle, and that take no large files.

use std::{
    fs, os::unix::fs::MetadataExt as _, path::Path, process::Command, sync::Arc, thread, time::Duration,
};

use bundle::{BundleError, Writer};
use registry_server::RunningServer;
use testkit::{
    link::{Link, LinkOptions},
    small_disk::SmallDisk,
};

use super::setup::{Ended, Ends, Sample, Setup, closed, fails};
use crate::world::{program, serve};

/// A disk with room for the binary and `beside` bytes more.
fn ground_with(beside: u64) -> Setup {
    let binary = fs::metadata(program()).unwrap().size();
    Setup::on(SmallDisk::new(binary.next_multiple_of(4096) + beside).unwrap())
}

struct Source {
    link: Link,
    url: String,
    _server: RunningServer,
}

fn source(sample: &Sample) -> Source {
    let server = serve(Arc::new(sample.distribution.store.clone()), closed());
    let options = LinkOptions { bytes_per_second: Some(600_000), ..LinkOptions::default() };
    let link = Link::start(server.addr(), options).unwrap();
    let url = format!("{}/{}", link.addr(), sample.distribution.root);
    Source { link, url, _server: server }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_little_disk_space_is_reported_before_the_download() {
    let sample = Sample::small();
    let source = source(&sample);
    let size = sample.bundle.len() as u64;
    let setup = ground_with(size - 100_000);
    let ended = setup.pull(&source.url, &[]);
    let told = ["no space left: the bundle needs ", "are free", "free some space"];
    fails(6, &told).check("pull", &ended.run);
    setup.assert_only_work_in_progress();
    let down = source.link.bytes_down();
    assert!(down < size / 2, "{down} bytes came");

    // Parts of the bundle, and a copy, need as much again.
    let setup = ground_with(size * 3 / 2);
    fs::write(setup.bundle(), &sample.bundle).unwrap();
    fs::create_dir(setup.folder().join("out")).unwrap();
    let joined: &[&str] = &["bundle", "join", "d8.tar", "-o", "out/d8.tar"];
    for args in [&["bundle", "split", "d8.tar", "-c", "100KB", "-o", "out"], joined] {
        let ended = setup.run(setup.command(args));
        fails(6, &told).check("convert", &ended.run);
        assert_eq!(fs::read_dir(setup.folder().join("out")).unwrap().count(), 0);
    }
}

/// Fills the disk as soon as `when` holds, and gives how the pull ended.
fn fill_when(setup: &Setup, source: &Source, when: impl Fn() -> bool) -> Ended {
    thread::scope(|scope| {
        let pull = scope.spawn(|| setup.pull(&source.url, &[]));
        while !when() {
            assert!(!pull.is_finished(), "{:?}", pull.join());
            thread::sleep(Duration::from_millis(2));
        }
        setup.disk().fill().unwrap();
        pull.join().unwrap()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_a_pull_that_can_be_resumed() {
    let sample = Sample::small();
    let size = sample.bundle.len() as u64;
    for in_planning in [true, false] {
        let source = source(&sample);
        let setup = ground_with(2 * size);
        let partial = setup.folder().join("d8.tar.partial");
        let begun = || fs::metadata(&partial).is_ok_and(|data| data.blocks() * 512 >= size);
        let ended =
            fill_when(&setup, &source, || begun() || in_planning && source.link.bytes_down() > 20_000);
        if ended.run.code == Some(0) {
            // What a pull needs was reserved before the disk was full.
            assert!(!in_planning, "{}", ended.run.stderr);
            setup.assert_pulled(&sample);
            continue;
        }
        fails(6, &["d8.tar", "pace left", "free some space"]).check("full", &ended.run);
        setup.assert_only_work_in_progress();
        setup.disk().make_room().unwrap();
        let before = source.link.bytes_down();
        Ends::Done.check("with room", &setup.pull(&source.url, &[]).run);
        setup.assert_pulled(&sample);
        let again = source.link.bytes_down() - before;
        assert!(again < size, "{again} of {size} bytes came again");
    }
}

/// Where the system cannot reserve space, a full disk shows in the middle.
#[test]
fn a_write_to_a_full_disk_is_reported_with_sizes() {
    let disk = SmallDisk::new(1 << 20).unwrap();
    for part_size in [None, Some(100_000)] {
        let writer = Writer::create(&disk.path().join("d8.tar"), 900_000, part_size).unwrap();
        disk.fill().unwrap();
        let error = writer.write_at(500_000, &[1; 5000]).unwrap_err();
        assert!(matches!(error, BundleError::DiskFull { needed: 900_000, free: 0, .. }), "{error}");
        disk.make_room().unwrap();
        writer.write_at(500_000, &[1; 5000]).unwrap();
        writer.discard().unwrap();
        assert_eq!(fs::read_dir(disk.path()).unwrap().count(), 0);
    }
}

/// FAT behind FUSE does not say that it is FAT: it refuses a file only as it grows.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_the_system_finds_too_large_leads_to_parts() {
    let sample = Sample::small();
    let source = source(&sample);
    let setup = Setup::new();
    let limited = |inside: &Command| {
        let mut outside = Command::new("sh");
        // In units of 512 bytes.
        outside.args(["-c", "ulimit -f 2000; exec \"$@\"", "sh"]);
        outside.arg(inside.get_program()).args(inside.get_args()).current_dir(setup.folder()).env_clear();
        outside.envs(inside.get_envs().filter_map(|(name, value)| Some((name, value?))));
        outside
    };
    let ended = setup.run(limited(&setup.pull_command(&source.url, &[])));
    fails(6, &["d8.tar", "more than the file system allows in one file", "-c fat32"])
        .check("whole", &ended.run);
    setup.assert_only_work_in_progress();
    let ended = setup.run(limited(&setup.pull_command(&source.url, &["-c", "500KB"])));
    Ends::Done.check("in parts", &ended.run);
    let parts: Vec<_> = (0..sample.bundle.len().div_ceil(500_000))
        .map(|number| setup.folder().join(format!("d8.tar.{number:04}.chunk")))
        .collect();
    sample.assert_in_bundle(&parts);
    assert!(!Path::new(&setup.bundle()).exists());
}
