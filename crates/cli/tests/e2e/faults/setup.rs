//! What every case stands on: a place of its own, a watch on the clock and on the memory, and the checks
//! that hold whatever the fault was.

use std::{
    collections::VecDeque,
    fs,
    io::{Read as _, Seek as _},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use base64::Engine as _;
use oci::Digest;
use registry_server::{Auth, BasicAuth, MemoryStore, ServerOptions, Store as _};
use testkit::{
    bundle_content::read_bundle,
    distribution::{Distribution, Expected},
    peak_memory,
    small_disk::SmallDisk,
};

use crate::world::{Run, TARGET_ROOT, command, program, serve};

/// Who the registries of the matrix let in.
pub(super) const LOGIN: &str = "carrier";
/// Its password.
pub(super) const PASSWORD: &str = "Gr3y-Heron/42+x";

/// How long a registry is waited for that rejects everything.
const RETRY_TIMEOUT: &str = "4s";
/// A case that takes longer hangs.
const LIMIT: Duration = Duration::from_mins(1);
/// Files from this size on, in bytes, are not searched for secrets.
const LARGE: u64 = 8 << 20;
/// Cases at once: most of them wait before another try.
const WORKERS: usize = 8;

/// What a case must end in.
#[derive(Debug, Clone)]
pub(super) enum Ends {
    /// Success, and everything is there.
    Done,
    /// This exit code, and these words in the message.
    Fails(i32, Vec<String>),
}

/// The end of a case that fails.
pub(super) fn fails(code: i32, words: &[&str]) -> Ends {
    Ends::Fails(code, words.iter().map(|word| (*word).to_owned()).collect())
}

/// What "random" comes from: the same in every run, unless `DHCTL_TEST_SEED` says another.
pub(super) fn seed() -> u64 {
    let named = std::env::var("DHCTL_TEST_SEED").ok();
    let seed = named.map_or(1, |seed| seed.parse().expect("DHCTL_TEST_SEED is a number"));
    #[expect(clippy::print_stdout, reason = "shown when the test fails")]
    {
        println!("DHCTL_TEST_SEED={seed}");
    }
    seed
}

/// Random number `n` of this seed, below `limit`.
pub(super) fn roll(seed: u64, n: u64, limit: u64) -> u64 {
    let hex = Digest::of(format!("{seed}/{n}").as_bytes()).hex();
    u64::from_str_radix(&hex[..16], 16).unwrap() % limit
}

/// Runs every case, several at once, and fails if one does. `name` is said of those.
pub(super) fn each<T: Send>(cases: Vec<T>, name: impl Fn(&T) -> String + Sync, run: impl Fn(&T) + Sync) {
    let runtime = tokio::runtime::Handle::current();
    let cases = Mutex::new(VecDeque::from(cases));
    let failed = Mutex::new(Vec::new());
    let next = || cases.lock().pop_front();
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                let _inside = runtime.enter();
                while let Some(case) = next() {
                    if catch_unwind(AssertUnwindSafe(|| run(&case))).is_err() {
                        failed.lock().push(name(&case));
                    }
                }
            });
        }
    });
    assert_eq!(failed.into_inner(), Vec::<String>::new());
}

/// A distribution, the bundle of an undisturbed pull of it, and what a mirror of it must hold.
pub(super) struct Sample {
    pub(super) distribution: Distribution,
    pub(super) bundle: Vec<u8>,
    expected: Expected,
}

impl Sample {
    /// A small one, with one blob of a quarter of its bytes.
    pub(super) fn small() -> Self {
        let releases = ["v1.57.5", "v1.58.3", "v1.59.4"];
        let channels = [("alpha", "v1.59.4"), ("stable", "v1.58.3"), ("rock-solid", "v1.57.5")];
        let builder = Distribution::builder().releases(&releases).channels(&channels).images_per_release(4);
        let distribution = builder.large_layer(400_000).build();
        let expected = distribution.expected(&releases, &channels.map(|(name, _)| name));
        let setup = Setup::new();
        let server = serve(std::sync::Arc::new(distribution.store.clone()), ServerOptions::default());
        setup.pull(&format!("{}/{}", server.addr(), distribution.root), &[]).run.expect(0);
        let sample = Self { distribution, bundle: fs::read(setup.bundle()).unwrap(), expected };
        sample.assert_in_bundle(&[setup.bundle()]);
        sample
    }

    /// A layer of one image of the platform, which only the download reads.
    pub(super) fn lone_layer(&self) -> Digest {
        let images = &self.distribution.releases["v1.58.3"].images;
        let store = &self.distribution.store;
        let manifest = |digest: &Digest| store.manifest(&self.distribution.root, &(*digest).into());
        let largest = images.values().filter_map(manifest).flat_map(|manifest| {
            let parsed = manifest.parse().unwrap();
            parsed.blobs().map(|blob| (blob.size, blob.digest)).collect::<Vec<_>>()
        });
        largest.max().unwrap().1
    }

