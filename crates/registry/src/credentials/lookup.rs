//! Finding the credentials for a repository where other tools have put them.

use std::{io, path::PathBuf};

use super::{
    Credentials,
    config::{ConfigError, ConfigFile, Slot},
    helper::{self, HelperError},
};

/// Where to look. The library reads no environment: the caller knows `DOCKER_CONFIG`,
/// `REGISTRY_AUTH_FILE`, `XDG_RUNTIME_DIR` and the home directory.
#[derive(Debug, Clone, Default)]
pub struct CredentialPaths {
    /// Files in docker's format, the most important first; those that do not exist are skipped.
    pub files: Vec<PathBuf>,
    /// Directories in which credential helpers are looked for, before those of `PATH`.
    pub helper_directories: Vec<PathBuf>,
}

/// Why a file or helper that was found gave no answer. Nothing secret is part of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// A file cannot be read.
    #[error("cannot read credentials from {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("cannot read credentials from {}: {source}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ConfigError,
    },
    /// A helper failed.
    #[error("credential helper docker-credential-{name} (named in {}) {reason}", path.display())]
    Helper {
        /// The helper's name, without its prefix.
        name: String,
        /// The file that names it.
        path: PathBuf,
        /// What went wrong, without anything that the helper printed.
        reason: String,
    },
}

/// The credentials for `repository` (a path, which may be empty) of the registry `host` (with its port).
///
/// The first file that knows any decides. `None` if none does: anonymous access is then all there is.
///
/// # Errors
/// [`CredentialError`], if a file that exists cannot be read or the helper that it names fails.
pub async fn lookup(
    paths: &CredentialPaths,
    host: &str,
    repository: &str,
) -> Result<Option<Credentials>, CredentialError> {
    for path in &paths.files {
        let text = match read(path.clone()).await {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                continue;
            }
            Err(source) => {
                let path = path.clone();
                return Err(CredentialError::Read { path, source });
            }
        };
        let parse = |source| CredentialError::Parse { path: path.clone(), source };
        let file = ConfigFile::parse(&text).map_err(parse)?;
        for place in file.places(host, repository).map_err(parse)? {
            let found = match place {
                Slot::Here(credentials) => Some(credentials),
                Slot::Helper { name, server } => {
                    let fail = |reason: HelperError| CredentialError::Helper {
                        name: name.to_owned(),
                        path: path.clone(),
                        reason: reason.to_string(),
                    };
                    let program = paths.helper(name);
                    helper::ask(program, &server, helper::TIMEOUT).await.map_err(fail)?
                }
            };
            if found.is_some() {
                return Ok(found);
            }
        }
    }
    Ok(None)
}

async fn read(path: PathBuf) -> io::Result<Vec<u8>> {
    let reading = tokio::task::spawn_blocking(move || std::fs::read(path));
    reading.await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

impl CredentialPaths {
    fn helper(&self, name: &str) -> PathBuf {
        // A name is part of a program's name and never a path.
        let program = format!("docker-credential-{}", name.replace(['/', '\\'], "_"));
        let candidates = self.helper_directories.iter().map(|directory| directory.join(&program));
        candidates
            .into_iter()
            .find(|candidate| candidate.is_file())
            .unwrap_or_else(|| PathBuf::from(&program))
    }
}
