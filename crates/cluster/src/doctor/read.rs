//! Reads the details from the cluster. Each part may fail separately.

use futures_util::AsyncReadExt as _;
use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{ContainerStatus, Event, Pod},
};
use kube::{
    Api,
    api::{ListParams, LogParams},
};

use super::{
    details::{DeploymentCondition, Details, FailedPull, PodEvent},
    log::errors,
};
use crate::{
    ClusterState, Error, Reading,
    access::Cluster,
    objects::DeckhousePod,
    pull_cause::is_pull_failure,
    read::{Bound, in_time, unread},
    safe_text::{self, foreign},
};

const NAMESPACE: &str = "d8-system";
const DEPLOYMENT: &str = "deckhouse";
const CONTAINER: &str = "deckhouse";
/// Objects in one answer of the API: a large cluster has many pods.
const PAGE: u32 = 500;
/// How much of the log is read.
const LOG_LINES: i64 = 500;
const LOG_BYTES: i64 = 1024 * 1024;

/// Reads everything but the registry. `state` says which pods the platform has.
pub async fn read(cluster: &Cluster, state: &ClusterState) -> Details {
    // Apart from each other: those that run are by far the most, and may take too long to be read.
    // Boxed: the questions together are a future of 20 KB.
    let questions = Box::pin(async {
        tokio::join!(
            in_time(failed_pulls_of(cluster, "Pending")),
            in_time(failed_pulls_of(cluster, "Running")),
            in_time(conditions(cluster)),
            in_time(events(cluster, state)),
            in_time(log(cluster, state)),
        )
    });
    let (pulls_of_pending_pods, pulls_of_running_pods, conditions, events, log) = questions.await;
    Details { pulls_of_pending_pods, pulls_of_running_pods, conditions, events, log, ..Details::default() }
}

fn reading<T>(result: Result<T, kube::Error>) -> Reading<T> {
    result.map_or_else(|error| unread(Error::from(error)), Reading::Known)
}

/// Of the pods of a phase, which the API can choose by, the containers whose image does not come.
async fn failed_pulls_of(cluster: &Cluster, phase: &str) -> Reading<Vec<FailedPull>> {
    let api: Api<Pod> = Api::all(cluster.client.clone());
    let mut params = ListParams::default().fields(&format!("status.phase={phase}")).limit(PAGE);
    let mut waiting = Vec::new();
    let mut bound = Bound::default();
    loop {
        let page = match api.list(&params).await {
            Ok(page) => page,
            Err(error) => return reading(Err(error)),
        };
        if let Err(error) = bound.page(page.items.len(), "pods") {
            return unread(error);
        }
        waiting.extend(page.items.iter().flat_map(of_pod));
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => params = params.continue_token(&token),
            None => return Reading::Known(waiting),
        }
    }
}

fn of_pod(pod: &Pod) -> Vec<FailedPull> {
    let namespace = pod.metadata.namespace.clone().unwrap_or_default();
    let own = pod
        .metadata
        .labels
        .as_ref()
        .and_then(|labels| labels.get("app"))
        .is_some_and(|app| app == DEPLOYMENT);
    let platform = namespace.starts_with("d8-") || namespace == "kube-system";
    if !platform || (own && namespace == NAMESPACE) {
        return Vec::new();
    }
    let Some(status) = &pod.status else { return Vec::new() };
    let statuses = status.init_container_statuses.iter().chain(&status.container_statuses).flatten();
    statuses
        .filter_map(|container| {
            let waiting = container.state.as_ref()?.waiting.as_ref()?;
            let reason = waiting.reason.clone().filter(|reason| is_pull_failure(reason))?;
            Some(FailedPull {
                namespace: safe_text::name(&namespace),
                pod: safe_text::name(pod.metadata.name.as_deref().unwrap_or_default()),
                container: safe_text::name(&container.name),
                image: safe_text::address(&image_of(pod, container)),
                reason: safe_text::name(&reason),
                message: foreign(waiting.message.as_deref().unwrap_or_default()),
                started: status.start_time.as_ref().map(|time| time.0),
                pull_secrets: pull_secrets(pod),
            })
        })
        .collect()
}

