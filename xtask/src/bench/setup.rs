//! What the benchmarks stand on: a source registry with a distribution, a bundle of it, and the list of
//! its blobs.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, ensure};
use bundle::Bundle;
use mirror::Contents;
use oci::Digest;
use tempfile::TempDir;
use testkit::{
    Distribution, DockerRegistry, DockerRegistryOptions, distribution::Builder, write_docker_registry_storage,
};

use super::{floor, measure, options::Options};

/// The distribution's root, on both sides.
pub(crate) const ROOT: &str = "deckhouse/ee";

/// One blob that a pull downloads.
#[derive(Debug, Clone)]
pub(crate) struct BlobAt {
    pub(crate) digest: Digest,
    /// In bytes.
    pub(crate) size: u64,
    /// Full name of a repository that has it.
    pub(crate) repository: String,
}

/// Everything that is made before the first measure.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) dhctl: PathBuf,
    pub(crate) source: DockerRegistry,
    /// Every blob once.
    pub(crate) blobs: Vec<BlobAt>,
    manifests: usize,
    directory: TempDir,
    extra: Vec<String>,
}

impl Setup {
    /// Makes a distribution, serves it, and pulls it once: a warm-up that leaves the bundle to push.
    pub(crate) fn new(options: &Options, dhctl: PathBuf, distribution: Builder) -> Result<Self> {
        let distribution = distribution.root(ROOT).build();
        let mut setup = Self::with(options, dhctl, &distribution)?;
        fs::create_dir(setup.bundle_directory())?;
        measure::run(&mut setup.pull(&setup.bundle_directory(), setup.source.addr()), None)?;
        let bundle = Bundle::open(&[setup.bundle()])?;
        let contents = Contents::read(&bundle)?;
        let digests: std::collections::BTreeSet<_> =
            contents.repositories.iter().flat_map(|it| it.manifests.keys()).collect();
        setup.manifests = digests.len();
        setup.blobs = contents
            .unique_blobs()
            .into_iter()
            .map(|(digest, (size, paths))| BlobAt {
                digest,
                size,
                repository: [ROOT, paths[0]].join("/").trim_end_matches('/').to_owned(),
            })
            .collect();
        fs::create_dir(setup.blob_files())?;
        measure::run(&mut floor::curl(&setup, setup.source.addr(), &setup.blob_files())?, None)?;
        setup.check(&distribution)?;
        Ok(setup)
    }

    /// A source with any distribution, no bundle yet.
    pub(crate) fn with(options: &Options, dhctl: PathBuf, distribution: &Distribution) -> Result<Self> {
        let directory = match &options.dir {
            Some(dir) => TempDir::new_in(dir)?,
            None => TempDir::new()?,
        };
        let storage = directory.path().join("source");
        write_docker_registry_storage(&distribution.store, &storage)?;
        let source = DockerRegistry::start(DockerRegistryOptions {
            storage: Some(storage),
            ..DockerRegistryOptions::default()
        })?;
        Ok(Self {
            dhctl,
            source,
            blobs: Vec::new(),
            manifests: 0,
            directory,
            extra: options.dhctl_arg.clone(),
        })
    }

    /// A benchmark of half a distribution, or of files that curl did not get, would flatter us.
    fn check(&self, distribution: &Distribution) -> Result<()> {
        let releases: Vec<&str> = distribution.releases.keys().map(String::as_str).collect();
        let channels: Vec<&str> = distribution.channels.keys().map(String::as_str).collect();
        for (path, expected) in distribution.expected(&releases, &channels).repositories {
            let bundle = Bundle::open(&[self.bundle()])?;
            let contents = Contents::read(&bundle)?;
            let found = contents.repositories.iter().find(|it| it.path == path);
            let has = |digest: &Digest| found.is_some_and(|it| it.manifests.contains_key(digest));
            let complete = expected.tags.values().chain(&expected.digests).all(has);
            ensure!(complete || path == "modules", "the default choice leaves out a part of {ROOT}/{path}");
        }
        for blob in &self.blobs {
            let file = self.blob_files().join(blob.digest.hex());
            let size = fs::metadata(&file)?.len();
            ensure!(size == blob.size, "{}: {size} bytes", file.display());
        }
        Ok(())
    }

    /// What is measured on, in one line.
    pub(crate) fn describe(&self) -> String {
        let unique: u64 = self.blobs.iter().map(|blob| blob.size).sum();
        format!(
            "{} manifests, {} unique blobs, {} unique, {} in the bundle; {} cores; files in {}",
            self.manifests,
            self.blobs.len(),
            megabytes(unique),
            megabytes(self.bundle_size()),
            std::thread::available_parallelism().map_or(0, usize::from),
            self.directory.path().display(),
        )
    }

    /// A directory of this name that is not there yet, on the same file system as all others.
    pub(crate) fn fresh(&self, name: &str) -> Result<PathBuf> {
        let path = self.directory.path().join(name);
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::create_dir(&path)?;
        measure::settle();
        Ok(path)
    }

    /// The bundle of the warm-up.
    pub(crate) fn bundle(&self) -> PathBuf {
        self.bundle_directory().join("d8.tar")
    }

    /// The directory of that bundle.
    pub(crate) fn bundle_directory(&self) -> PathBuf {
        self.directory.path().join("bundle")
    }

    /// Size of that bundle in bytes.
    pub(crate) fn bundle_size(&self) -> u64 {
        fs::metadata(self.bundle()).map_or(0, |metadata| metadata.len())
    }

    /// The blobs as files, named by the digits of their digests.
    pub(crate) fn blob_files(&self) -> PathBuf {
        self.directory.path().join("blobs")
    }

    /// `dhctl mirror` with a bundle.
    fn mirror(&self, dhctl: &Path, bundle: &Path, scratch: &Path) -> Command {
        let mut command = self.dhctl(dhctl, "mirror", scratch);
        command.arg("-i").arg(bundle);
        command
    }

    /// A command of a dhctl that runs in `scratch` and has its temporary files there.
    pub(crate) fn dhctl(&self, dhctl: &Path, name: &str, scratch: &Path) -> Command {
        let mut command = Command::new(dhctl);
        command
            .args([name, "--insecure", "--progress", "plain", "--quiet"])
            .args(&self.extra)
            .current_dir(scratch)
            .env("TMPDIR", scratch)
            .env_remove("http_proxy")
            .env_remove("HTTP_PROXY");
        command
    }

    /// A pull into `directory`.
    pub(crate) fn pull(&self, directory: &Path, from: impl std::fmt::Display) -> Command {
        self.pull_with(&self.dhctl, directory, from)
    }

    /// A pull into `directory` by another build.
    pub(crate) fn pull_with(&self, dhctl: &Path, directory: &Path, from: impl std::fmt::Display) -> Command {
        let mut command = self.mirror(dhctl, &directory.join("d8.tar"), directory);
        command.arg("--source").arg(format!("{from}/{ROOT}"));
        command
    }

    /// A push of `bundle`.
    pub(crate) fn push(&self, bundle: &Path, scratch: &Path, to: std::net::SocketAddr) -> Command {
        let mut command = self.mirror(&self.dhctl, bundle, scratch);
        command.arg("--registry").arg(format!("{to}/{ROOT}"));
        command
    }
}

/// `432.1 MB`
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", as_megabytes(bytes))
}

/// Bytes as millions of bytes.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub(crate) fn as_megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
