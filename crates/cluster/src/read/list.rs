//! Lists, a page at a time, so that memory does not grow with the cluster.

use std::fmt::Debug;

use kube::{Api, Client, Resource, ResourceExt as _, api::ListParams};
use serde::de::DeserializeOwned;

use super::{places::Source, refusal::refused};
use crate::{Error, Obstacle, Reading, objects::DeckhouseDeployment};

/// Objects a page.
const PAGE: u32 = 100;
/// No list has more objects: an API server that lists without end is broken, or means harm.
const MOST_OBJECTS: usize = 100_000;
/// Nor more pages, which may be empty.
const MOST_PAGES: usize = 10_000;

/// How much of a list was read.
#[derive(Debug, Default)]
pub(crate) struct Bound {
    pages: usize,
    objects: usize,
}

impl Bound {
    /// One more page.
    ///
    /// # Errors
    /// If the list is longer than any real one.
    pub(crate) fn page(&mut self, objects: usize, what: &str) -> Result<(), Error> {
        self.pages += 1;
        self.objects += objects;
        if self.objects > MOST_OBJECTS {
            return Err(Error::Other(format!(
                "the list of {what} is not read, because it has more than {MOST_OBJECTS} objects"
            )));
        }
        if self.pages > MOST_PAGES {
            return Err(Error::Other(format!(
                "the list of {what} is not read, because it has more than {MOST_PAGES} pages"
            )));
        }
        Ok(())
    }
}

/// All objects of a kind.
pub(crate) async fn list<S: Source>(client: &Client) -> Reading<Vec<S::Item>> {
    match pages::<S>(&S::api(client)).await {
        Ok((items, _)) => Reading::Known(items.into_iter().map(|(_, item)| item).collect()),
        Err(error) => refused::<S, _>(client, error).await,
    }
}

/// What no two objects of a kind have in common: `NAMESPACE/NAME`, or `NAME`.
pub(crate) fn key(object: &impl Resource) -> String {
    let name = object.name_any();
    match object.namespace() {
        Some(namespace) => format!("{namespace}/{name}"),
        None => name,
    }
}

/// All objects of a kind by their [`key`], and the version of the list, from which a watch goes on.
pub(crate) async fn pages<S: Source>(api: &Api<S::Raw>) -> Result<(Vec<(String, S::Item)>, String), Error> {
    paged(api, S::params(), &S::Raw::plural(&()), |raw| (key(&raw), S::item(raw))).await
}

/// All objects of an API, each as `item` makes it, and the version of the list. `plural`: the name of the kind in errors.
pub(crate) async fn paged<K: Clone + Debug + DeserializeOwned, T>(
    api: &Api<K>,
    params: ListParams,
    plural: &str,
    item: impl Fn(K) -> T,
) -> Result<(Vec<T>, String), Error> {
    let (mut params, mut bound, mut items) = (params.limit(PAGE), Bound::default(), Vec::new());
    loop {
        let page = api.list(&params).await?;
        bound.page(page.items.len(), plural)?;
        items.extend(page.items.into_iter().map(&item));
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

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        future::{Ready, ready},
        task::{Context, Poll},
    };

    use kube::client::Body;

    use super::*;
    use crate::read::Releases;

    /// An API server whose lists never end.
    #[derive(Clone)]
    struct Endless {
        page: Vec<u8>,
    }

    impl tower_service::Service<http::Request<Body>> for Endless {
        type Response = http::Response<Body>;
        type Error = Infallible;
        type Future = Ready<Result<http::Response<Body>, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: http::Request<Body>) -> Self::Future {
            ready(Ok(http::Response::new(Body::from(self.page.clone()))))
        }
    }

    #[tokio::test]
    async fn a_list_without_end_is_not_read() {
        for (objects, limit) in [(0, "10000 pages"), (5_000, "100000 objects")] {
            let item = serde_json::json!({ "metadata": { "name": "v1.72.5" } });
            let page = serde_json::json!({
                "apiVersion": "deckhouse.io/v1alpha1", "kind": "DeckhouseReleaseList",
                "metadata": { "continue": "again", "resourceVersion": "1" }, "items": vec![item; objects],
            });
            let client = Client::new(Endless { page: page.to_string().into_bytes() }, "default");
            let reading = list::<Releases>(&client).await;
            let why = reading.why_unknown().unwrap();
            assert_eq!(
                why,
                format!("the list of deckhousereleases is not read, because it has more than {limit}")
            );
            assert!(reading.passing().is_none(), "it is not asked for again at once");
        }
    }
}
