//! The controller's queues and its converge, asked of it in its own pod.

use kube::Client;

use super::{
    exec::exec,
    queue_text::{converge_from, queue_from},
    refusal::unread,
};
use crate::{
    Error, Obstacle, Reading,
    objects::{Converge, DeckhousePod, Queue},
};

/// The controller's own API (facts 4.3). `showEmpty` tells an idle controller from one without queues.
const QUEUES: &str = "http://127.0.0.1:9652/queue/list.json?showEmpty=true";

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
            why: format!("the controller in the pod {} gives no queues", leader.name),
        },
        Err(error) => of_pod(error),
    }
}

/// How far the leader's converge is.
pub(crate) async fn converge_of(client: &Client, pods: &Reading<Vec<DeckhousePod>>) -> Reading<Converge> {
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
    match exec(client, &leader.name, &["curl", "-sf", "--max-time", "5", &url]).await {
        Ok(output) if output.success => converge_from(&output.stdout),
        // Old versions do not have it; while a controller starts, its pod is not ready, which says the same.
        Ok(_) => Reading::Absent("the controller does not answer /status/converge".to_owned()),
        Err(error) => of_pod(error),
    }
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
        why: "no pod of the platform's controller runs".to_owned(),
    })
}

/// A pod that has just gone is no absence.
fn of_pod<T>(error: Error) -> Reading<T> {
    match error {
        Error::NotFound(why) => Reading::NotNow { last: None, why: format!("the pod has gone: {why}") },
        Error::Forbidden(_) => Reading::Unreadable(Obstacle::Forbidden(
            "exec in the platform's pod needs get and create of pods/exec in d8-system".to_owned(),
        )),
        error => unread(error),
    }
}
