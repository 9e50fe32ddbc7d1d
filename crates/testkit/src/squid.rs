//! A real proxy: Debian's Squid on a free port of this machine, with one login, ended when dropped.

use std::{
    fs::{self, Permissions},
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command},
};

use anyhow::{Result, ensure};
use tempfile::TempDir;

use crate::{docker_registry::htpasswd, reserved_port::ReservedPort, server_process};

/// What stands for the file of passwords.
const PASSWORDS: &str = "PASSWORDS";

/// One login for everything.
const ACCESS: &str = "\
cache deny all
auth_param basic program /usr/lib/squid/basic_ncsa_auth PASSWORDS
auth_param basic children 2 startup=1
auth_param basic realm squid
acl known proxy_auth REQUIRED
http_access allow known
http_access deny all
";

/// A running proxy. It lets in one login, caches nothing, and forwards to any port.
#[derive(Debug)]
pub struct Squid {
    process: Child,
    port: ReservedPort,
    directory: TempDir,
}

impl Squid {
    /// Starts a proxy that lets `login` in, and that finds each of `names` on this machine. (Programs that
    /// keep to Go's rules never ask a proxy for `localhost`.) Blocks for a tenth of a second or so.
    ///
    /// # Errors
    /// If Squid is not installed, or does not answer within 15 seconds; its log is in the error.
    pub fn start(login: &str, password: &str, names: &[&str]) -> Result<Self> {
        Self::run(ACCESS, (login, password), names)
    }

    /// The same with a `squid.conf` that was written for another machine: where it listens, where it looks for
    /// passwords (`passwords` in it) and what it writes are exchanged for what is this proxy's own.
    ///
    /// # Errors
    /// As [`Squid::start`], and if the configuration has no port or no such file of passwords.
    pub fn start_from(
        configuration: &str,
        passwords: &str,
        login: (&str, &str),
        names: &[&str],
    ) -> Result<Self> {
        let is_port = |line: &&str| line.starts_with("http_port ");
        ensure!(configuration.lines().any(|line| is_port(&line)), "no http_port in {configuration}");
        ensure!(configuration.contains(passwords), "no {passwords} in {configuration}");
        let kept: Vec<&str> = configuration.lines().filter(|line| !is_port(line)).collect();
        let kept = kept.join("\n") + "\n";
        Self::run(&kept.replace(passwords, PASSWORDS), login, names)
    }

    fn run(access: &str, (login, password): (&str, &str), names: &[&str]) -> Result<Self> {
        let directory = TempDir::new()?;
        // Squid gives up its rights as root, and writes its logs as another user.
        fs::set_permissions(directory.path(), Permissions::from_mode(0o777))?;
        fs::write(directory.path().join("passwords"), htpasswd(login, password)?)?;
        fs::write(directory.path().join("hosts"), format!("127.0.0.1 {}\n", names.join(" ")))?;
        let port = ReservedPort::new()?;
        let process = run(port.addr(), directory.path(), access)?;
        Ok(Self { process, port, directory })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.port.addr()
    }

    /// The requests that it has logged: a line each, when they are done.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub fn requests(&self) -> Result<Vec<String>> {
        let log = fs::read_to_string(self.directory.path().join("access.log"))?;
        // Those of the test kit, which waits until it answers, are not for a proxy: their URL is a path. They may be logged
        // after the answer.
        let is_own = |line: &&str| line.split_whitespace().nth(6).is_some_and(|url| url.starts_with('/'));
        Ok(log.lines().filter(|line| !is_own(line) && !line.contains("error:")).map(str::to_owned).collect())
    }
}

impl Drop for Squid {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
        forget(&service(self.addr()));
    }
}

/// The name by which Squid tells its shared memory from that of other Squids. It leaves it behind where it
/// is killed, and does not start where there is some of its name.
fn service(address: SocketAddr) -> String {
    format!("testkit{}", address.port())
}

/// Removes the shared memory of a Squid that was killed.
fn forget(service: &str) {
    let prefix = format!("{service}-");
    for file in fs::read_dir("/dev/shm").into_iter().flatten().flatten() {
        if file.file_name().to_string_lossy().starts_with(&prefix) {
            // What cannot be removed shows when a Squid of this name is started.
            let _ = fs::remove_file(file.path());
        }
    }
}

fn run(address: SocketAddr, directory: &Path, access: &str) -> Result<Child> {
    let place = directory.display();
    let access = access.replace(PASSWORDS, &directory.join("passwords").display().to_string());
    let configuration = format!(
        "http_port {address}\n\
         pid_filename none\n\
         visible_hostname squid.test\n\
         hosts_file {place}/hosts\n\
         cache_store_log none\n\
         netdb_filename none\n\
         coredump_dir {place}\n\
         cache_log {place}/cache.log\n\
         access_log stdio:{place}/access.log\n\
         logfile_rotate 0\n\
         buffered_logs off\n\
         pinger_enable off\n\
         {access}"
    );
    let file = directory.join("squid.conf");
    fs::write(&file, configuration)?;
    let mut command = Command::new("squid");
    let service = service(address);
    forget(&service);
    command.args(["-N", "-d", "1", "-n", &service, "-f"]).arg(file);
    server_process::start(&command, "Debian package squid-openssl", address, &directory.join("log"))
}
