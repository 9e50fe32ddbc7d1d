//! Ctrl-C ends a run cleanly within a second, and the second one whatever it is doing.

use std::{
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use registry_server::{Interceptor, MemoryStore, RequestInfo, ServerOptions, Treatment};
use rustix::{
    fs::{Mode, OFlags, open},
    io::Errno,
    process::{Pid, Signal, kill_process},
};
use testkit::distribution::Distribution;

use crate::{
    special_files::make_pipe,
    world::{Run, World, command, serve},
};

/// Stalls every request whose path begins so, and tells of it.
#[derive(Debug)]
struct Stall(&'static str, tokio::sync::mpsc::UnboundedSender<()>);

/// Blobs of the root repository, which only the download asks for.
const DOWNLOAD: &str = "/v2/deckhouse/ee/blobs/";

impl Interceptor for Stall {
    fn intercept(&self, request: &RequestInfo<'_>) -> Treatment {
        if request.path.starts_with(self.0) {
            let _ = self.1.send(());
            return Treatment { stall_after: Some(1), ..Treatment::default() };
        }
        Treatment::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_stops_within_a_second() {
    let (sender, mut stalled) = tokio::sync::mpsc::unbounded_channel();
    let options =
        ServerOptions { interceptor: Some(Arc::new(Stall(DOWNLOAD, sender))), ..ServerOptions::default() };
    let world = World::with(Distribution::sample(), options);
    let mut pull = command(world.folder.path());
    pull.args(["mirror", "--insecure", "--source", &world.source_url, "-i", "d8.tar"]);
    let child = pull.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    stalled.recv().await.unwrap();
    let asked = Instant::now();
    let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let run = Run::of(child.wait_with_output().unwrap()).expect(130);
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert!(run.stderr.contains("interrupted"), "{}", run.stderr);
    assert!(!world.path("d8.tar").exists());
}

/// What is kept depends on when it happens, and the hint tells no more than that.
#[tokio::test(flavor = "multi_thread")]
async fn an_interruption_says_how_to_resume() {
    let again = "run the same command again";
    let resume = |kept: &str| format!("{again} to resume; what {kept}");
    let (parts, fresh, dry) = (&["-c", "500KB"][..], &["--no-pull-resume"][..], &["--dry-run"][..]);
    for (stalled, args, hint, left) in [
        (DOWNLOAD, &[][..], resume("was downloaded is kept in d8.tar.partial"), true),
        (DOWNLOAD, parts, resume("was downloaded is kept in d8.tar.*.chunk.partial"), true),
        (
            DOWNLOAD,
            fresh,
            format!(
                "{again} without --no-pull-resume to resume; what was downloaded is kept in d8.tar.partial"
            ),
            true,
        ),
        // While it plans: with and without something that the next pull can use.
        (
            "/v2/deckhouse/ee/install/",
            &[],
            resume("was read from the source is kept in d8.tar.partial.d"),
            true,
        ),
        ("/v2/", &[], again.to_owned(), false),
        ("/v2/deckhouse/ee/install/", dry, again.to_owned(), false),
    ] {
        let (sender, mut reached) = tokio::sync::mpsc::unbounded_channel();
        let options =
            ServerOptions { interceptor: Some(Arc::new(Stall(stalled, sender))), ..ServerOptions::default() };
        let world = World::with(Distribution::sample(), options);
        let mut pull = command(world.folder.path());
        pull.args(["mirror", "--insecure", "--source", &world.source_url, "-i", "d8.tar", "--parallel", "1"]);
        let child = pull.args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        reached.recv().await.unwrap();
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        let run = Run::of(child.wait_with_output().unwrap()).expect(130);
        let told = format!("error: interrupted\nhint: {hint}\n");
        assert!(run.stderr.ends_with(&told), "{stalled} {args:?}: '{told}' in {}", run.stderr);
        assert_eq!(!world.files().is_empty(), left, "{stalled} {args:?}: {:?}", world.files());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_push_and_verification_say_what_to_do() {
    let world = World::sample();
    world.pull(&["--release", "v1.58.3", "--no-modules"]).expect(0);
    for (command_words, hint) in [
        (
            &["mirror"][..],
            "run the same command again to resume: what the registry already has is not uploaded again",
        ),
        (&["mirror", "verify"], "run the same command again"),
    ] {
        let (sender, mut reached) = tokio::sync::mpsc::unbounded_channel();
        let options =
            ServerOptions { interceptor: Some(Arc::new(Stall("/v2/", sender))), ..ServerOptions::default() };
        let target = serve(Arc::new(MemoryStore::new()), options);
        let mut push = command(world.folder.path());
        push.args(command_words).args([
            "--insecure",
            "-i",
            "d8.tar",
            "-r",
            &format!("{}/dkp/ee", target.addr()),
        ]);
        push.args(["--progress", "json"]);
        let child = push.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        reached.recv().await.unwrap();
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        let run = Run::of(child.wait_with_output().unwrap()).expect(130);
        let last: serde_json::Value = serde_json::from_str(run.stderr.lines().last().unwrap()).unwrap();
        assert_eq!((&last["message"], &last["hints"]), (&"interrupted".into(), &serde_json::json!([hint])));
    }
}

/// Waits until a process reads the named pipe, and keeps it reading: nobody writes as long as the result lives.
fn keep_reading(pipe: &Path) -> OwnedFd {
    loop {
        match open(pipe, OFlags::WRONLY | OFlags::NONBLOCK, Mode::empty()) {
            Ok(writer) => return writer,
            Err(Errno::NXIO) => std::thread::sleep(Duration::from_millis(2)),
            Err(error) => panic!("{error}"),
        }
    }
}

/// Sends the signal and waits until the process has taken it: two that wait at the same time are one.
fn send(child: &Child, signal: Signal) {
    let process = Pid::from_child(child);
    kill_process(process, signal).unwrap();
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let waits = || {
        let status = std::fs::read_to_string(&status).unwrap_or_default();
        let pending = status.lines().filter_map(|line| line.split_once("Pnd:"));
        pending.into_iter().any(|(_, mask)| mask.trim().bytes().any(|digit| digit != b'0'))
    };
    while waits() {
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[track_caller]
fn ends_immediately(child: &mut Child) {
    let asked = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            assert_eq!(status.code(), Some(130), "{status}");
            return;
        }
        if asked.elapsed() > Duration::from_secs(5) {
            child.kill().unwrap();
            panic!("the process goes on");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A password may come from a pipe, and nobody may write to it: reading it is a system call that does not end.
#[test]
fn a_process_that_is_blocked_ends_at_the_second_signal() {
    let login = ["-u", "someone", "--registry-password-file", "password"];
    let push = ["mirror", "--insecure", "-r", "127.0.0.1:9/dkp/ee", "-i", "d8.tar"];
    let pull = ["mirror", "--insecure", "--source", "127.0.0.1:9/deckhouse/ee", "-i", "d8.tar"];
    let source_login = ["--source-login", "someone", "--source-password-file", "password"];
    let docker_cfg = ["config", "docker-cfg", "-r", "registry.example"];
    for (args, login, signals) in [
        (&push[..], &login[..], &[Signal::INT, Signal::INT][..]),
        (&push, &login, &[Signal::TERM, Signal::TERM]),
        (&push, &login, &[Signal::INT, Signal::TERM]),
        (&pull, &source_login, &[Signal::TERM, Signal::INT]),
        // These have nothing to bring to an end.
        (&docker_cfg, &login, &[Signal::INT]),
        (&docker_cfg, &login, &[Signal::TERM]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        make_pipe(&folder.path().join("password"));
        std::fs::write(folder.path().join("d8.tar"), "").unwrap();
        let mut child = command(folder.path());
        let mut child = child.args(args).args(login).stderr(Stdio::null()).spawn().unwrap();
        let _writer = keep_reading(&folder.path().join("password"));
        let (last, first) = signals.split_last().unwrap();
        for signal in first {
            send(&child, *signal);
            assert!(child.try_wait().unwrap().is_none(), "{args:?}");
        }
        kill_process(Pid::from_child(&child), *last).unwrap();
        ends_immediately(&mut child);
    }
}
