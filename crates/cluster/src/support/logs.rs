//! The logs of the platform's pods.

use futures_util::AsyncReadExt as _;
use k8s_openapi::api::core::v1::Pod;
use kube::{Api, Client, api::LogParams};

use super::Collection;
use crate::{
    Error, Reading,
    objects::DeckhousePod,
    read::{PLATFORM, in_time, unread},
    safe_text,
};

/// The newest lines of each log.
const LINES: i64 = 20_000;
/// The most of each log in bytes: its end is kept.
const MOST: usize = 8 << 20;
/// What is read of a log at the same time.
const PIECE: usize = 64 << 10;

/// Reads the log of each container, and of its previous run if it was restarted.
pub(super) async fn read(client: &Client, pods: &Reading<Vec<DeckhousePod>>, collection: &mut Collection) {
    let Some(pods) = pods.known() else {
        let why = pods.why_unknown().unwrap_or_default();
        collection.leave_out("the logs of the platform's pods", format!("the pods are unknown: {why}"));
        return;
    };
    for pod in pods {
        for container in &pod.containers {
            let runs: &[bool] = if container.restarts > 0 { &[false, true] } else { &[false] };
            for previous in runs {
                let run = if *previous { ".previous" } else { "" };
                let path = format!("logs/{PLATFORM}/{}/{}{run}.log", pod.name, container.name);
                match in_time(log(client, &pod.name, &container.name, *previous)).await {
                    Reading::Known(text) => collection.add_log(&path, &text),
                    other => collection.leave_out(path, other.why_unknown().unwrap_or_default()),
                }
            }
        }
    }
}

async fn log(client: &Client, pod: &str, container: &str, previous: bool) -> Reading<String> {
    let params = LogParams {
        container: Some(container.to_owned()),
        previous,
        tail_lines: Some(LINES),
        timestamps: true,
        ..LogParams::default()
    };
    let api: Api<Pod> = Api::namespaced(client.clone(), PLATFORM);
    let mut stream = match api.log_stream(pod, &params).await {
        Ok(stream) => stream,
        // The kubelet's way to say that there is no such log.
        Err(kube::Error::Api(status)) if status.code == 400 => {
            return Reading::NotNow { last: None, why: safe_text::foreign(&status.message).into() };
        }
        Err(error) => return unread(Error::from(error)),
    };
    let (mut end, mut piece) = (LogEnd::default(), vec![0; PIECE]);
    loop {
        match stream.read(&mut piece).await {
            Ok(0) => return Reading::Known(end.text()),
            Ok(length) => end.add(&piece[..length]),
            Err(error) => {
                return Reading::NotNow { last: None, why: format!("the log is incomplete: {error}") };
            }
        }
    }
}

/// The end of a log, of at most 8 MiB.
#[derive(Debug, Default)]
pub struct LogEnd {
    bytes: Vec<u8>,
    is_cut: bool,
}

impl LogEnd {
    /// Adds what follows.
    pub fn add(&mut self, piece: &[u8]) {
        self.bytes.extend_from_slice(piece);
        if self.bytes.len() > 2 * MOST {
            self.bytes.drain(..self.bytes.len() - MOST);
            self.is_cut = true;
        }
    }

    /// Whole lines: a piece of a line might be a piece of a secret, which has no form.
    pub fn text(mut self) -> String {
        if self.bytes.len() > MOST {
            self.bytes.drain(..self.bytes.len() - MOST);
            self.is_cut = true;
        }
        if self.is_cut {
            let line =
                self.bytes.iter().position(|byte| *byte == b'\n').map_or(self.bytes.len(), |at| at + 1);
            self.bytes.drain(..line);
        }
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_long_log_is_kept_in_whole_lines() {
        let mut end = LogEnd::default();
        end.add(b"first\nsecond");
        assert_eq!(end.text(), "first\nsecond");
        let mut end = LogEnd::default();
        let line = [&b"x".repeat(1023)[..], b"\n"].concat();
        for _ in 0..3 * MOST / line.len() {
            end.add(&line);
        }
        end.add(b"last\n");
        let text = end.text();
        assert!(text.len() <= MOST && text.len() > MOST - 2048, "{}", text.len());
        assert!(text.starts_with("xxx") && text.ends_with("x\nlast\n"));
        assert!(text.lines().all(|line| line.len() == 1023 || line == "last"));
    }
}
