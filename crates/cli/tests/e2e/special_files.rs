//! What has the name of a bundle and is not a file: pipes, devices, sockets, directories. Nothing waits for it.

use std::{
    fs,
    os::unix::{fs::symlink, net::UnixListener},
    path::Path,
    process::Command,
};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::world::{Run, World, command};

/// Makes a named pipe.
pub(crate) fn make_pipe(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

/// Runs the binary, and ends it if it hangs: then the exit code is 137.
fn dhctl(folder: &Path, args: &[&str]) -> Run {
    let inner = command(folder);
    let mut limited = Command::new("timeout");
    limited.args(["--signal", "KILL", "20"]).arg(inner.get_program()).args(args);
    limited.current_dir(folder).stdin(std::process::Stdio::null());
    Run::of(limited.output().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_that_is_read_is_a_file() {
    let world = World::sample();
    let at = |name: &str| world.path(name);
    make_pipe(&at("pipe.tar"));
    symlink("pipe.tar", at("link.tar")).unwrap();
    symlink("/dev/zero", at("device.tar")).unwrap();
    let _socket = UnixListener::bind(at("socket.tar")).unwrap();
    // One in parts, one of which is a pipe, and a directory of archives with one.
    fs::write(at("parts.tar.0000.chunk"), [1; 1024]).unwrap();
    make_pipe(&at("parts.tar.0001.chunk"));
    fs::create_dir(at("archives")).unwrap();
    make_pipe(&at("archives/platform.tar"));
    fs::write(at("part.tar.0000.chunk"), [1; 1024]).unwrap();
    fs::create_dir(at("part.tar.0001.chunk")).unwrap();
    fs::create_dir(at("out")).unwrap();
    let before = world.files();

    let (target, insecure) = (world.target_url.as_str(), "--insecure");
    let of_one: [(&str, &str); 6] = [
        ("pipe.tar", "pipe.tar is a named pipe, not a file"),
        ("link.tar", "link.tar is a named pipe, not a file"),
        ("device.tar", "device.tar is a character device, not a file"),
        ("socket.tar", "socket.tar is a socket, not a file"),
        ("parts.tar", "parts.tar.0001.chunk is a named pipe, not a file"),
        ("part.tar", "part.tar.0001.chunk is a directory, not a file"),
    ];
    for (name, told) in of_one {
        let commands: [&[&str]; 6] = [
            &["bundle", "inspect", name],
            &["bundle", "verify", name],
            &["bundle", "split", name, "-c", "1MB", "-o", "out"],
            &["bundle", "join", name, "-o", "out/d8.tar"],
            &["mirror", insecure, "-r", target, "-i", name],
            &["mirror", "verify", insecure, "-r", target, "-i", name],
        ];
        for args in commands {
            let run = dhctl(world.folder.path(), args).expect(6);
            assert!(run.stderr.contains(&format!("error: {told}\nhint: ")), "{args:?}: {}", run.stderr);
        }
    }
    for args in
        [&["bundle", "inspect", "archives"][..], &["mirror", insecure, "-r", target, "-i", "archives"]]
    {
        let run = dhctl(world.folder.path(), args).expect(6);
        assert!(run.stderr.contains("archives/platform.tar is a named pipe"), "{args:?}: {}", run.stderr);
    }
    for (name, kind) in [("/dev/zero", "a character device"), ("/dev/fd/0", "a character device")] {
        let run = dhctl(world.folder.path(), &["bundle", "inspect", name]).expect(6);
        assert!(run.stderr.contains(&format!("{name} is {kind}, not a file")), "{}", run.stderr);
    }
    assert_eq!(world.files(), before);
    assert_eq!(fs::read_dir(at("out")).unwrap().count(), 0);
    assert_eq!(world.target.repositories(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_next_to_a_bundle_is_a_file() {
    let world = World::sample();
    world.pull(&["--release", "v1.58.3", "--no-modules"]).expect(0);
    fs::create_dir(world.path("out")).unwrap();
    for (name, commands) in
        [("d8.tar.gostsum", &["verify", "join", "split"][..]), ("deckhousereleases.yaml", &["verify"])]
    {
        let kept = fs::read(world.path(name));
        drop(fs::remove_file(world.path(name)));
        make_pipe(&world.path(name));
        for command in commands {
            let args: &[&str] = match *command {
                "join" => &["bundle", "join", "d8.tar", "-o", "out/d8.tar"],
                "split" => &["bundle", "split", "d8.tar", "-c", "1MB", "-o", "out"],
                other => &["bundle", other, "d8.tar"],
            };
            let run = dhctl(world.folder.path(), args).expect(6);
            assert!(
                run.stderr.contains(&format!("error: {name} is a named pipe, not a file\n")),
                "{args:?}: {}",
                run.stderr
            );
        }
        fs::remove_file(world.path(name)).unwrap();
        if let Ok(kept) = kept {
            fs::write(world.path(name), kept).unwrap();
        }
    }
    assert_eq!(fs::read_dir(world.path("out")).unwrap().count(), 0);
    dhctl(world.folder.path(), &["bundle", "verify", "d8.tar"]).expect(0);
}

/// What has the name of the result is not replaced, and nothing is written to it.
#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_that_is_written_replaces_only_files() {
    let world = World::sample();
    let release = ["--release", "v1.58.3", "--no-modules"];
    world.pull(&release).expect(0);
    let base = ["mirror", "--insecure", "--source", &world.source_url, "-i"];
    make_pipe(&world.path("pipe.tar"));
    make_pipe(&world.path("begun.tar.partial"));
    make_pipe(&world.path("parts.tar.0000.chunk"));
    fs::create_dir(world.path("out")).unwrap();
    make_pipe(&world.path("out/d8.tar.0000.chunk"));
    let before = world.files();
    for (name, more, told) in [
        ("pipe.tar", &[][..], "pipe.tar"),
        ("begun.tar", &[], "begun.tar.partial"),
        ("parts.tar", &["-c", "1MB", "--dry-run", "--quiet"], "parts.tar.0000.chunk"),
        ("parts.tar", &["-c", "1MB"], "parts.tar.0000.chunk"),
    ] {
        let args = [&base[..], &[name], &release, more].concat();
        let told = format!("{told} is a named pipe, not a file");
        if more.contains(&"--dry-run") {
            let run = dhctl(world.folder.path(), &args).expect(0);
            let warned = format!("warning: the pull itself would fail: {told}");
            assert!(run.stderr.contains(&warned), "{}", run.stderr);
        } else {
            let run = dhctl(world.folder.path(), &args).expect(6);
            assert!(run.stderr.contains(&format!("error: {told}\n")), "{args:?}: {}", run.stderr);
        }
    }
    for args in [
        &["bundle", "join", "d8.tar", "-o", "pipe.tar"][..],
        &["bundle", "split", "d8.tar", "-c", "1MB", "-o", "out"],
    ] {
        let run = dhctl(world.folder.path(), args).expect(6);
        assert!(run.stderr.contains("is a named pipe, not a file\n"), "{args:?}: {}", run.stderr);
    }
    let after: Vec<String> = world.files().into_iter().filter(|name| !name.ends_with(".partial.d")).collect();
    assert_eq!(after, before);
}
