//! The controller's queues and its converge, asked of it in its own pod.

use kube::Client;

use super::{
    exec::{Output, exec},
    permission::EXEC,
    queue_text::{converge_from, queue_from},
    refusal::unread,
};
use crate::{
    Error, Obstacle, Reading,
    objects::{Converge, DeckhousePod, Queue},
};

/// The controller's own API (facts 4.3). `showEmpty` tells an idle controller from one without queues.
const QUEUES: &str = "http://127.0.0.1:9652/queue/list.json?showEmpty=true";

/// Exit codes of curl.
const CURL_REFUSED: i32 = 7;
const CURL_HTTP_ERROR: i32 = 22;
const CURL_TIMEOUT: i32 = 28;

/// The queues of the leader among the pods.
pub(crate) async fn queue_of(client: &Client, pods: &Reading<Vec<DeckhousePod>>) -> Reading<Queue> {
    let leader = match leader(pods) {
        Ok(leader) => leader,
        Err(reading) => return reading,
    };
    let answer = match exec(client, &leader.name, &["curl", "-sf", "--max-time", "5", QUEUES]).await {
        // Old versions have that API at a socket only, and may lack curl: the command is in all of them.
        Ok(output) if !output.success => {
            exec(client, &leader.name, &["deckhouse-controller", "queue", "list"]).await
        }
        answer => answer,
    };
    match answer {
        Ok(output) if output.success => queue_from(&output.stdout),
        Ok(_) => Reading::NotNow {
            last: None,
            why: format!("the controller in the pod {} returns no queues", leader.name),
        },
        Err(error) => of_pod(error),
    }
}

/// How far the leader's converge is. `answers` is the name of a pod that has answered this before.
pub(crate) async fn converge_of(
    client: &Client,
    pods: &Reading<Vec<DeckhousePod>>,
    answers: Option<&str>,
) -> Reading<Converge> {
    let leader = match leader(pods) {
        Ok(leader) => leader,
        Err(reading) => return reading,
    };
    // It listens on the address of the pod, which is that of its host.
    let Some(ip) = &leader.ip else {
        return Reading::NotNow { last: None, why: format!("the pod {} has no address yet", leader.name) };
    };
    let host = if ip.contains(':') { format!("[{ip}]") } else { ip.clone() };
    let url = format!("http://{host}:4222/status/converge?output=json");
    match exec(client, &leader.name, &["curl", "-sSf", "--max-time", "5", &url]).await {
        Ok(output) if output.success => converge_from(&output.stdout),
        Ok(output) => unanswered(leader, &output, answers == Some(&leader.name)),
        Err(error) => of_pod(error),
    }
}

/// Whether the controller does not have the question, or only gives no answer just now. Old versions do not have it, or
/// listen at another port (facts 4.2); but then the pod is ready all the same, and has never answered.
fn unanswered(leader: &DeckhousePod, output: &Output, has_answered: bool) -> Reading<Converge> {
    // The words are ours: curl's own have milliseconds in them, and would differ each time.
    let (is_absent, says) = match output.code {
        Some(CURL_HTTP_ERROR) if output.stderr.contains("404") => (true, "HTTP 404"),
        Some(CURL_HTTP_ERROR) => (false, "an HTTP error"),
        Some(CURL_TIMEOUT) => (false, "no answer in time"),
        Some(CURL_REFUSED) => (leader.ready, "no connection to port 4222"),
        _ => (leader.ready, "the request cannot be sent from the pod"),
    };
    let why = format!("/status/converge of the controller in the pod {}: {says}", leader.name);
    if is_absent && !has_answered { Reading::Absent(why) } else { Reading::NotNow { last: None, why } }
}

fn leader<T>(pods: &Reading<Vec<DeckhousePod>>) -> Result<&DeckhousePod, Reading<T>> {
    let pods = match pods {
        Reading::Known(pods) => pods,
        Reading::Absent(why) => return Err(Reading::Absent(why.clone())),
        Reading::Unreadable(obstacle) => return Err(Reading::Unreadable(obstacle.clone())),
        Reading::NotNow { why, .. } => return Err(Reading::NotNow { last: None, why: why.clone() }),
    };
    DeckhousePod::leader(pods).ok_or_else(|| Reading::NotNow {
        last: None,
        why: "no pod of the platform's controller is running".to_owned(),
    })
}

/// A pod that has just gone is no absence.
fn of_pod<T>(error: Error) -> Reading<T> {
    match error {
        Error::NotFound(why) => Reading::NotNow { last: None, why: format!("the pod was deleted: {why}") },
        Error::Forbidden(_) => Reading::Unreadable(Obstacle::Forbidden(EXEC.to_owned())),
        error => unread(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_never_answered_is_absent() {
        let refused = "curl: (7) Failed to connect to 10.0.0.1 port 4222: Connection refused";
        let not_found = "curl: (22) The requested URL returned error: 404 Not Found";
        let unready = "curl: (22) The requested URL returned error: 500";
        let slow = "curl: (28) Operation timed out after 5001 milliseconds";
        for (code, stderr, ready, has_answered, absent) in [
            (Some(22), not_found, true, false, true),
            (Some(22), not_found, false, false, true),
            (Some(22), unready, true, false, false),
            (Some(28), slow, true, false, false),
            // Ready, so it listens: not there.
            (Some(7), refused, true, false, true),
            // It has only just started.
            (Some(7), refused, false, false, false),
            // No curl in it.
            (None, "", true, false, true),
            (None, "", false, false, false),
            // One that has answered has the question.
            (Some(7), refused, true, true, false),
            (Some(22), not_found, true, true, false),
            (None, "", true, true, false),
        ] {
            let leader = DeckhousePod { name: "deckhouse-a".to_owned(), ready, ..DeckhousePod::default() };
            let output = Output { stderr: stderr.to_owned(), code, ..Output::default() };
            let reading = unanswered(&leader, &output, has_answered);
            let is = matches!(reading, Reading::Absent(_));
            assert_eq!(is, absent, "{stderr} ready: {ready} before: {has_answered}: {reading:?}");
            assert!(is || matches!(reading, Reading::NotNow { .. }));
        }
    }
}
