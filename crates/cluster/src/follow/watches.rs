//! One kind of object, listed and then watched.

use std::{collections::BTreeMap, time::Duration};

use futures_util::{StreamExt as _, pin_mut};
use kube::{
    Client, ResourceExt as _,
    api::{WatchEvent, WatchParams},
};
use tokio::{sync::watch, time::sleep};

use super::rights::Rights;
use crate::{
    ClusterState, Error, Reading,
    read::{Source, key, pages, refused},
};

/// Until the next attempt after a failure that passes by itself: short, since a change is to be seen at once.
const AGAIN: Duration = Duration::from_secs(1);
/// Until the next look where a right or a definition is missing: someone may add it.
const LATER: Duration = Duration::from_secs(15);
/// HTTP "gone": what a watch was to go on from is too old.
const GONE: u16 = 410;

type Objects<S> = BTreeMap<String, <S as Source>::Item>;

/// Follows a kind for ever; `set` puts what is known of it into the state.
pub(super) async fn watch<S: Source>(
    client: Client,
    states: watch::Sender<ClusterState>,
    set: fn(&mut ClusterState, Reading<Vec<S::Item>>),
) {
    let api = S::api(&client);
    let tell = |reading| states.send_modify(|state| set(state, reading));
    let mut objects: Objects<S> = BTreeMap::new();
    let mut rights = Rights::default();
    loop {
        let mut version = match pages::<S>(&api).await {
            Ok((items, version)) => {
                objects = items.into_iter().collect();
                rights.granted();
                tell(known::<S>(&objects));
                version
            }
            Err(error) => {
                let last = rights.were_there().then_some(&objects);
                sleep(report::<S>(&client, error, last, &mut rights, &tell).await).await;
                continue;
            }
        };
        loop {
            let error = match follow::<S>(&api, &mut objects, &mut version, &mut rights, &tell).await {
                Ok(()) => continue,
                Err(kube::Error::Api(refusal)) if refusal.code == GONE => break,
                Err(error) => error,
            };
            sleep(report::<S>(&client, error, Some(&objects), &mut rights, &tell).await).await;
        }
    }
}

/// One watch, from its beginning to its end. The API server ends each after a few minutes, which is no failure.
async fn follow<S: Source>(
    api: &kube::Api<S::Raw>,
    objects: &mut Objects<S>,
    version: &mut String,
    rights: &mut Rights,
    tell: &impl Fn(Reading<Vec<S::Item>>),
) -> kube::Result<()> {
    let list = S::params();
    let params = WatchParams {
        label_selector: list.label_selector,
        field_selector: list.field_selector,
        ..WatchParams::default()
    };
    let events = api.watch(&params, version).await?;
    rights.granted();
    pin_mut!(events);
    // Whatever has happened meanwhile comes first: what is known is up to date from here.
    tell(known::<S>(objects));
    while let Some(event) = events.next().await {
        match event? {
            WatchEvent::Added(raw) | WatchEvent::Modified(raw) => {
                *version = raw.resource_version().unwrap_or_default();
                objects.insert(key(&raw), S::item(raw));
            }
            WatchEvent::Deleted(raw) => {
                *version = raw.resource_version().unwrap_or_default();
                objects.remove(&key(&raw));
            }
            WatchEvent::Bookmark(mark) => {
                *version = mark.metadata.resource_version;
                continue;
            }
            WatchEvent::Error(refusal) => return Err(kube::Error::Api(refusal)),
        }
        tell(known::<S>(objects));
    }
    Ok(())
}

fn known<S: Source>(objects: &Objects<S>) -> Reading<Vec<S::Item>> {
    Reading::Known(objects.values().cloned().collect())
}

/// Tells what a failure means, and returns how long to wait.
async fn report<S: Source>(
    client: &Client,
    error: impl Into<Error>,
    last: Option<&Objects<S>>,
    rights: &mut Rights,
    tell: &impl Fn(Reading<Vec<S::Item>>),
) -> Duration {
    let last = last.map(|objects| objects.values().cloned().collect());
    match rights.judge(refused::<S, _>(client, error).await) {
        Reading::NotNow { why, .. } => {
            tell(Reading::NotNow { last, why });
            AGAIN
        }
        other => {
            tell(other);
            LATER
        }
    }
}
