//! Real servers as processes: started on a reserved port, waited for, ended with the thread that started them.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};

/// How long a server may take to answer.
const START_LIMIT: Duration = Duration::from_secs(15);
/// Between two looks at whether it answers.
const POLL: Duration = Duration::from_millis(10);
/// Runs `command`, its output going to the file `log`, and waits until it answers HTTP at `address`.
///
/// # Errors
/// If it is not installed (`origin` says where it comes from), or does not answer within 15 seconds; its
/// log is in the error.
pub(crate) fn start(
    command: &Command,
    origin: &str,
    address: SocketAddr,
    log: &Path,
) -> anyhow::Result<Child> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = fs::File::create(log)?;
    // `setpriv` ends the server with the thread that started it, even if that is killed.
    let mut process = Command::new("setpriv")
        .args(["--pdeathsig", "KILL"])
        .arg(command.get_program())
        .args(command.get_args())
        // Without it distribution 3 looks for a collector.
        .env("OTEL_TRACES_EXPORTER", "none")
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .spawn()
        .with_context(|| format!("{program} cannot be started ({origin})"))?;
    match wait_until_it_answers(&mut process, address) {
        Ok(()) => Ok(process),
        Err(error) => {
            let _ = process.kill();
            let _ = process.wait();
            Err(error.context(format!("{program}: {}", fs::read_to_string(log).unwrap_or_default())))
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
            return Ok(());
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
