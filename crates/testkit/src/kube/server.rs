//! One `etcd` and one `kube-apiserver`, started, interrupted and ended.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command},
    time::{Duration, Instant},
};

use parking_lot::{Mutex, MutexGuard};

use anyhow::bail;

use super::{Kubeconfig, Objects, assets, audit, runtime::wait, supervisor::Supervisor};
use crate::{
    certificates::{Authority, Kind},
    reserved_port::ReservedPort,
};

/// Users who may do nothing until something is granted to them.
pub const USERS: [&str; 3] = ["alice", "bob", "carol"];
/// The user who may do everything (group `system:masters`).
const ADMIN: &str = "admin";
/// How long a server may take to be ready. On a busy machine it is far more than the usual two seconds.
const START_LIMIT: Duration = Duration::from_mins(2);
/// Between two looks at whether it is ready.
const POLL: Duration = Duration::from_millis(20);
/// The process' names for the supervisor and the logs.
const API: &str = "api";
const ETCD: &str = "etcd";

/// A running API with nothing in it but what an API server makes by itself.
#[derive(Debug)]
pub struct ApiServer {
    processes: Mutex<Processes>,
    url: String,
    port: ReservedPort,
    // Held, so that nobody else gets it.
    _etcd_port: ReservedPort,
    pub(super) etcd_url: String,
    ca_pem: String,
    // Last: it removes the directory when the processes are gone.
    supervisor: Supervisor,
}

#[derive(Debug)]
struct Processes {
    api: Option<Child>,
    etcd: Child,
}

impl ApiServer {
    /// Starts both programs and waits until they are ready: two to three seconds.
    ///
    /// # Errors
    /// If the programs are not there (run `cargo xtask kube`), or are not ready within two minutes; what they
    /// have logged is in the error.
    pub fn start() -> anyhow::Result<Self> {
        let programs = assets::directory()?;
        let supervisor = Supervisor::start()?;
        let ca_pem = write_credentials(&supervisor)?;
        let (port, etcd_port) = (ReservedPort::new()?, ReservedPort::new()?);
        let etcd_url = format!("http://{}", etcd_port.addr());
        let mut command = Command::new(programs.join(ETCD));
        command.arg(format!("--listen-client-urls={etcd_url}"));
        command.arg(format!("--advertise-client-urls={etcd_url}"));
        command.args([
            "--data-dir=etcd",
            "--listen-peer-urls=http://127.0.0.1:0",
            "--log-level=warn",
            "--unsafe-no-fsync",
            // A wipe removes everything in one transaction.
            "--max-txn-ops=100000",
        ]);
        let mut etcd = supervisor.run(ETCD, &mut command)?;
        let ready = wait_for(&mut etcd, &etcd_url, "/readyz", None);
        let etcd = or_stop(&supervisor, ETCD, etcd, ready)?;
        let mut processes = Processes { api: None, etcd };
        match run_api(&supervisor, &etcd_url, port.addr(), &ca_pem) {
            Ok(api) => {
                processes.api = Some(api);
                let (url, processes) = (format!("https://{}", port.addr()), Mutex::new(processes));
                Ok(Self { processes, url, port, _etcd_port: etcd_port, etcd_url, ca_pem, supervisor })
            }
            Err(error) => {
                supervisor.stop(ETCD, &mut processes.etcd)?;
                Err(error)
            }
        }
    }

    /// Its address, as `https://127.0.0.1:20001`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The authority of its certificate, as PEM.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The token of a user: `admin`, or one of [`USERS`].
    pub fn token(user: &str) -> String {
        format!("token-of-{user}")
    }

    /// A kubeconfig with one context, `test`, for a user. It lies in the server's own directory.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn kubeconfig(&self, user: &str) -> anyhow::Result<PathBuf> {
        let path = self.supervisor.directory().join(format!("kubeconfig-{user}"));
        Kubeconfig::new().context("test", self, user).write(&path)?;
        Ok(path)
    }

    /// The API as the user who may do everything.
    ///
    /// # Errors
    /// If no client can be made.
    pub fn admin(&self) -> anyhow::Result<Objects> {
        self.objects(ADMIN)
    }

    /// The API as a user.
    ///
    /// # Errors
    /// If no client can be made.
    pub fn objects(&self, user: &str) -> anyhow::Result<Objects> {
        Objects::new(&self.url, Some(&self.ca_pem), Some(Self::token(user)))
    }

    /// Ends the API server at once: connections break, new ones are refused. What it holds stays.
    ///
    /// # Errors
    /// If the supervisor is gone.
    pub fn stop_api(&self) -> anyhow::Result<()> {
        match self.processes().api.take() {
            Some(mut api) => self.supervisor.stop(API, &mut api),
            None => Ok(()),
        }
    }

    /// Starts the API server again, at the same address over the same data, and waits until it is ready. Does nothing if
    /// it runs.
    ///
    /// # Errors
    /// As [`ApiServer::start`].
    pub fn start_api(&self) -> anyhow::Result<()> {
        let mut processes = self.processes();
        if processes.api.is_none() {
            processes.api = Some(run_api(&self.supervisor, &self.etcd_url, self.port.addr(), &self.ca_pem)?);
        }
        Ok(())
    }

    /// What the API server has logged since its last start.
    pub fn log(&self) -> String {
        self.supervisor.printed(API)
    }

    /// Where its files are.
    pub(super) fn directory(&self) -> &Path {
        self.supervisor.directory()
    }

    fn processes(&self) -> MutexGuard<'_, Processes> {
        self.processes.lock()
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        let processes = self.processes.get_mut();
        // If the supervisor is gone, the processes are ended all the same.
        if let Some(mut api) = processes.api.take() {
            let _ = self.supervisor.stop(API, &mut api);
        }
        let _ = self.supervisor.stop(ETCD, &mut processes.etcd);
    }
}

