//! Credential helpers: programs that keep logins in a keychain (`docker-credential-NAME get`).
//!
//! The protocol is docker-credential-helpers': the server name on stdin, a JSON object on stdout. What a
//! helper prints may be a secret whatever its exit code, so none of it ever becomes part of an error.

use std::{io, path::PathBuf, process::Stdio, time::Duration};

use egress::Secret;
use serde::Deserialize;
use tokio::{io::AsyncWriteExt as _, process::Command};

use super::Credentials;

/// Longest run of a helper; one that waits for input would hang forever.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);

/// What helpers say when they have nothing for a server, with exit code 1.
const NOT_FOUND: &[u8] = b"credentials not found in native keychain";

/// Why a helper gave nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum HelperError {
    /// The program cannot be run.
    #[error("cannot be run: {0}")]
    Run(io::Error),
    /// It took too long.
    #[error("did not answer within {} s", .0.as_secs())]
    Timeout(Duration),
    /// It failed; its words are not shown.
    #[error("failed ({0})")]
    Failed(std::process::ExitStatus),
    /// It answered something else.
    #[error("returned an answer in an unknown format")]
    Answer,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Username")]
    login: String,
    #[serde(rename = "Secret")]
    secret: String,
}

/// Asks the program for the credentials of `server`; `None` if it has none.
pub(super) async fn ask(
    program: PathBuf,
    server: &str,
    timeout: Duration,
) -> Result<Option<Credentials>, HelperError> {
    let mut child = Command::new(program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(HelperError::Run)?;
    let talk = async {
        if let Some(mut stdin) = child.stdin.take() {
            // A helper that does not read its input may still answer.
            stdin.write_all(server.as_bytes()).await.ok();
        }
        child.wait_with_output().await.map_err(HelperError::Run)
    };
    let output = tokio::time::timeout(timeout, talk).await.map_err(|_| HelperError::Timeout(timeout))??;
    if !output.status.success() {
        return if output.stdout.starts_with(NOT_FOUND) {
            Ok(None)
        } else {
            Err(HelperError::Failed(output.status))
        };
    }
    let answer: Answer = serde_json::from_slice(&output.stdout).map_err(|_| HelperError::Answer)?;
    Ok(Some(Credentials::new(answer.login, Secret::new(answer.secret))))
}
