//! Kills servers and removes their directory when the test process ends, also when it is killed.
//!
//! A pool of servers lives in a static, which is never dropped, and a killed process drops nothing. So a small shell
//! waits for its input to be closed, which the kernel does in any case.

use std::{
    fs,
    io::Write as _,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use parking_lot::Mutex;

use anyhow::Context as _;
use tempfile::TempDir;

/// Takes lines `NAME PID`; the last one of a name counts, and one without a number removes it. The API
/// server goes first: it takes seconds to end once its etcd is gone.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
while read -r name pid; do
  case $name in api) api=$pid ;; etcd) etcd=$pid ;; esac
done
for pid in $api $etcd; do kill -9 "$pid"; done 2>/dev/null
for attempt in 1 2 3 4 5 6 7 8 9 10; do
  rm -rf -- "$0" 2>/dev/null && exit
  sleep 0.1
done
"#;

/// The shell that waits, and the directory that it removes.
#[derive(Debug)]
pub(crate) struct Supervisor {
    shell: Mutex<Child>,
    directory: PathBuf,
}

impl Supervisor {
    /// Creates the directory and starts the shell.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let directory = TempDir::with_prefix("dhctl-kube-")?;
        let shell = Command::new("sh")
            .args(["-c", SCRIPT])
            .arg(directory.path())
            .stdin(Stdio::piped())
            // A reader of the output of the tests would wait for the supervisor too.
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A Ctrl-C on the terminal is for the tests.
            .process_group(0)
            .spawn()
            .context("sh cannot be started")?;
        Ok(Self { shell: Mutex::new(shell), directory: directory.keep() })
    }

    /// The directory.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Runs a server, whose output goes to the file `NAME.log`. `name` is `api` or `etcd`.
    pub(crate) fn run(&self, name: &str, command: &mut Command) -> anyhow::Result<Child> {
        let output = fs::File::create(self.log(name))?;
        let mut process = command
            .current_dir(&self.directory)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("{} cannot be started", command.get_program().display()))?;
        if let Err(error) = self.send(&format!("{name} {}", process.id())) {
            end(&mut process);
            return Err(error);
        }
        Ok(process)
    }

    /// Ends a server now.
    pub(crate) fn stop(&self, name: &str, process: &mut Child) -> anyhow::Result<()> {
        end(process);
        self.send(name)
    }

    /// What a server has printed.
    pub(crate) fn printed(&self, name: &str) -> String {
        fs::read_to_string(self.log(name)).unwrap_or_default()
    }

    fn log(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.log"))
    }

    fn send(&self, line: &str) -> anyhow::Result<()> {
        let mut shell = self.shell.lock();
        let input = shell.stdin.as_mut().context("the supervisor has no input")?;
        writeln!(input, "{line}").context("the supervisor has ended")
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        let shell = self.shell.get_mut();
        drop(shell.stdin.take());
        // It ends on its own; whether it could remove everything shows in the directory of temporary files.
        let _ = shell.wait();
    }
}

fn end(process: &mut Child) {
    // It may have ended already.
    let _ = process.kill();
    let _ = process.wait();
}
