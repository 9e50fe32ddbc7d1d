//! What the manifests of a registry have in common: login, certificates, and where the result goes.

use deckhouse::manifests::{DockerCfg, ManifestError, RegistryAccess, Scheme};
use oci::Host;

use crate::{
    args::{AccessArgs, FileOutArgs, TargetLoginArgs},
    failure::Failure,
    logins::Login,
    printer::{self, Printer},
    result_file::{self, Readers},
};

/// The login that was typed; none means anonymous access, which is said. What other tools have stored does
/// not count: a cluster must not be given somebody's own login unasked.
pub(super) fn docker_cfg(host: &Host, args: &TargetLoginArgs) -> Result<Option<DockerCfg>, Failure> {
    let Some(login) = Login::to_target(args).typed()? else {
        printer::note(&format!(
            "note: no login is given, so {host} is accessed anonymously; a login is given by --registry-login"
        ));
        return Ok(None);
    };
    if login.password.expose().is_empty() {
        return Err(Failure::usage("a login is given without a password")
            .hint("add --registry-password-file, or set DHCTL_CLI_MIRROR_PASS"));
    }
    Ok(Some(DockerCfg::new(host, &login.login, login.password.expose())?))
}

/// Writes the manifest of a registry to where its result goes.
pub(super) fn write(
    args: &AccessArgs,
    manifest: impl FnOnce(&RegistryAccess<'_>) -> Result<String, ManifestError>,
) -> Result<(), Failure> {
    let ca: Result<String, _> = args.ca_file.iter().map(|path| egress::certificates_as_pem(path)).collect();
    let ca = ca?;
    let cfg = docker_cfg(&args.registry.host, &args.login)?;
    let text = manifest(&RegistryAccess {
        repository: &args.registry,
        docker_cfg: cfg.as_ref(),
        scheme: if args.insecure { Scheme::Http } else { Scheme::Https },
        ca: Some(ca.as_str()).filter(|pem| !pem.is_empty()),
    })?;
    give(&text, &args.file)
}

/// Gives the result to standard output, or to a file that only its owner may read.
pub(super) fn give(text: &str, file: &FileOutArgs) -> Result<(), Failure> {
    let Some(path) = &file.out else { return Printer::stdout(text.as_bytes()) };
    result_file::write(path, text, Readers::Owner, file.force)?;
    printer::note(&format!("written    {}", path.display()));
    Ok(())
}