/// Writes what the API server is started with, and returns the authority's certificate.
fn write_credentials(supervisor: &Supervisor) -> anyhow::Result<String> {
    let directory = supervisor.directory();
    let authority = Authority::new("kube-apiserver of a test")?;
    let identity = authority.issue(&["127.0.0.1"], Kind::Server)?;
    fs::write(directory.join("tls.crt"), identity.certificate_pem())?;
    fs::write(directory.join("tls.key"), identity.key_pem())?;
    let accounts = rcgen::KeyPair::generate()?;
    fs::write(directory.join("accounts.key"), accounts.serialize_pem())?;
    fs::write(directory.join("accounts.pub"), accounts.public_key_pem())?;
    let mut tokens = format!("{},{ADMIN},0,system:masters\n", ApiServer::token(ADMIN));
    for user in USERS {
        tokens.push_str(&format!("{},{user},{user}\n", ApiServer::token(user)));
    }
    fs::write(directory.join("tokens"), tokens)?;
    fs::write(directory.join(audit::POLICY), audit::RULES)?;
    Ok(authority.pem())
}

fn run_api(supervisor: &Supervisor, etcd: &str, address: SocketAddr, ca_pem: &str) -> anyhow::Result<Child> {
    let mut command = Command::new(assets::directory()?.join("kube-apiserver"));
    command.arg(format!("--audit-policy-file={}", audit::POLICY));
    command.arg(format!("--audit-log-path={}", audit::LOG));
    command.arg(format!("--etcd-servers={etcd}")).arg(format!("--secure-port={}", address.port())).args([
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        "--tls-cert-file=tls.crt",
        "--tls-private-key-file=tls.key",
        "--cert-dir=.",
        "--token-auth-file=tokens",
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-account-key-file=accounts.pub",
        "--service-account-signing-key-file=accounts.key",
        // Nobody makes the default account that it would wait for.
        "--disable-admission-plugins=ServiceAccount",
        "--enable-priority-and-fairness=false",
        "--profiling=false",
        // With it the server would speak SPDY to the kubelet for clients that offer `v5.channel.k8s.io`. Without it,
        // as before Kubernetes 1.30, the WebSocket is passed through and `v4.channel.k8s.io` is agreed upon.
        "--feature-gates=TranslateStreamCloseWebsocketRequests=false",
    ]);
    let mut process = supervisor.run(API, &mut command)?;
    let ready = wait_for(&mut process, &format!("https://{address}"), "/readyz", Some(ca_pem));
    or_stop(supervisor, API, process, ready)
}

/// The process if it is ready; otherwise it is ended, and its log goes to the error.
fn or_stop(
    supervisor: &Supervisor,
    name: &str,
    mut process: Child,
    ready: anyhow::Result<()>,
) -> anyhow::Result<Child> {
    match ready {
        Ok(()) => Ok(process),
        Err(error) => {
            supervisor.stop(name, &mut process)?;
            Err(error.context(format!("{name}: {}", supervisor.printed(name))))
        }
    }
}

fn wait_for(process: &mut Child, url: &str, path: &'static str, ca_pem: Option<&str>) -> anyhow::Result<()> {
    let client = Objects::new(url, ca_pem, ca_pem.map(|_| ApiServer::token(ADMIN)))?.client();
    let begun = Instant::now();
    loop {
        if let Some(status) = process.try_wait()? {
            bail!("it ended at once: {status}");
        }
        let (client, request) = (client.clone(), http::Request::get(path).body(Vec::new())?);
        match wait(async move { client.request_text(request).await }) {
            Ok(_) => return Ok(()),
            Err(error) if begun.elapsed() > START_LIMIT => bail!("it is not ready: {error}"),
            Err(_) => std::thread::sleep(POLL),
        }
    }
}
