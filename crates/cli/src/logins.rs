//! Who we are to a registry: flags first, then a password from a file or standard input, then what other
//! tools have stored.

use std::{io::Read as _, path::Path};

use egress::Secret;
use oci::RepositoryUrl;
use registry::client::Credentials;
use registry::credentials::{CredentialPaths, lookup};

use crate::{Environment, args::TargetLoginArgs, exit_code::Exit, failure::Failure};

/// The login that a licence key stands for.
const LICENSE_LOGIN: &str = "license-token";

/// The most that a password file may hold, in bytes.
const MAX_PASSWORD: u64 = 64 * 1024;

/// What was typed for one registry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Login<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) password: Option<&'a Secret>,
    pub(crate) password_file: Option<&'a Path>,
    /// A licence key, which stands for login and password.
    pub(crate) license: Option<&'a Secret>,
    /// Name of the flag for the login, to tell what is missing.
    pub(crate) flag: &'static str,
    /// Name of the flag for the password, and of its variable.
    pub(crate) password_flag: &'static str,
    pub(crate) password_variable: Option<&'static str>,
}

impl<'a> Login<'a> {
    /// What was typed for the private registry.
    pub(crate) fn to_target(args: &'a TargetLoginArgs) -> Self {
        Self {
            name: args.registry_login.as_deref(),
            password: args.registry_password.as_ref(),
            password_file: args.registry_password_file.as_deref(),
            license: None,
            flag: "--registry-login",
            password_flag: "--registry-password",
            password_variable: Some("DHCTL_CLI_MIRROR_PASS"),
        }
    }

    /// Login and password as typed; the password is empty if none was.
    pub(crate) fn typed(&self) -> Result<Option<Credentials>, Failure> {
        let password = match (self.password_file, self.password.filter(|it| !it.expose().is_empty())) {
            (Some(_), Some(_)) => {
                let message = format!("both {0} and {0}-file are given", self.password_flag);
                let hint = match self.password_variable {
                    Some(name) => {
                        format!("give one of the two, and see whether {name} is set in the environment")
                    }
                    None => "give one of the two".to_owned(),
                };
                return Err(Failure::usage(message).hint(hint));
            }
            (Some(path), None) => Some(read_password(path)?),
            (None, password) => password.cloned(),
        };
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
        if let Some(key) = self.license.filter(|key| !key.expose().is_empty()) {
            return Ok(Some(Credentials::new(LICENSE_LOGIN, key.clone())));
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

/// Reads a password; `-` is standard input. One line feed at its end is not part of it.
fn read_password(path: &Path) -> Result<Secret, Failure> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(MAX_PASSWORD).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MAX_PASSWORD).read_to_string(&mut text))
    };
    read.map_err(|error| Failure::file(path, &error))?;
    let password = text.strip_suffix('\n').unwrap_or(&text);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() {
        return Err(Failure::usage(format!("{}: the password is empty", path.display())));
    }
    Ok(Secret::new(password))
}
