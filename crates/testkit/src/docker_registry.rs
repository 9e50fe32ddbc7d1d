//! A real registry: Debian's `docker-registry` on a free port of this machine, ended when dropped.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{docker_storage::DockerStorage, tokens::TokenServer};

/// How long the registry may take to answer.
const START_LIMIT: Duration = Duration::from_secs(15);
/// Between two looks at whether it answers.
const POLL: Duration = Duration::from_millis(10);
/// A port that was free may be taken by someone else before the registry gets it.
const ATTEMPTS: usize = 5;

/// How a registry is started. The default is open, with storage of its own.
#[derive(Debug, Clone, Default)]
pub struct DockerRegistryOptions {
    /// Where its content lies; a directory of its own, removed at the end, without it.
    pub storage: Option<PathBuf>,
    /// Who is let in.
    pub auth: DockerAuth,
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
    address: SocketAddr,
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
        let mut attempt = 1;
        loop {
            let address = free_port()?;
            match run(&options, address, &storage, directory.path()) {
                Ok(process) => {
                    return Ok(Self { process, address, storage, options, directory });
                }
                Err(error)
                    if attempt < ATTEMPTS && format!("{error:#}").contains("address already in use") =>
                {
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
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
        self.kill();
        self.process = run(&self.options, self.address, &self.storage, self.directory.path())?;
        Ok(())
    }
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        self.kill();
    }
}

fn free_port() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
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
    let log = directory.join("log");
    let output = fs::File::create(&log)?;
    // `setpriv` ends the registry with the thread that started it, even if that is killed.
    let mut process = Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "docker-registry", "serve"])
        .arg(&config)
        .env_remove("OTEL_TRACES_EXPORTER")
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .spawn()
        .context("docker-registry cannot be started (Debian package docker-registry)")?;
    match wait_until_it_answers(&mut process, address) {
        Ok(()) => Ok(process),
        Err(error) => {
            let _ = process.kill();
            let _ = process.wait();
            Err(error.context(format!("docker-registry: {}", fs::read_to_string(log).unwrap_or_default())))
        }
    }
}

fn wait_until_it_answers(process: &mut Child, address: SocketAddr) -> anyhow::Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < START_LIMIT {
        if let Some(status) = process.try_wait()? {
            bail!("it ended at once: {status}");
        }
        if answers(address) {
            // Another program may have taken the port, and answered, before ours gave up.
            std::thread::sleep(POLL);
            match process.try_wait()? {
                None => return Ok(()),
                Some(status) => bail!("it ended at once: {status}"),
            }
        }
        std::thread::sleep(POLL);
    }
    bail!("it does not answer at {address}")
}

fn answers(address: SocketAddr) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, START_LIMIT)?;
        stream.set_read_timeout(Some(START_LIMIT))?;
        write!(stream, "GET /v2/ HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
        let mut answer = [0; 9];
        stream.read_exact(&mut answer)?;
        Ok(answer.starts_with(b"HTTP/1."))
    };
    ask().unwrap_or(false)
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
            "delete": { "enabled": true },
            "maintenance": { "uploadpurging": { "enabled": false } },
        },
        "http": {
            "addr": address,
            "secret": "the same for every start, so that uploads outlive one",
            "relativeurls": options.relative_urls,
        },
    });
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

/// Docker distribution reads bcrypt only.
fn htpasswd(login: &str, password: &str) -> anyhow::Result<Vec<u8>> {
    let output = Command::new("htpasswd")
        .args(["-B", "-b", "-n", login, password])
        .output()
        .context("htpasswd cannot be started (Debian package apache2-utils)")?;
    ensure!(output.status.success(), "htpasswd ended with {}", output.status);
    Ok(output.stdout)
}
