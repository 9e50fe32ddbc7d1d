//! What the manifests of a registry have in common: login, certificates, and where the result goes.

use std::path::PathBuf;

use commands::{Command, Kubectl};
use deckhouse::manifests::{DockerCfg, ManifestError, RegistryAccess, Scheme};
use oci::Host;
use registry::client::Credentials;

use crate::{
    failure::Failure,
    logins::Login,
    printer::{self, Printer},
    result_file::{self, Readers},
    settings::{ClusterRegistry, ResultFile},
};

/// The login from the flags; none means anonymous access, with a note. Logins that other tools have stored are not
/// used: a cluster must not get a personal login by accident.
pub(super) fn login(host: &Host, login: &Login) -> Result<Option<Credentials>, Failure> {
    let Some(login) = login.entered()? else {
        printer::note(&format!(
            "note: no login, so the cluster accesses {host} anonymously; set --registry-login to use a login"
        ));
        return Ok(None);
    };
    if login.password.expose().is_empty() {
        return Err(Failure::usage("a login without a password")
            .hint("set --registry-password-file or DHCTL_CLI_MIRROR_PASS"));
    }
    Ok(Some(login))
}

/// The same, in the format of container runtimes.
pub(super) fn docker_cfg(host: &Host, entered: &Login) -> Result<Option<DockerCfg>, Failure> {
    let cfg = |login: Credentials| DockerCfg::new(host, &login.login, login.password.expose());
    Ok(login(host, entered)?.map(cfg).transpose()?)
}

/// The certificates in these files; `None` if there are none.
pub(super) fn certificates(files: &[PathBuf]) -> Result<Option<String>, Failure> {
    let ca: Result<String, _> = files.iter().map(|path| egress::certificates_as_pem(path)).collect();
    Ok(Some(ca?).filter(|pem| !pem.is_empty()))
}

/// Names the command that applies the manifest, if it was written to a file.
pub(super) fn say_next(file: &ResultFile) {
    if let Some(path) = &file.path {
        let apply = Command::kubectl(Kubectl::Apply(path.display().to_string()));
        printer::note(&format!("next: {apply}"));
    }
}

/// Writes the manifest of a registry to where its result goes.
pub(super) fn write(
    access: &ClusterRegistry,
    manifest: impl FnOnce(&RegistryAccess<'_>) -> Result<String, ManifestError>,
) -> Result<(), Failure> {
    let ca = certificates(&access.ca_files)?;
    let cfg = docker_cfg(&access.registry.host, &access.login)?;
    let text = manifest(&RegistryAccess {
        repository: &access.registry,
        docker_cfg: cfg.as_ref(),
        scheme: if access.plain_http { Scheme::Http } else { Scheme::Https },
        ca: ca.as_deref(),
    })?;
    print(&text, &access.file)
}

/// Prints the result to standard output, or writes it to a file that only its owner may read.
pub(super) fn print(text: &str, file: &ResultFile) -> Result<(), Failure> {
    let Some(path) = &file.path else { return Printer::stdout(text.as_bytes()) };
    result_file::write(path, text, Readers::Owner, file.replace)?;
    printer::note(&format!("written    {}", path.display()));
    Ok(())
}
