//! What the system limits in a process, and results that cannot be written.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use testkit::link::{Link, LinkOptions};

use crate::world::{Run, World, command, program};

/// Runs the binary by a shell that does something before.
fn after(folder: &Path, before: &str, args: &[&str]) -> Run {
    let inner = command(folder);
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{before} \"$@\""), "sh"]).arg(inner.get_program()).args(args);
    Run::of(shell.current_dir(folder).output().unwrap())
}

/// More parts than the soft limit lets a process open: the hard one counts.
#[tokio::test(flavor = "multi_thread")]
async fn the_soft_limit_of_open_files_is_raised() {
    let world = World::sample();
    world.pull(&["--release", "v1.58.3", "--no-modules"]).expect(0);
    fs::create_dir(world.path("out")).unwrap();
    let split = ["bundle", "split", "d8.tar", "-c", "4KB", "-o", "out"];
    after(world.folder.path(), "ulimit -Sn 40; exec", &split).expect(0);
    let parts = fs::read_dir(world.path("out")).unwrap().count();
    assert!(parts > 40, "{parts}");
    let run = after(world.folder.path(), "ulimit -n 40; exec", &split).expect(6);
    assert!(run.stderr.contains("Too many open files"), "{}", run.stderr);
}

/// Memory has passwords in it.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_aborted_leaves_no_core_dump() {
    let world = World::sample();
    let options = LinkOptions { bytes_per_second: Some(50_000), ..LinkOptions::default() };
    let link = Link::start(world.source_url.split('/').next().unwrap().parse().unwrap(), options).unwrap();
    let source = format!("{}/{}", link.addr(), world.distribution.root);
    let mut pull = Command::new("bash");
    pull.args(["-c", "ulimit -Sc unlimited; exec \"$0\" \"$@\""]).arg(program());
    pull.args([
        "mirror",
        "--insecure",
        "--source",
        &source,
        "-i",
        "d8.tar",
        "-l",
        "key",
        "--progress",
        "plain",
    ]);
    let mut pull = pull.current_dir(world.folder.path()).stderr(Stdio::piped()).spawn().unwrap();
    // It has begun: the licence is in its memory.
    BufReader::new(pull.stderr.take().unwrap()).lines().next().unwrap().unwrap();
    kill_process(Pid::from_child(&pull), Signal::ABORT).unwrap();
    let ended = pull.wait().unwrap();
    assert_eq!((ended.signal(), ended.core_dumped()), (Some(6), false));
}

/// Help, versions and scripts are results too: a script that is not whole must not look as if it were.
#[test]
fn what_cannot_be_printed_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for words in [
        &["completions", "bash"][..],
        &["completions", "fish"],
        &["--help"],
        &["mirror", "--help"],
        &["--version"],
        &["bundle", "verify", "--help"],
        &["update", "rbac", "--user", "alice"],
        &["config", "docker-cfg", "-r", "registry.example", "-u", "alice", "-p", "secret"],
    ] {
        let run = after(folder.path(), "exec >/dev/full;", words).expect(6);
        let told = "error: the result cannot be written to standard output: No space left on device";
        assert!(run.stderr.starts_with(told), "{words:?}: {}", run.stderr);
        // A reader that has seen enough is no error.
        let piped = after(folder.path(), "( \"$@\"; echo \"code $?\" >&2 ) | true; :", words).expect(0);
        assert_eq!(piped.stderr, "code 0\n", "{words:?}");
    }
}
