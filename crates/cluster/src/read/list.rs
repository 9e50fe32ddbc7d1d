//! Lists, a page at a time, so that memory does not grow with the cluster.

use kube::{Api, Client, api::ListParams};

use super::{places::Source, refusal::refused};
use crate::{Obstacle, Reading, objects::DeckhouseDeployment};

/// Objects a page.
const PAGE: u32 = 100;

/// All objects of a kind.
pub(crate) async fn list<S: Source>(client: &Client) -> Reading<Vec<S::Item>> {
    match pages::<S>(&S::api(client)).await {
        Ok((items, _)) => Reading::Known(items.into_iter().map(|(_, item)| item).collect()),
        Err(error) => refused::<S, _>(client, error).await,
    }
}

/// All objects of a kind by name, and the version of the list, from which a watch goes on.
pub(crate) async fn pages<S: Source>(api: &Api<S::Raw>) -> kube::Result<(Vec<(String, S::Item)>, String)> {
    let mut items = Vec::new();
    let mut params = ListParams { limit: Some(PAGE), ..S::params() };
    loop {
        let page = api.list(&params).await?;
        for raw in page.items {
            let name = kube::ResourceExt::name_any(&raw);
            items.push((name, S::item(raw)));
        }
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => params.continue_token = Some(token),
            None => return Ok((items, page.metadata.resource_version.unwrap_or_default())),
        }
    }
}

/// The one Deployment in its list. The platform cannot be without it.
pub(crate) fn deckhouse_deployment(list: Reading<Vec<DeckhouseDeployment>>) -> Reading<DeckhouseDeployment> {
    match list {
        Reading::Known(mut all) => all.pop().map_or_else(
            || Reading::Unreadable(Obstacle::Other("there is no Deployment d8-system/deckhouse".to_owned())),
            Reading::Known,
        ),
        Reading::NotNow { last, why } => Reading::NotNow { last: last.and_then(|mut all| all.pop()), why },
        Reading::Absent(why) => Reading::Absent(why),
        Reading::Unreadable(obstacle) => Reading::Unreadable(obstacle),
    }
}
