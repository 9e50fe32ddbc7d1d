//! A real registry on a free port of this machine, ended when dropped: Debian's `docker-registry` 2.8, or
//! distribution 3, which `cargo xtask test` builds from its Go module.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command},
};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    distribution_3, docker_storage::DockerStorage, reserved_port::ReservedPort, server_process,
    tokens::TokenServer,
};

/// Which registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Version {
    /// Debian's `docker-registry` 2.8.
    #[default]
    Debian,
    /// Distribution 3.0.0.
    Three,
}

impl Version {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Debian, Self::Three];

    fn program(self) -> anyhow::Result<PathBuf> {
        match self {
            Self::Debian => Ok("docker-registry".into()),
            Self::Three => distribution_3::program(),
        }
    }

    fn package(self) -> &'static str {
        match self {
            Self::Debian => "Debian package docker-registry",
            Self::Three => "built by cargo xtask test",
        }
    }
}

/// How a registry is started. The default is open, with storage of its own.
#[derive(Debug, Clone, Default)]
pub struct DockerRegistryOptions {
    /// Which one.
    pub version: Version,
    /// Whether it accepts no uploads at present.
    pub read_only: bool,
    /// What it signs the state of uploads with; the same for every start without it.
    pub secret: Option<String>,
    /// Where its content lies; a directory of its own, removed at the end, without it.
    pub storage: Option<PathBuf>,
    /// Who is let in.
    pub auth: DockerAuth,
    /// The address of the registry that it is a pull-through cache of.
    pub proxy_of: Option<String>,
    /// Whether it refuses deletions.
    pub no_deletions: bool,
    /// Whether it sends relative `Location` headers; absolute ones, as it does by itself, otherwise.
    pub relative_urls: bool,
}

/// How a registry knows its callers.
#[derive(Debug, Clone, Default)]
pub enum DockerAuth {
    /// Everyone may do everything.
    #[default]
    None,
    /// One login, in a file of `htpasswd`.
    Htpasswd {
        /// The login.
        login: String,
        /// The password.
        password: String,
    },
    /// Tokens of a token server: its realm, its service, its certificate.
    Token {
        /// The address that the registry sends its callers to.
        realm: String,
        /// The service that it names, and the audience of the tokens.
        service: String,
        /// The certificate that signs the tokens, as PEM.
        certificate: String,
    },
}

impl DockerAuth {
    /// The tokens of this server.
    pub fn tokens_of(server: &TokenServer) -> Self {
        Self::Token {
            realm: server.realm(),
            service: server.service().to_owned(),
            certificate: TokenServer::certificate_pem(),
        }
    }
}

/// A running registry.
#[derive(Debug)]
pub struct DockerRegistry {
    process: Child,
    port: ReservedPort,
    storage: PathBuf,
    options: DockerRegistryOptions,
    directory: TempDir,
}

impl DockerRegistry {
    /// Starts a registry and waits until it answers. Blocks for a tenth of a second or so.
    ///
    /// # Errors
    /// If the program is not installed, or does not answer within 15 seconds; its log is in the error.
    pub fn start(options: DockerRegistryOptions) -> anyhow::Result<Self> {
        let directory = TempDir::new()?;
        let storage = match &options.storage {
            Some(storage) => storage.clone(),
            None => directory.path().join("storage"),
        };
        let port = ReservedPort::new()?;
        let process = run(&options, port.addr(), &storage, directory.path())?;
        Ok(Self { process, port, storage, options, directory })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.port.addr()
    }

    /// Its content on disk, to be read past the registry.
    pub fn storage(&self) -> DockerStorage {
        DockerStorage::new(&self.storage)
    }

    /// What it has logged.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub fn log(&self) -> anyhow::Result<String> {
        Ok(fs::read_to_string(self.directory.path().join("log"))?)
    }

    /// Removes what no manifest names, as an administrator does, while the registry runs: its cache does not learn of it.
    ///
    /// # Errors
    /// If the program fails.
    pub fn garbage_collect(&self) -> anyhow::Result<()> {
        let config = self.directory.path().join("config.yml");
        let mut command = Command::new(self.options.version.program()?);
        let output = command.arg("garbage-collect").arg(config).output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    /// Ends it at once, in the middle of whatever it does. Its storage stays.
    pub fn kill(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Starts it anew at the same address, over the same storage.
    ///
    /// # Errors
    /// As [`DockerRegistry::start`].
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.restart_with(self.options.clone())
    }

    /// The same, with other options; the storage stays.
    ///
    /// # Errors
    /// As [`DockerRegistry::start`].
    pub fn restart_with(&mut self, options: DockerRegistryOptions) -> anyhow::Result<()> {
        self.kill();
        self.options = options;
        self.process = run(&self.options, self.addr(), &self.storage, self.directory.path())?;
        Ok(())
    }
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        self.kill();
    }
}

fn run(
    options: &DockerRegistryOptions,
    address: SocketAddr,
    storage: &Path,
    directory: &Path,
) -> anyhow::Result<Child> {
    let config = directory.join("config.yml");
    fs::create_dir_all(storage)?;
    // JSON is YAML too.
    fs::write(&config, configuration(options, address, storage, directory)?.to_string())?;
    let mut command = Command::new(options.version.program()?);
    command.arg("serve").arg(&config);
    server_process::start(&command, options.version.package(), address, &directory.join("log"))
}

fn configuration(
    options: &DockerRegistryOptions,
    address: SocketAddr,
    storage: &Path,
    directory: &Path,
) -> anyhow::Result<Value> {
    let mut document = json!({
        "version": "0.1",
        "log": { "level": "warn", "accesslog": { "disabled": true } },
        "storage": {
            // As in the configuration that Debian ships.
            "cache": { "blobdescriptor": "inmemory" },
            "filesystem": { "rootdirectory": storage },
            "delete": { "enabled": !options.no_deletions },
            "maintenance": {
                "uploadpurging": { "enabled": false },
                "readonly": { "enabled": options.read_only },
            },
        },
        "http": {
            "addr": address,
            "secret": options.secret.as_deref().unwrap_or("the same for every start, so that uploads outlive one"),
            "relativeurls": options.relative_urls,
        },
    });
    if let Some(upstream) = &options.proxy_of {
        document["proxy"] = json!({ "remoteurl": upstream });
    }
    match &options.auth {
        DockerAuth::None => {}
        DockerAuth::Htpasswd { login, password } => {
            let path = directory.join("htpasswd");
            fs::write(&path, htpasswd(login, password)?)?;
            document["auth"] = json!({ "htpasswd": { "realm": "registry", "path": path } });
        }
        DockerAuth::Token { realm, service, certificate } => {
            let path = directory.join("token.pem");
            fs::write(&path, certificate)?;
            document["auth"] = json!({ "token": {
                "realm": realm,
                "service": service,
                "issuer": crate::tokens::ISSUER,
                "rootcertbundle": path,
            }});
        }
    }
    Ok(document)
}

/// A line of a password file. Docker distribution reads bcrypt only.
pub(crate) fn htpasswd(login: &str, password: &str) -> anyhow::Result<Vec<u8>> {
    let output = Command::new("htpasswd")
        .args(["-B", "-b", "-n", login, password])
        .output()
        .context("htpasswd cannot be started (Debian package apache2-utils)")?;
    ensure!(output.status.success(), "htpasswd ended with {}", output.status);
    Ok(output.stdout)
}
