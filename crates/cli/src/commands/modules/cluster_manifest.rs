//! The `ModuleSource` for the cluster, written after a push.

use std::{
    fs,
    path::{Path, PathBuf},
};

use commands::{Kubectl, Sentence};
use deckhouse::{
    ModuleSource,
    manifests::{DockerCfg, ManifestError, RegistryAccess, Scheme, write_module_source},
};
use registry::client::Credentials;

use crate::{
    failure::Failure,
    result_file::{self, Readers},
    settings::{self, Connection, ModulesPushSettings, Output},
};

/// Its name if there is no manifest from outside that has one.
const NAME: &str = "mirrored-modules";

/// The manifest, known to be writable before anything is uploaded.
pub(super) struct ClusterManifest {
    path: PathBuf,
    /// Whether an existing file is replaced.
    replace: bool,
    text: String,
}

impl ClusterManifest {
    /// Creates the text, and checks that it can be written.
    pub(super) fn new(
        settings: &ModulesPushSettings,
        credentials: Option<&Credentials>,
    ) -> Result<Self, Failure> {
        let ModulesPushSettings { registry, connection, manifest, .. } = settings;
        let path = manifest.clone();
        let directory = settings::directory(&path);
        if !directory.is_dir() {
            return Err(Failure::file(directory, &std::io::ErrorKind::NotFound.into()));
        }
        let usage = |error: ManifestError| Failure::usage(error.to_string());
        let cfg = match credentials.filter(|it| !it.is_identity_token()) {
            Some(it) => Some(DockerCfg::new(&registry.host, &it.login, it.password.expose()).map_err(usage)?),
            None => None,
        };
        let ca = ca(connection)?;
        let access = RegistryAccess {
            repository: registry,
            docker_cfg: cfg.as_ref(),
            scheme: if connection.plain_http { Scheme::Http } else { Scheme::Https },
            ca: ca.as_deref(),
        };
        let text = write_module_source(&name(&settings.directory), &access).map_err(usage)?;
        // The same push may be run again.
        let replace = settings.replace
            || bundle::read_file(&path).is_ok_and(|there| there.as_deref() == Some(text.as_bytes()));
        if path.exists() && !replace {
            let message = format!("{} already exists", path.display());
            return Err(Failure::usage(message)
                .hint("name another file with --out, or replace this one with --force"));
        }
        Ok(Self { path, replace, text })
    }

    /// Writes it, and returns the text of the result.
    pub(super) fn write(self, output: Output) -> Result<String, Failure> {
        result_file::write(&self.path, &self.text, Readers::Owner, self.replace)?;
        let path = self.path.display();
        let apply = Sentence::from("inside: ").command(Kubectl::Apply(path.to_string()));
        Ok(format!("written    {path}\n{}", output.next_steps(&[apply])))
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
    // The platform creates and maintains the source `deckhouse` itself.
    let name = sources.next().map(|source| source.name).filter(|name| name != "deckhouse");
    name.unwrap_or_else(|| NAME.to_owned())
}

/// The certificates (PEM) that the registry was reached with.
fn ca(connection: &Connection) -> Result<Option<String>, Failure> {
    let mut text = String::new();
    for path in &connection.ca_files {
        text += &egress::certificates_as_pem(path)?;
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}
