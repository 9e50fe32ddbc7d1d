//! Another local user (`nobody`) in a directory that everybody may write to, before and during root's work.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
};

use registry_server::ServerOptions;
use testkit::{
    distribution::Distribution,
    link::{Link, LinkOptions},
};

use crate::world::{Run, World, command, dhctl, serve};

const VICTIM: &str = "do not touch";

/// A directory that everybody may write to, and a file of root outside it.
struct Shared {
    world: World,
    directory: PathBuf,
    victim: PathBuf,
}

impl Shared {
    fn new(mode: u32) -> Self {
        let distribution = Distribution::builder().without_standalone().without_databases().build();
        let world = World::of(distribution);
        let open = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        open(world.folder.path(), 0o755);
        let (directory, victim) = (world.path("shared"), world.path("victim"));
        fs::create_dir(&directory).unwrap();
        open(&directory, mode);
        fs::write(&victim, VICTIM).unwrap();
        open(&victim, 0o600);
        fs::create_dir(world.path("victims")).unwrap();
        fs::write(world.path("victims/plan"), VICTIM).unwrap();
        Self { world, directory, victim }
    }

    /// Runs shell commands in the directory as another user.
    fn as_nobody(&self, script: &str) -> Child {
        let mut shell = Command::new("setpriv");
        shell.args(["--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", script]);
        shell.current_dir(&self.directory).stdout(Stdio::null()).stderr(Stdio::null());
        shell.spawn().unwrap()
    }

    fn prepare(&self, script: &str) {
        assert!(self.as_nobody(script).wait().unwrap().success(), "{script}");
    }

    fn pull(&self, args: &[&str]) -> Run {
        let source = &self.world.source_url;
        let base = ["mirror", "--insecure", "--source", source, "-i", "d8.tar", "--channel", "stable"];
        dhctl(&self.directory, &[&base, args].concat())
    }

    /// Nothing outside the directory has changed, and every finished file is root's own.
    fn assert_untouched(&self, what: &str) {
        for file in [&self.victim, &self.world.path("victims/plan")] {
            assert_eq!(fs::read_to_string(file).unwrap(), VICTIM, "{what}");
        }
        assert_eq!(fs::metadata(&self.victim).unwrap().mode() & 0o777, 0o600, "{what}");
        assert_eq!(fs::read_dir(self.world.path("victims")).unwrap().count(), 1, "{what}");
        for name in [
            "d8.tar",
            "d8.tar.0000.chunk",
            "d8.tar.gostsum",
            "deckhousereleases.yaml",
            "dhctl",
            "dhctl.sha256",
        ] {
            let Ok(data) = fs::symlink_metadata(self.directory.join(name)) else { continue };
            let is_ours = data.is_file() && data.uid() == 0 && data.nlink() == 1 && data.mode() & 0o022 == 0;
            assert!(is_ours, "{what}: {name} of {} with mode {:o}", data.uid(), data.mode());
        }
    }
}

#[cfg_attr(not(as_root), ignore = "needs root, to act as two users")]
#[tokio::test(flavor = "multi_thread")]
async fn prepared_files_of_others_are_refused_before_anything_is_written() {
    for (script, args, why) in [
        ("mkdir -m 777 d8.tar.partial.d", &[][..], "belongs to another user (ID 65534)"),
        ("ln -s ../victims d8.tar.partial.d", &[], "is a symbolic link"),
        ("touch d8.tar.partial.d", &[], "is not a directory"),
        ("touch d8.tar.partial && chmod 666 d8.tar.partial", &[], "belongs to another user"),
        ("ln -s ../victim d8.tar.partial", &[], "is a symbolic link"),
        ("ln -s ../absent d8.tar.partial", &[], "is a symbolic link"),
        ("touch a && ln a d8.tar.partial", &[], "belongs to another user"),
        ("mkfifo d8.tar.partial", &[], "is a named pipe"),
        ("ln -s ../victim d8.tar.0000.chunk.partial", &["-c", "1GiB"], "is a symbolic link"),
        ("touch d8.tar.0000.chunk.partial", &["-c", "1GiB"], "belongs to another user"),
    ] {
        for mode in [0o777, 0o1777] {
            let shared = Shared::new(mode);
            shared.prepare(script);
            let run = shared.pull(args).expect(6);
            assert!(run.stderr.contains(why), "{script}: {}", run.stderr);
            assert!(run.stderr.contains("hint: "), "{script}: {}", run.stderr);
            shared.assert_untouched(script);
            assert!(!shared.world.path("absent").exists(), "{script}");
        }
    }
}

