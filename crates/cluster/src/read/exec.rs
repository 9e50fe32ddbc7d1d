//! A command in the platform's own pod.

use std::time::Duration;

use k8s_openapi::{api::core::v1::Pod, apimachinery::pkg::apis::meta::v1::Status};
use kube::{Api, Client, api::AttachParams};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::places::in_platform;
use crate::Error;

/// The container of the controller. Always named: otherwise the API server chooses.
const CONTAINER: &str = "deckhouse";
/// Longest time for a command. The queue is asked every second, and a kubelet may hang.
const LIMIT: Duration = Duration::from_secs(8);
/// The longest output in bytes: nothing that is asked for is as long.
const MOST: u64 = 4 << 20;

/// What a command printed, and how it ended.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) success: bool,
    /// Its exit code, if it ran and failed.
    pub(super) code: Option<i32>,
}

/// Runs a command in a pod of the platform.
pub(super) async fn exec(client: &Client, pod: &str, command: &[&str]) -> Result<Output, Error> {
    tokio::time::timeout(LIMIT, run(client, pod, command)).await.unwrap_or_else(|_| {
        let what = command.first().copied().unwrap_or_default();
        Err(Error::NotNow(format!("{what} in the pod {pod} returned no result within {} s", LIMIT.as_secs())))
    })
}

async fn run(client: &Client, pod: &str, command: &[&str]) -> Result<Output, Error> {
    let pods: Api<Pod> = in_platform(client);
    let params = AttachParams::default().container(CONTAINER);
    let mut process = pods.exec(pod, command.iter().copied(), &params).await?;
    let (stdout, stderr, status) = (process.stdout(), process.stderr(), process.take_status());
    let ends = async {
        match status {
            Some(status) => status.await,
            None => None,
        }
    };
    let (stdout, stderr, status) = futures_util::join!(text(stdout), text(stderr), ends);
    let (Some(stdout), Some(stderr)) = (stdout, stderr) else {
        let what = command.first().copied().unwrap_or_default();
        return Err(Error::Other(format!(
            "{what} in the pod {pod} prints more than {} MiB, which is too large to read",
            MOST >> 20
        )));
    };
    let Some(status) = status else {
        return Err(Error::NotNow(format!("the connection to the pod {pod} was lost")));
    };
    let success = status.status.as_deref() == Some("Success");
    Ok(Output { stdout, stderr, success, code: exit_code(&status) })
}

fn exit_code(status: &Status) -> Option<i32> {
    let causes = status.details.as_ref()?.causes.as_ref()?;
    let code = causes.iter().find(|cause| cause.reason.as_deref() == Some("ExitCode"))?;
    code.message.as_ref()?.parse().ok()
}

/// All of a stream, which must be read to its end even if nobody wants it; `None` if it is longer than the limit.
async fn text(stream: Option<impl AsyncRead + Unpin>) -> Option<String> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        // What came before a break counts: the status tells whether it is whole.
        drop(stream.take(MOST + 1).read_to_end(&mut bytes).await);
    }
    (bytes.len() as u64 <= MOST).then(|| String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_output_without_end_is_not_read() {
        assert_eq!(text(Some(&b"idle"[..])).await.as_deref(), Some("idle"));
        assert_eq!(text(Some(tokio::io::repeat(b'x'))).await, None);
    }
}
