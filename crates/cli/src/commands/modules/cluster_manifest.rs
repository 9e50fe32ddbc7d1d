//! The `ModuleSource` for the cluster, written after a push: the modules are now in the private registry.

use std::{
    fs,
    path::{Path, PathBuf},
};

use commands::{Command, Kubectl};
use deckhouse::{
    ModuleSource,
    manifests::{DockerCfg, ManifestError, RegistryAccess, Scheme, write_module_source},
};
use oci::RepositoryUrl;
use registry::client::Credentials;

use crate::{
    args::{ConnectionArgs, ModulesTransferArgs},
    failure::Failure,
    result_file::{self, Readers},
    settings,
};

/// Its name if no manifest came along that tells one.
const NAME: &str = "mirrored-modules";

/// What is to be written, known to be writable before anything is sent.
pub(super) struct ForCluster {
    path: PathBuf,
    /// Whether a file that is there may go.
    replace: bool,
    text: String,
}

impl ForCluster {
    /// Makes it ready.
    pub(super) fn new(
        args: &ModulesTransferArgs,
        registry: &RepositoryUrl,
        credentials: Option<&Credentials>,
    ) -> Result<Self, Failure> {
        let path = args.out.clone();
        let directory = settings::directory(&path);
        if !directory.is_dir() {
            return Err(Failure::file(directory, &std::io::ErrorKind::NotFound.into()));
        }
        let told = |error: ManifestError| Failure::usage(error.to_string());
        let cfg = match credentials.filter(|it| !it.is_identity_token()) {
            Some(it) => Some(DockerCfg::new(&registry.host, &it.login, it.password.expose()).map_err(told)?),
            None => None,
        };
        let ca = ca(&args.connection)?;
        let access = RegistryAccess {
            repository: registry,
            docker_cfg: cfg.as_ref(),
            scheme: if args.connection.insecure { Scheme::Http } else { Scheme::Https },
            ca: ca.as_deref(),
        };
        let text = write_module_source(&name(args.directory()), &access).map_err(told)?;
        // The same push may be run again.
        let replace = args.force
            || bundle::read_file(&path).is_ok_and(|there| there.as_deref() == Some(text.as_bytes()));
        if path.exists() && !replace {
            let message = format!("{}: is there already", path.display());
            return Err(Failure::usage(message)
                .hint("name another file with --out, or replace this one with --force"));
        }
        Ok(Self { path, replace, text })
    }

    /// Writes it, and tells what to do with it.
    pub(super) fn write(self) -> Result<String, Failure> {
        result_file::write(&self.path, &self.text, Readers::Owner, self.replace)?;
        let path = self.path.display();
        let apply = Command::kubectl(Kubectl::Apply(path.to_string()));
        Ok(format!("written    {path}\napply it with: {apply}\n"))
    }
}

/// The name that the modules' source has outside.
fn name(directory: &Path) -> String {
    let files = fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut manifests: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|it| it == "yml" || it == "yaml")).collect();
    manifests.sort();
    let mut sources = manifests.iter().filter_map(|path| {
        let text = String::from_utf8(bundle::read_file(path).ok()??).ok()?;
        ModuleSource::parse(&text).ok()
    });
    // The platform makes and keeps the source `deckhouse` itself.
    let name = sources.next().map(|source| source.name).filter(|name| name != "deckhouse");
    name.unwrap_or_else(|| NAME.to_owned())
}

/// The certificates that the registry was reached with.
fn ca(connection: &ConnectionArgs) -> Result<Option<String>, Failure> {
    let mut text = String::new();
    for path in &connection.ca_file {
        text += &egress::certificates_as_pem(path)?;
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}