#[cfg_attr(not(as_root), ignore = "needs root, to act as two users")]
#[tokio::test(flavor = "multi_thread")]
async fn names_that_are_replaced_anyway_are_not_written_through() {
    for script in [
        "ln -s ../victim d8.tar",
        "ln -s ../victim deckhousereleases.yaml",
        "ln -s ../victim dhctl",
        "touch dhctl && chmod 777 dhctl",
        "ln -s ../victim d8.tar.gostsum.partial",
        "ln -s ../victim d8.tar.gostsum",
    ] {
        let shared = Shared::new(0o777);
        shared.prepare(script);
        let run = shared.pull(&["--gost-digest"]);
        // A link to what root may read is a bundle of another place: it is refused or replaced.
        assert!(run.code == Some(0) || run.code == Some(6), "{script}: {}", run.stderr);
        shared.assert_untouched(script);
    }
}

#[cfg_attr(not(as_root), ignore = "needs root, to act as two users")]
#[tokio::test(flavor = "multi_thread")]
async fn files_that_only_their_owner_should_read_are_not_written_through_links() {
    let shared = Shared::new(0o777);
    shared.prepare("ln -s ../victim out.yaml; ln -s ../victim dhctl.log; touch open.log; chmod 666 open.log");
    let args = ["config", "init-configuration", "-r", "r.example/a", "-u", "u", "-p", "p", "-o", "out.yaml"];
    dhctl(&shared.directory, &args).expect(6);
    dhctl(&shared.directory, &[&args[..], &["--force"]].concat()).expect(0);
    assert!(fs::symlink_metadata(shared.directory.join("out.yaml")).unwrap().is_file());
    for (log, why) in [("dhctl.log", "is a symbolic link"), ("open.log", "belongs to another user")] {
        let run = dhctl(&shared.directory, &["version", "--log-file", log]).expect(6);
        assert!(run.stderr.contains(why), "{}", run.stderr);
    }
    shared.assert_untouched("results");
    assert_eq!(fs::metadata(shared.directory.join("open.log")).unwrap().len(), 0);
}

/// Everything that is not finished is swapped for something else all the time.
const SWAPS: &str = "
while :; do
  for name in d8.tar.partial d8.tar.partial.d; do
    mv $name stolen.$$ 2>/dev/null
    case $((i % 4)) in
      0) ln -s ../victims $name ;;
      1) ln -s ../victim $name ;;
      2) mkdir -m 777 $name && ln -s ../victim $name/plan && ln -s ../../victim $name/dhctl ;;
      3) echo theirs > $name && chmod 666 $name ;;
    esac 2>/dev/null
    i=$((i + 1))
    mv $name gone.$$.$i 2>/dev/null
    mv stolen.$$ $name 2>/dev/null
  done
done";

#[cfg_attr(not(as_root), ignore = "needs root, to act as two users")]
#[tokio::test(flavor = "multi_thread")]
async fn names_that_are_swapped_during_a_pull_never_give_another_file_a_final_name() {
    let shared = Shared::new(0o777);
    // Slow enough to be met in every state.
    let source = serve(Arc::new(shared.world.distribution.store.clone()), ServerOptions::default());
    let options = LinkOptions { bytes_per_second: Some(1_000_000), ..LinkOptions::default() };
    let link = Link::start(source.addr(), options).unwrap();
    let url = format!("{}/{}", link.addr(), shared.world.distribution.root);
    let expected = Shared::new(0o755);
    expected.pull(&[]).expect(0);
    let expected = fs::read(expected.directory.join("d8.tar")).unwrap();
    let mut swaps = shared.as_nobody(SWAPS);
    let mut codes = Vec::new();
    for _ in 0..6 {
        let mut pull = command(&shared.directory);
        pull.args(["mirror", "--insecure", "--source", &url, "-i", "d8.tar", "--channel", "stable"]);
        let run = Run::of(pull.output().unwrap());
        assert!(matches!(run.code, Some(0 | 6)), "{:?}: {}", run.code, run.stderr);
        if run.code == Some(0) {
            assert!(fs::read(shared.directory.join("d8.tar")).unwrap() == expected);
        }
        shared.assert_untouched(&run.stderr);
        codes.push(run.code);
    }
    swaps.kill().unwrap();
    swaps.wait().unwrap();
    assert!(codes.contains(&Some(6)), "the swaps were never met: {codes:?}");
}
