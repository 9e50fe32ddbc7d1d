//! The whole line on a synthetic distribution, with every command shown as a user would type it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::Command,
    sync::Arc,
};

use anyhow::{Result, ensure};
use registry_server::{Auth, BasicAuth, MemoryStore, RunningServer, Server, ServerOptions, Store};
use testkit::distribution::Distribution;

use crate::shell::{self, cargo, target_directory};

const LICENSE: &str = "demo-license";
const TARGET: (&str, &str) = ("admin", "demo-password");

pub(crate) fn run() -> Result<()> {
    shell::run(&mut cargo(&["build", "--quiet", "--package", "cli", "--bin", "dhctl"]))?;
    let dhctl = target_directory().join("debug/dhctl");
    let runtime = tokio::runtime::Runtime::new()?;
    let _guard = runtime.enter();

    let distribution = Distribution::sample();
    let arrived = MemoryStore::new();
    let source = serve(Arc::new(distribution.store.clone()), ("license-token", LICENSE))?;
    let target = serve(Arc::new(arrived.clone()), TARGET)?;
    let folder = tempfile::tempdir()?;
    let source_url = format!("{}/{}", source.addr(), distribution.root);
    let target_url = format!("{}/inside/ee", target.addr());
    println!(
        "A synthetic distribution is served at {source_url}, and an empty registry at {}.",
        target.addr()
    );

    let session = Session { dhctl: &dhctl, folder: folder.path() };
    tell("Outside: show what a pull downloads.");
    session.dhctl(&[
        "mirror",
        "--source",
        &source_url,
        "-l",
        LICENSE,
        "-i",
        "d8.tar",
        "--insecure",
        "--dry-run",
    ])?;
    tell("Outside: pull.");
    session.dhctl(&["mirror", "--source", &source_url, "-l", LICENSE, "-i", "d8.tar", "--insecure"])?;
    tell("The files to copy across the air gap.");
    session.list()?;
    session.dhctl(&["bundle", "inspect", "d8.tar"])?;
    tell("Inside: push, and read everything back.");
    let (login, password) = TARGET;
    session.dhctl(&[
        "mirror",
        "-i",
        "d8.tar",
        "-r",
        &target_url,
        "-u",
        login,
        "-p",
        password,
        "--insecure",
    ])?;
    tell("Inside: verify, with a download of every blob.");
    let verify = ["mirror", "verify", "-i", "d8.tar", "-r", &target_url, "-u", login, "-p", password];
    session.dhctl(&[&verify[..], &["--insecure", "--deep"]].concat())?;

    let releases: Vec<&str> = distribution.releases.keys().map(String::as_str).collect();
    let tags = arrived.tags("inside/ee/release-channel").unwrap_or_default();
    ensure!(releases.iter().any(|release| tags.iter().any(|tag| tag == release)), "no release arrived");
    println!("\nThe synthetic distribution was pulled, pushed and verified.");
    Ok(())
}

fn serve(store: Arc<dyn Store>, (login, password): (&str, &str)) -> Result<RunningServer> {
    let options =
        ServerOptions { auth: Auth::Basic(BasicAuth::new(login, password)), ..ServerOptions::default() };
    Ok(Server::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), store, options)?)
}

struct Session<'a> {
    dhctl: &'a Path,
    folder: &'a Path,
}

impl Session<'_> {
    fn dhctl(&self, args: &[&str]) -> Result<()> {
        println!("$ dhctl {}", args.join(" "));
        let status = Command::new(self.dhctl).args(args).current_dir(self.folder).status()?;
        ensure!(status.success(), "dhctl {}: {status}", args.join(" "));
        Ok(())
    }

    fn list(&self) -> Result<()> {
        println!("$ ls -l");
        let status = Command::new("ls").args(["-l"]).current_dir(self.folder).status()?;
        ensure!(status.success(), "ls: {status}");
        Ok(())
    }
}

fn tell(text: &str) {
    println!("\n# {text}");
}
