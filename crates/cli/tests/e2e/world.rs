//! Running `dhctl` as a user would, with nothing of the developer's environment.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{Arc, LazyLock},
};

use registry_server::{MemoryStore, RunningServer, Server, ServerOptions, Store};
use testkit::distribution::Distribution;

/// What a run of the binary gave.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Fails the test with everything that was printed unless the exit code is this one.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

/// The binary, on the file system of temporary files. A pull copies it next to the bundle, which takes long from one file system
/// to another, and is left out where that very file is there already.
pub(crate) fn program() -> &'static Path {
    static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
        let (built, temporary) = (Path::new(env!("CARGO_BIN_EXE_dhctl")), std::env::temp_dir());
        let is_here = |path: &Path| fs::metadata(path).unwrap().dev();
        if is_here(built) == is_here(&temporary) {
            return built.to_owned();
        }
        // One for each place where it is built, so that they do not pile up.
        let copy = temporary.join(built.to_string_lossy().replace('/', "_"));
        let unfinished = tempfile::NamedTempFile::new_in(&temporary).unwrap().into_temp_path();
        fs::copy(built, &unfinished).unwrap();
        unfinished.persist(&copy).unwrap();
        copy
    });
    &PROGRAM
}

/// The binary, to be run in `directory`.
pub(crate) fn command(directory: &Path) -> Command {
    let mut command = Command::new(program());
    command.current_dir(directory).stdin(Stdio::null()).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// Runs the binary with these arguments.
pub(crate) fn dhctl(directory: &Path, args: &[&str]) -> Run {
    Run::of(command(directory).args(args).output().unwrap())
}

/// A distribution that is served, an empty registry, and a folder to work in.
pub(crate) struct World {
    pub(crate) distribution: Distribution,
    pub(crate) target: MemoryStore,
    pub(crate) source_url: String,
    pub(crate) target_url: String,
    pub(crate) folder: tempfile::TempDir,
    _servers: [RunningServer; 2],
}

/// Where a pushed distribution goes below the target's host.
pub(crate) const TARGET_ROOT: &str = "inside/dkp/ee";

impl World {
    pub(crate) fn sample() -> Self {
        Self::of(Distribution::sample())
    }

    pub(crate) fn of(distribution: Distribution) -> Self {
        Self::with(distribution, ServerOptions::default())
    }

    /// With a source that behaves as told.
    pub(crate) fn with(distribution: Distribution, source: ServerOptions) -> Self {
        let target = MemoryStore::new();
        let source = serve(Arc::new(distribution.store.clone()), source);
        let server = serve(Arc::new(target.clone()), ServerOptions::default());
        Self {
            source_url: format!("{}/{}", source.addr(), distribution.root),
            target_url: format!("{}/{TARGET_ROOT}", server.addr()),
            distribution,
            target,
            folder: tempfile::tempdir().unwrap(),
            _servers: [source, server],
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn pull(&self, args: &[&str]) -> Run {
        let base = ["mirror", "--insecure", "--source", &self.source_url, "-i", "d8.tar"];
        dhctl(self.folder.path(), &[&base, args].concat())
    }

    pub(crate) fn push(&self, args: &[&str]) -> Run {
        let base = ["mirror", "--insecure", "-r", &self.target_url, "-i", "d8.tar"];
        dhctl(self.folder.path(), &[&base, args].concat())
    }

    pub(crate) fn verify(&self, args: &[&str]) -> Run {
        let base = ["mirror", "verify", "--insecure", "-r", &self.target_url, "-i", "d8.tar"];
        dhctl(self.folder.path(), &[&base, args].concat())
    }

    /// Names of the files in the folder, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

/// Serves a store on a free port.
pub(crate) fn serve(store: Arc<dyn Store>, options: ServerOptions) -> RunningServer {
    Server::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), store, options).unwrap()
}
