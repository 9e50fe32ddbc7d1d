//! A real proxy: Debian's Squid on a free port of this machine, with one login, ended when dropped.

use std::{
    fs::{self, Permissions},
    net::SocketAddr,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Child, Command},
};

use anyhow::Result;
use tempfile::TempDir;

use crate::{docker_registry::htpasswd, server_process};

/// A running proxy. It lets in one login, caches nothing, and forwards to any port.
#[derive(Debug)]
pub struct Squid {
    process: Child,
    address: SocketAddr,
    directory: TempDir,
}

impl Squid {
    /// Starts a proxy that lets `login` in, and that finds each of `names` on this machine. (Programs that
    /// keep to Go's rules never ask a proxy for `localhost`.) Blocks for a tenth of a second or so.
    ///
    /// # Errors
    /// If Squid is not installed, or does not answer within 15 seconds; its log is in the error.
    pub fn start(login: &str, password: &str, names: &[&str]) -> Result<Self> {
        let directory = TempDir::new()?;
        // Squid gives up its rights as root, and writes its logs as another user.
        fs::set_permissions(directory.path(), Permissions::from_mode(0o777))?;
        fs::write(directory.path().join("passwords"), htpasswd(login, password)?)?;
        fs::write(directory.path().join("hosts"), format!("127.0.0.1 {}\n", names.join(" ")))?;
        let start = |address| run(address, directory.path());
        let (process, address) = server_process::on_a_free_port(start)?;
        Ok(Self { process, address, directory })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The requests that it has logged: a line each, when they are done.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub fn requests(&self) -> Result<Vec<String>> {
        let log = fs::read_to_string(self.directory.path().join("access.log"))?;
        // Those of the test kit, which waits for an answer, have no such names.
        Ok(log.lines().filter(|line| !line.contains("error:")).map(str::to_owned).collect())
    }
}

impl Drop for Squid {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn run(address: SocketAddr, directory: &Path) -> Result<Child> {
    let place = directory.display();
    let configuration = format!(
        "http_port {address}\n\
         pid_filename none\n\
         visible_hostname squid.test\n\
         hosts_file {place}/hosts\n\
         cache deny all\n\
         cache_store_log none\n\
         netdb_filename none\n\
         coredump_dir {place}\n\
         cache_log {place}/cache.log\n\
         access_log stdio:{place}/access.log\n\
         logfile_rotate 0\n\
         buffered_logs off\n\
         pinger_enable off\n\
         auth_param basic program /usr/lib/squid/basic_ncsa_auth {place}/passwords\n\
         auth_param basic children 2 startup=1\n\
         auth_param basic realm squid\n\
         acl known proxy_auth REQUIRED\n\
         http_access allow known\n\
         http_access deny all\n"
    );
    let file = directory.join("squid.conf");
    fs::write(&file, configuration)?;
    let mut command = Command::new("squid");
    command.arg("-N").arg("-d").arg("1").arg("-f").arg(file);
    server_process::start(&command, "squid-openssl", address, &directory.join("log"))
}
