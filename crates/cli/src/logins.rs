//! The login at a registry: flags first, a password or license key also from a file or standard input, then what
//! other tools have stored.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

use deckhouse::manifests::LICENSE_USER;
use egress::Secret;
use oci::RepositoryUrl;
use registry::client::Credentials;
use registry::credentials::{CredentialPaths, lookup};

use crate::{Environment, d8_variables::D8Registry, exit_code::Exit, failure::Failure};

/// The most that the file of a secret may hold, in bytes.
const MAX_PASSWORD: u64 = 64 * 1024;

/// The login flags of one registry.
#[derive(Debug, Clone)]
pub(crate) struct Login {
    pub(crate) name: Option<String>,
    pub(crate) password: Option<Secret>,
    pub(crate) password_file: Option<PathBuf>,
    /// A license key, which stands for login and password.
    pub(crate) license: Option<Secret>,
    pub(crate) license_file: Option<PathBuf>,
    /// Name of the flag for the login, for errors.
    pub(crate) flag: &'static str,
    /// Name of the flag for the password, and of its variable.
    pub(crate) password_flag: &'static str,
    pub(crate) password_variable: Option<&'static str>,
    pub(crate) license_variable: Option<&'static str>,
    /// Which variables of `d8` stand for what is not set.
    pub(crate) d8: Option<D8Registry>,
}

impl Login {
    /// No login, and no flags.
    #[cfg(test)]
    pub(crate) fn none() -> Self {
        Self {
            name: None,
            password: None,
            password_file: None,
            license: None,
            license_file: None,
            flag: "",
            password_flag: "",
            password_variable: None,
            license_variable: None,
            d8: None,
        }
    }

    /// Login and password from the flags; the password is empty if there is none.
    pub(crate) fn entered(&self) -> Result<Option<Credentials>, Failure> {
        let password = one_of(
            (self.password.as_ref(), self.password_file.as_deref()),
            (self.password_flag, self.password_variable),
            "the password",
        )?;
        match (self.name.as_deref().filter(|it| !it.is_empty()), password) {
            (Some(login), password) => {
                Ok(Some(Credentials::new(login, password.unwrap_or_else(|| Secret::new("")))))
            }
            (None, Some(_)) => {
                let message = format!("a password without a login; set {}", self.flag);
                Err(Failure::usage(message))
            }
            (None, None) => Ok(None),
        }
    }

    /// Whether any of the flags is set.
    pub(crate) fn is_given(&self) -> bool {
        let secrets = [&self.password, &self.license].into_iter().flatten();
        self.name.as_ref().is_some_and(|it| !it.is_empty())
            || self.password_file.is_some()
            || self.license_file.is_some()
            || secrets.into_iter().any(|it| !it.expose().is_empty())
    }

    /// Login and password from the flags, or a license key. Login and password win.
    pub(crate) fn given(&self) -> Result<Option<Credentials>, Failure> {
        if let Some(credentials) = self.entered()? {
            return Ok(Some(credentials));
        }
        let license = (self.license.as_ref(), self.license_file.as_deref());
        let flag = ("--license", self.license_variable);
        let key = one_of(license, flag, "the license key")?;
        Ok(key.map(|key| Credentials::new(LICENSE_USER, key)))
    }

    /// The credentials to use for `url`, or none for anonymous access. Login and password win over a
    /// license key, both win over what other tools have stored. Empty values count as not set: that is
    /// how scripts unset a variable.
    pub(crate) async fn resolve(
        &self,
        url: &RepositoryUrl,
        environment: &Environment,
    ) -> Result<Option<Credentials>, Failure> {
        if let Some(credentials) = environment.d8.complete(self).given()? {
            if !self.is_given() {
                tracing::info!(host = %url.host, "the login is from the variables of d8 (D8_MIRROR_…)");
            }
            return Ok(Some(credentials));
        }
        self.stored(url, environment).await
    }

    /// The credentials that other tools have stored for `url`, if any.
    pub(crate) async fn stored(
        &self,
        url: &RepositoryUrl,
        environment: &Environment,
    ) -> Result<Option<Credentials>, Failure> {
        let paths =
            CredentialPaths { files: environment.credential_files.clone(), helper_directories: Vec::new() };
        let stored = lookup(&paths, url.host.as_str(), url.repository.as_str()).await;
        stored.map_err(|error| {
            let hint = format!("set {}, or repair the stored credentials", self.flag);
            Failure::new(Exit::Denied, error.to_string()).hint(hint)
        })
    }
}

/// The secret from the flag or the file. `flag` is the name of its flag, and of its variable.
fn one_of(
    (value, file): (Option<&Secret>, Option<&Path>),
    (flag, variable): (&str, Option<&str>),
    what: &str,
) -> Result<Option<Secret>, Failure> {
    match (file, value.filter(|it| !it.expose().is_empty())) {
        (Some(_), Some(_)) => {
            let hint = match variable {
                Some(name) => {
                    format!("use only one of the two; check whether {name} is set in the environment")
                }
                None => "use only one of the two".to_owned(),
            };
            Err(Failure::usage(format!("both {flag} and {flag}-file are set")).hint(hint))
        }
        (Some(path), None) => read_secret(path, what).map(Some),
        (None, value) => Ok(value.cloned()),
    }
}

/// Reads a secret; `-` is standard input. One line feed at its end is not part of it.
pub(crate) fn read_secret(path: &Path, what: &str) -> Result<Secret, Failure> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(MAX_PASSWORD).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MAX_PASSWORD).read_to_string(&mut text))
    };
    read.map_err(|error| Failure::file(path, &error))?;
    let secret = text.strip_suffix('\n').unwrap_or(&text);
    let secret = secret.strip_suffix('\r').unwrap_or(secret);
    if secret.is_empty() {
        return Err(Failure::usage(format!("{}: {what} is empty", path.display())));
    }
    Ok(Secret::new(secret))
}