/// Admission writes those of the service account into the spec, too.
fn pull_secrets(pod: &Pod) -> Vec<String> {
    let secrets = pod.spec.iter().flat_map(|spec| spec.image_pull_secrets.iter().flatten());
    secrets.map(|secret| safe_text::name(&secret.name)).collect()
}

/// The image as in the spec: runtimes write other names of it into the status.
fn image_of(pod: &Pod, status: &ContainerStatus) -> String {
    let spec = pod.spec.as_ref();
    let containers =
        spec.into_iter().flat_map(|spec| spec.init_containers.iter().flatten().chain(&spec.containers));
    let named = containers.filter(|container| container.name == status.name).find_map(|it| it.image.clone());
    named.unwrap_or_else(|| status.image.clone())
}

async fn conditions(cluster: &Cluster) -> Reading<Vec<DeploymentCondition>> {
    let api: Api<Deployment> = Api::namespaced(cluster.client.clone(), NAMESPACE);
    reading(api.get(DEPLOYMENT).await).map(|deployment| {
        let conditions = deployment.status.and_then(|status| status.conditions).unwrap_or_default();
        conditions
            .into_iter()
            .map(|it| DeploymentCondition {
                kind: safe_text::name(&it.type_),
                is_true: it.status == "True",
                message: foreign(&it.message.unwrap_or_default()),
                since: it.last_transition_time.map(|time| time.0),
            })
            .collect()
    })
}

async fn events(cluster: &Cluster, state: &ClusterState) -> Reading<Vec<PodEvent>> {
    let api: Api<Event> = Api::namespaced(cluster.client.clone(), NAMESPACE);
    let params = ListParams::default().fields("type=Warning,involvedObject.kind=Pod").limit(PAGE);
    let pods = state.pods.last().map_or(&[][..], Vec::as_slice);
    reading(api.list(&params).await).map(|list| {
        let own = list.items.into_iter().filter_map(|event| {
            let pod = event.involved_object.name?;
            pods.iter().any(|it| it.name == pod).then(|| PodEvent {
                pod: safe_text::name(&pod),
                reason: safe_text::name(&event.reason.unwrap_or_default()),
                message: foreign(&event.message.unwrap_or_default()),
                last: event.last_timestamp.map(|time| time.0).or(event.event_time.map(|time| time.0)),
            })
        });
        own.collect()
    })
}

async fn log(cluster: &Cluster, state: &ClusterState) -> Reading<Vec<super::LogError>> {
    let Some(pods) = state.pods.known() else {
        return Reading::NotNow { last: None, why: "the pods of d8-system are unknown".to_owned() };
    };
    let newest = || pods.iter().filter(|pod| !pod.terminating).max_by_key(|pod| pod.started);
    let Some(pod) = DeckhousePod::leader(pods).or_else(newest) else {
        return Reading::NotNow { last: None, why: "there is currently no pod".to_owned() };
    };
    let container = pod.containers.iter().find(|container| container.name == CONTAINER);
    let params = LogParams {
        container: Some(CONTAINER.to_owned()),
        // What ended says why; what waits to be started again has said nothing yet.
        previous: container.is_some_and(|it| it.waiting_reason.as_deref() == Some("CrashLoopBackOff")),
        tail_lines: Some(LOG_LINES),
        limit_bytes: Some(LOG_BYTES),
        ..LogParams::default()
    };
    let api: Api<Pod> = Api::namespaced(cluster.client.clone(), NAMESPACE);
    match api.log_stream(&pod.name, &params).await {
        Ok(stream) => {
            // The kubelet keeps to the limit. What another one sends beyond it is not read.
            let mut bytes = Vec::new();
            match stream.take(LOG_BYTES.unsigned_abs()).read_to_end(&mut bytes).await {
                Ok(_) => Reading::Known(errors(&String::from_utf8_lossy(&bytes))),
                Err(error) => Reading::NotNow {
                    last: None,
                    why: format!("the log of the platform's pod is incomplete: {error}"),
                },
            }
        }
        // The kubelet's way to say that there is no log yet.
        Err(kube::Error::Api(status)) if status.code == 400 => {
            Reading::NotNow { last: None, why: foreign(&status.message).into() }
        }
        Err(error) => reading(Err(error)),
    }
}