    /// Fails unless the bundle, read by foreign means, holds everything.
    pub(super) fn assert_in_bundle(&self, files: &[PathBuf]) {
        let mut expected = self.expected.clone();
        // The list of modules is made by the push.
        expected.repositories.remove("modules");
        let found = read_bundle(files, "bundle").unwrap();
        assert_eq!(expected.missing_in(&found, "bundle"), Vec::<String>::new());
    }

    /// Fails unless the target holds everything.
    pub(super) fn assert_in_target(&self, target: &dyn registry_server::Store) {
        assert_eq!(self.expected.missing_in(target, TARGET_ROOT), Vec::<String>::new());
    }
}

/// Fails if a tag of the target names something that is not whole: a cluster would see it.
pub(super) fn assert_tags_are_whole(target: &MemoryStore) {
    for repository in target.repositories() {
        let mut expected = Expected::default();
        expected.repositories.entry(String::new()).or_default().tags = target.tagged(&repository);
        assert_eq!(expected.missing_in(target, &repository), Vec::<String>::new());
    }
}

/// Settings of a server that wants the login of the matrix.
pub(super) fn closed() -> ServerOptions {
    let auth = Auth::Basic(BasicAuth::new(LOGIN, PASSWORD));
    ServerOptions { auth, ..ServerOptions::default() }
}

/// What a run took and left.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) run: Run,
    /// Peak of its memory in bytes, as far as it was seen.
    pub(super) memory: u64,
}

/// The folder of one case, and a home that no case may leave anything in.
pub(super) struct Setup {
    folder: tempfile::TempDir,
    disk: Option<SmallDisk>,
    home: tempfile::TempDir,
    keys: tempfile::TempDir,
}

/// Adds `args`, and [`RETRY_TIMEOUT`] where they have no other.
fn with_retry_timeout(mut command: Command, args: &[&str]) -> Command {
    if !args.contains(&"--retry-timeout") {
        command.args(["--retry-timeout", RETRY_TIMEOUT]);
    }
    command.args(args);
    command
}

impl Setup {
    pub(super) fn new() -> Self {
        let keys = tempfile::tempdir().unwrap();
        fs::write(keys.path().join("password"), PASSWORD).unwrap();
        let home = tempfile::tempdir().unwrap();
        for name in ["tmp", "home", "state"] {
            fs::create_dir(home.path().join(name)).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        // A pull puts a copy of itself beside the bundle, unless that very file lies there: copying the
        // binary of a test build takes longer than all else.
        fs::hard_link(program(), folder.path().join("dhctl")).unwrap();
        Self { folder, disk: None, home, keys }
    }

    /// On a disk of its own, which holds the binary too.
    pub(super) fn on(disk: SmallDisk) -> Self {
        fs::copy(program(), disk.path().join("dhctl")).unwrap();
        Self { disk: Some(disk), ..Self::new() }
    }

    pub(super) fn disk(&self) -> &SmallDisk {
        self.disk.as_ref().unwrap()
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.disk.as_ref().map_or_else(|| self.folder.path().to_owned(), SmallDisk::path)
    }

    pub(super) fn bundle(&self) -> PathBuf {
        self.folder().join("d8.tar")
    }

    /// A run of the binary that begins, with the login of the matrix for the source and the target.
    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = command(&self.folder());
        if let Some(disk) = &self.disk {
            let inside = disk.command(Path::new("./dhctl"));
            let clean = std::mem::replace(&mut command, inside);
            command.env_clear().envs(clean.get_envs().filter_map(|(name, value)| Some((name, value?))));
        }
        let home = self.home.path();
        command.env("TMPDIR", home.join("tmp")).env("HOME", home.join("home"));
        command.env("XDG_STATE_HOME", home.join("state"));
        command.args(args);
        // Searched for secrets with all other files.
        command.env("DHCTL_CLI_LOG", "trace").arg("--log-file").arg(self.log_file());
        command
    }

    /// The log of all runs here, with everything.
    pub(super) fn log_file(&self) -> PathBuf {
        self.home.path().join("dhctl.log")
    }

    pub(super) fn pull_command(&self, source: &str, args: &[&str]) -> Command {
        let mut command = self.command(&["mirror", "--insecure", "--source", source, "-i", "d8.tar"]);
        command.args(["--source-login", LOGIN, "--source-password-file"]).arg(self.password_file());
        with_retry_timeout(command, args)
    }

