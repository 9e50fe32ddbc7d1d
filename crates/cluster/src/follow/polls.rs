//! What cannot be watched: it is asked for again and again.

use std::time::Duration;

use kube::Client;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval, sleep},
};

use super::rights::Rights;
use crate::{
    ClusterState, Reading,
    objects::{DeckhousePod, QueueRead},
    read::{
        ReleaseStarts, ReplicaSets, cloud_conditions, cluster_configuration, converge_of, kubernetes_version,
        list, queue_of, registry_settings, release_webhook,
    },
};

/// A verdict requires three idle readings of the queues, one second apart.
const QUEUE: Duration = Duration::from_secs(1);
/// A change is to be seen within two seconds, and the answer takes a part of them.
const CONVERGE: Duration = Duration::from_secs(1);
/// Settings change by hand, and no verdict stands on them.
const SINGLES: Duration = Duration::from_secs(30);

/// The queues of the leader, one question at a time.
pub(super) async fn queue(client: Client, states: watch::Sender<ClusterState>) {
    let mut ticks = ticks(QUEUE);
    let mut rights = Rights::default();
    let mut number = 0;
    loop {
        ticks.tick().await;
        let pods = states.borrow().pods.clone();
        let leader = leader(&pods).map(DeckhousePod::incarnation);
        let reading = rights.exec(&client, || queue_of(&client, &pods)).await;
        let pause = rights.pause(&reading);
        number += 1;
        states.send_modify(|state| {
            renew(&mut state.queue, reading);
            state.queue_read = leader.map(|leader| QueueRead { number, leader });
        });
        sleep(pause).await;
    }
}

/// The leader's converge.
pub(super) async fn converge(client: Client, states: watch::Sender<ClusterState>) {
    let mut ticks = ticks(CONVERGE);
    let mut rights = Rights::default();
    let mut answers: Option<String> = None;
    loop {
        ticks.tick().await;
        let pods = states.borrow().pods.clone();
        let reading = rights.exec(&client, || converge_of(&client, &pods, answers.as_deref())).await;
        let pause = rights.pause(&reading);
        if reading.known().is_some() {
            answers = leader(&pods).map(|pod| pod.name.clone());
        }
        states.send_modify(|state| renew(&mut state.converge, reading));
        sleep(pause).await;
    }
}

/// Settings and versions.
pub(super) async fn singles(client: Client, states: watch::Sender<ClusterState>) {
    let mut ticks = ticks(SINGLES);
    loop {
        ticks.tick().await;
        let (kubernetes, registry, configuration, conditions, webhook, replica_sets, starts) = tokio::join!(
            kubernetes_version(&client),
            registry_settings(&client),
            cluster_configuration(&client),
            cloud_conditions(&client),
            release_webhook(&client),
            list::<ReplicaSets>(&client),
            list::<ReleaseStarts>(&client),
        );
        states.send_modify(|state| {
            renew(&mut state.kubernetes, kubernetes);
            renew(&mut state.registry, registry);
            renew(&mut state.cluster_configuration, configuration);
            renew(&mut state.cloud_conditions, conditions);
            renew(&mut state.release_webhook, webhook);
            renew(&mut state.replica_sets, replica_sets);
            renew(&mut state.release_starts, starts);
        });
    }
}

fn leader(pods: &Reading<Vec<DeckhousePod>>) -> Option<&DeckhousePod> {
    DeckhousePod::leader(pods.known()?)
}

fn ticks(period: Duration) -> tokio::time::Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Takes a new reading, and keeps the value of the last one if it passes that there is none now.
fn renew<T>(reading: &mut Reading<T>, new: Reading<T>) {
    let before = std::mem::take(reading);
    *reading = match new {
        Reading::NotNow { last: None, why } => {
            let last = match before {
                Reading::Known(value) => Some(value),
                Reading::NotNow { last, .. } => last,
                Reading::Absent(_) | Reading::Unreadable(_) => None,
            };
            Reading::NotNow { last, why }
        }
        new => new,
    };
}
