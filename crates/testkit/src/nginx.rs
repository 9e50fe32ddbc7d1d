//! A real reverse proxy: Debian's nginx on a free port of this machine, ended when dropped.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::{Child, Command},
};

use anyhow::Result;
use tempfile::TempDir;

use crate::{reserved_port::ReservedPort, server_process};

/// What stands for the address that it listens at, and for its own directory.
const ADDRESS: &str = "ADDRESS";
const DIRECTORY: &str = "DIRECTORY";

/// A running proxy.
#[derive(Debug)]
pub struct Nginx {
    process: Child,
    port: ReservedPort,
    _directory: TempDir,
}

impl Nginx {
    /// Starts it with this text inside its `http` block, in which `ADDRESS` stands for `HOST:PORT` to listen at and
    /// `DIRECTORY` for a directory with these files. Blocks for a tenth of a second or so.
    ///
    /// # Errors
    /// If it is not installed, or does not answer within 15 seconds; its log is in the error.
    pub fn start(http: &str, files: &[(&str, &str)]) -> Result<Self> {
        let directory = TempDir::new()?;
        for (name, content) in files {
            fs::write(directory.path().join(name), content)?;
        }
        let port = ReservedPort::new()?;
        let process = run(http, port.addr(), directory.path())?;
        Ok(Self { process, port, _directory: directory })
    }

    /// In front of the registry at `registry`, with more settings inside the `http` and the `server` block.
    ///
    /// # Errors
    /// As [`Nginx::start`].
    pub fn before(registry: SocketAddr, http: &str, server: &str) -> Result<Self> {
        let text = format!(
            "{http}\nserver {{ listen ADDRESS; client_max_body_size 0; {server}\n\
             location / {{ proxy_pass http://{registry}; proxy_set_header Host $http_host; proxy_http_version 1.1; \
             proxy_request_buffering off; proxy_buffering off; }} }}"
        );
        Self::start(&text, &[])
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.port.addr()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end. Its worker ends with it.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn run(http: &str, address: SocketAddr, directory: &Path) -> Result<Child> {
    let place = directory.display().to_string();
    let http = http.replace(ADDRESS, &address.to_string()).replace(DIRECTORY, &place);
    let configuration = format!(
        "daemon off; master_process off; worker_processes 1; pid {place}/pid; error_log {place}/error.log;\n\
         events {{ worker_connections 1024; }}\n\
         http {{ access_log off; client_body_temp_path {place}/body; proxy_temp_path {place}/proxy;\n\
         fastcgi_temp_path {place}/fastcgi; uwsgi_temp_path {place}/uwsgi; scgi_temp_path {place}/scgi;\n\
         {http} }}\n"
    );
    let file = directory.join("nginx.conf");
    fs::write(&file, configuration)?;
    let mut command = Command::new("nginx");
    command.arg("-c").arg(&file).arg("-e").arg(directory.join("error.log"));
    server_process::start(&command, "Debian package nginx-light", address, &directory.join("log"))
}
