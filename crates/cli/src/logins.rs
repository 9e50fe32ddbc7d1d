//! Who we are to a registry: flags first, a password or licence key also from a file or standard input, then what
//! other tools have stored.

use std::{io::Read as _, path::Path};

use egress::Secret;
use oci::RepositoryUrl;
use registry::client::Credentials;
use registry::credentials::{CredentialPaths, lookup};

use crate::{Environment, args::TargetLoginArgs, exit_code::Exit, failure::Failure};

/// The login that a licence key stands for.
const LICENSE_LOGIN: &str = "license-token";

/// The most that the file of a secret may hold, in bytes.
const MAX_PASSWORD: u64 = 64 * 1024;

/// What was typed for one registry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Login<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) password: Option<&'a Secret>,
    pub(crate) password_file: Option<&'a Path>,
    /// A licence key, which stands for login and password.
    pub(crate) license: Option<&'a Secret>,
    pub(crate) license_file: Option<&'a Path>,
    /// Name of the flag for the login, to tell what is missing.
    pub(crate) flag: &'static str,
    /// Name of the flag for the password, and of its variable.
    pub(crate) password_flag: &'static str,
    pub(crate) password_variable: Option<&'static str>,
    pub(crate) license_variable: Option<&'static str>,
}

impl<'a> Login<'a> {
    /// What was typed for the private registry.
    pub(crate) fn to_target(args: &'a TargetLoginArgs) -> Self {
        Self {
            name: args.registry_login.as_deref(),
            password: args.registry_password.as_ref(),
            password_file: args.registry_password_file.as_deref(),
            license: None,
            license_file: None,
            flag: "--registry-login",
            password_flag: "--registry-password",
            password_variable: Some("DHCTL_CLI_MIRROR_PASS"),
            license_variable: None,
        }
    }

    /// Login and password as typed; the password is empty if none was.
    pub(crate) fn typed(&self) -> Result<Option<Credentials>, Failure> {
        let password = one_of(
            (self.password, self.password_file),
            (self.password_flag, self.password_variable),
            "the password",
        )?;
        match (self.name.filter(|it| !it.is_empty()), password) {
            (Some(login), password) => {
                Ok(Some(Credentials::new(login, password.unwrap_or_else(|| Secret::new("")))))
            }
            (None, Some(_)) => {
                let message = format!("a password is given without a login; add {}", self.flag);
                Err(Failure::usage(message))
            }
            (None, None) => Ok(None),
        }
    }

    /// Whether anything was typed.
    pub(crate) fn is_given(&self) -> bool {
        let secrets = [self.password, self.license].into_iter().flatten();
        self.name.is_some_and(|it| !it.is_empty())
            || self.password_file.is_some()
            || self.license_file.is_some()
            || secrets.into_iter().any(|it| !it.expose().is_empty())
    }

    /// The credentials to use for `url`, or none for anonymous access. Login and password win over a
    /// licence key, both win over what other tools have stored. Empty values count as not given: that is
    /// how scripts unset a variable.
    pub(crate) async fn resolve(
        &self,
        url: &RepositoryUrl,
        environment: &Environment,
    ) -> Result<Option<Credentials>, Failure> {
        if let Some(typed) = self.typed()? {
            return Ok(Some(typed));
        }
        let license = (self.license, self.license_file);
        let flag = ("--license", self.license_variable);
        if let Some(key) = one_of(license, flag, "the licence key")? {
            return Ok(Some(Credentials::new(LICENSE_LOGIN, key)));
        }
        let paths =
            CredentialPaths { files: environment.credential_files.clone(), helper_directories: Vec::new() };
        let stored = lookup(&paths, url.host.as_str(), url.repository.as_str()).await;
        stored.map_err(|error| {
            let hint = format!("give the login by {}, or repair the stored credentials", self.flag);
            Failure::new(Exit::Denied, error.to_string()).hint(hint)
        })
    }
}

/// The secret that was typed, or that is in the file. `flag` is the name of its flag, and of its variable.
fn one_of(
    (typed, file): (Option<&Secret>, Option<&Path>),
    (flag, variable): (&str, Option<&str>),
    what: &str,
) -> Result<Option<Secret>, Failure> {
    match (file, typed.filter(|it| !it.expose().is_empty())) {
        (Some(_), Some(_)) => {
            let hint = match variable {
                Some(name) => {
                    format!("give one of the two, and see whether {name} is set in the environment")
                }
                None => "give one of the two".to_owned(),
            };
            Err(Failure::usage(format!("both {flag} and {flag}-file are given")).hint(hint))
        }
        (Some(path), None) => read_secret(path, what).map(Some),
        (None, typed) => Ok(typed.cloned()),
    }
}

/// Reads a secret; `-` is standard input. One line feed at its end is not part of it.
fn read_secret(path: &Path, what: &str) -> Result<Secret, Failure> {
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
