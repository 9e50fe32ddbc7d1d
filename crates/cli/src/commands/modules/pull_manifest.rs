//! The `ModuleSource` manifest that a pull of modules reads, and the login in it.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use deckhouse::{ModuleSource, ModuleSourceError, without_login};
use registry::{client::Credentials, credentials::ConfigFile};

use crate::{Environment, failure::Failure, logins::Login};

/// The manifest: a copy of its text without the login, and what it says.
pub(super) struct PullManifest {
    pub(super) path: PathBuf,
    pub(super) copy: String,
    pub(super) source: ModuleSource,
}

impl PullManifest {
    /// Reads it. It must not be in `directory`, which is copied to the inside, while it contains a login.
    pub(super) fn read(path: &Path, directory: &Path) -> Result<Self, Failure> {
        let usage = |error: ModuleSourceError| Failure::usage(format!("{}: {error}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
        let source = ModuleSource::parse(&text).map_err(usage)?;
        let copy = without_login(&text).map_err(usage)?;
        let identity = |path: &Path| fs::metadata(path).map(|it| (it.dev(), it.ino()));
        let carried = identity(&directory.join(path.file_name().unwrap_or_default()));
        if copy != text && carried.is_ok_and(|there| identity(path).is_ok_and(|it| it == there)) {
            return Err(Failure::usage(format!(
                "{} contains a login and is in the directory that crosses the air gap",
                path.display()
            ))
            .hint("move it to another directory; the pull writes a copy without dockerCfg into this one"));
        }
        Ok(Self { path: path.to_owned(), copy, source })
    }

    /// The credentials for the source: flags take precedence over the manifest, and that over what other tools have
    /// stored.
    pub(super) async fn credentials(
        &self,
        login: &Login,
        environment: &Environment,
    ) -> Result<Option<Credentials>, Failure> {
        let url = &self.source.repository;
        if let Some(config) = self.source.docker_config.as_ref().filter(|_| !login.is_given()) {
            let found = ConfigFile::parse(config.expose())
                .and_then(|config| config.credentials(url.host.as_str(), url.repository.as_str()));
            let found = found.map_err(|error| Failure::usage(format!("spec.registry.dockerCfg: {error}")))?;
            if found.is_some() {
                return Ok(found);
            }
        }
        login.resolve(url, environment).await
    }
}