    pub(super) fn push_command(&self, target: &str, args: &[&str]) -> Command {
        let mut command = self.command(&["mirror", "--insecure", "-r", target, "-i", "d8.tar"]);
        command.args(["-u", LOGIN, "--registry-password-file"]).arg(self.password_file());
        with_retry_timeout(command, args)
    }

    pub(super) fn pull(&self, source: &str, args: &[&str]) -> Ended {
        self.run(self.pull_command(source, args))
    }

    pub(super) fn push(&self, target: &str, args: &[&str]) -> Ended {
        self.run(self.push_command(target, args))
    }

    fn password_file(&self) -> PathBuf {
        self.keys.path().join("password")
    }

    /// Runs to the end, watches the clock, and checks what holds for every run.
    pub(super) fn run(&self, mut command: Command) -> Ended {
        let (mut stdout, mut stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        command.stdout(stdout.try_clone().unwrap()).stderr(stderr.try_clone().unwrap());
        let mut child = command.stdin(Stdio::null()).spawn().unwrap();
        let (code, memory) = wait(&mut child);
        let read = |file: &mut fs::File| {
            let mut text = String::new();
            file.rewind().unwrap();
            file.read_to_string(&mut text).unwrap();
            text
        };
        let run = Run { code, stdout: read(&mut stdout), stderr: read(&mut stderr) };
        self.check(&run);
        Ended { run, memory }
    }

    /// Nothing secret anywhere, nothing left in the directory for temporary files.
    fn check(&self, run: &Run) {
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{LOGIN}:{PASSWORD}"));
        let secrets = [PASSWORD, pair.as_str()];
        let leaks = |bytes: &[u8]| {
            secrets.iter().any(|secret| bytes.windows(secret.len()).any(|part| part == secret.as_bytes()))
        };
        let told = format!("{}{}", run.stdout, run.stderr);
        assert!(!leaks(told.as_bytes()), "a secret in {told}");
        let files = files_below(&self.folder()).into_iter().chain(files_below(self.home.path()));
        // The copy of dhctl is large and older than the secret, and only hostile bundles, which the tests
        // have written, are large besides.
        let is_small = |file: &PathBuf| fs::metadata(file).unwrap().len() < LARGE;
        for file in files.filter(is_small) {
            assert!(!leaks(&fs::read(&file).unwrap()), "a secret in {}", file.display());
        }
        for name in ["tmp", "home"] {
            let left = files_below(&self.home.path().join(name));
            assert_eq!(left, Vec::<PathBuf>::new(), "left behind; {told}");
        }
    }

    /// Names of what lies in the folder, sorted, but for the copy of dhctl.
    pub(super) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| !["dhctl", "dhctl.sha256", "filler"].contains(&name.as_str()));
        names.sort();
        names
    }

    /// Fails unless a pull that has failed left nothing but what it goes on from.
    #[track_caller]
    pub(super) fn assert_only_work_in_progress(&self) {
        let names = self.names();
        let known = |name: &String| ["d8.tar.partial", "d8.tar.partial.d"].contains(&name.as_str());
        assert!(names.iter().all(known), "{names:?}");
    }

    /// Fails unless the folder holds the result of a pull and nothing else.
    #[track_caller]
    pub(super) fn assert_pulled(&self, sample: &Sample) {
        assert_eq!(self.names(), ["d8.tar", "deckhousereleases.yaml"]);
        assert!(fs::read(self.bundle()).unwrap() == sample.bundle, "the bundle differs");
    }
}

impl Ends {
    /// Fails unless a run ended like this.
    #[track_caller]
    pub(super) fn check(&self, name: &str, run: &Run) {
        let told = format!("{name}: exit {:?}\n{}{}", run.code, run.stdout, run.stderr);
        match self {
            Self::Done => assert_eq!(run.code, Some(0), "{told}"),
            Self::Fails(code, words) => {
                assert_eq!(run.code, Some(*code), "{told}");
                let message = run.stderr.lines().skip_while(|line| !line.starts_with("error: "));
                let message = message.collect::<Vec<_>>().join("\n");
                for word in words {
                    assert!(message.contains(word.as_str()), "'{word}' in {told}");
                }
            }
        }
    }
}

/// Waits for the end, which comes soon or is a hang; gives the exit code and the peak of the memory.
fn wait(child: &mut Child) -> (Option<i32>, u64) {
    let begun = Instant::now();
    let mut memory = 0;
    loop {
        memory = memory.max(peak_memory(child.id()));
        if let Some(status) = child.try_wait().unwrap() {
            return (status.code(), memory);
        }
        if begun.elapsed() > LIMIT {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("it hangs");
        }
        thread::sleep(Duration::from_millis(5));
    }
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}
