//! Reading every image of a release in the registry that a cluster pulls from, with the cluster's own login.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use cluster::{
    ClusterState, ImageSource,
    image_check::{ImageCheck, ImagesRead, MissingObject},
    objects::RegistrySettings,
};
use deckhouse::repositories::RELEASE_CHANNEL;
use mirror::{
    Event, Observer, Root,
    holdings::{ReleaseContents, ReleaseGap, read_release},
};
use parking_lot::Mutex;
use registry::client::ErrorKind;
use semver::Version;
use tokio::sync::OnceCell;

use super::{
    cluster_registry::{Reach, connect},
    registry_requests::recognize_proxy_cache,
};
use crate::Environment;

/// The checks of one command: registries that several clusters use with the same login are read once for each release.
#[derive(Default)]
pub(super) struct Checks {
    begun: Mutex<Vec<Begun>>,
}

struct Begun {
    registry: RegistrySettings,
    release: Version,
    check: Arc<OnceCell<ImageCheck>>,
}

impl Checks {
    /// Checks the images of `release` for a cluster in this state.
    pub(super) async fn check(
        &self,
        state: &ClusterState,
        release: &Version,
        reach: Reach,
        environment: &Environment,
        observer: &dyn Observer,
    ) -> ImageCheck {
        let ImageSource::Upstream(registry) = state.image_source() else {
            return unreachable(state, release);
        };
        let check = self.begun(&registry, release);
        check.get_or_init(|| read(&registry, release, reach, environment, observer)).await.clone()
    }

    fn begun(&self, registry: &RegistrySettings, release: &Version) -> Arc<OnceCell<ImageCheck>> {
        let mut begun = self.begun.lock();
        if let Some(same) = begun.iter().find(|it| it.registry == *registry && it.release == *release) {
            return Arc::clone(&same.check);
        }
        let check = Arc::default();
        let (registry, release) = (registry.clone(), release.clone());
        begun.push(Begun { registry, release, check: Arc::clone(&check) });
        check
    }
}

fn unreachable(state: &ClusterState, release: &Version) -> ImageCheck {
    let why = match (state.image_source(), state.registry.why_unknown()) {
        (ImageSource::InCluster { .. }, _) => {
            "the cluster pulls from a registry inside it, which cannot be read from here with the cluster's login"
                .into()
        }
        (_, Some(unread)) => {
            format!("the login of the registry is unknown: Secret d8-system/deckhouse-registry: {unread}").into()
        }
        (_, None) => "it is unknown which registry the cluster pulls from".into(),
    };
    let registry = state.image_source().push_address().unwrap_or_else(|| "HOST/PATH".to_owned());
    ImageCheck { registry, release: release.clone(), outcome: ImagesRead::Failed(why) }
}

/// Reads everything of the release.
pub(super) async fn read(
    registry: &RegistrySettings,
    release: &Version,
    reach: Reach,
    environment: &Environment,
    observer: &dyn Observer,
) -> ImageCheck {
    let outcome = match connect(registry, reach, environment) {
        Ok((client, root)) => {
            if let Ok(channels) = root.join(RELEASE_CHANNEL) {
                // If this fails, reading fails too, and says why.
                let _ = recognize_proxy_cache(&client.repository(channels)).await;
            }
            match Box::pin(read_release(&client, &Root::from(root), release, observer)).await {
                Ok(contents) => all(contents),
                Err(error) => failed(&error),
            }
        }
        Err(failure) => ImagesRead::Failed(failure.message.to_string().into()),
    };
    ImageCheck { registry: registry.images_repo(), release: release.clone(), outcome }
}

fn failed(error: &mirror::Error) -> ImagesRead {
    let is_refused = match error {
        mirror::Error::Registry(error) => matches!(
            error.kind(),
            ErrorKind::Unauthorized { .. } | ErrorKind::Denied { .. } | ErrorKind::FreshTokenRefused { .. }
        ),
        _ => false,
    };
    let words = error.to_string().into();
    if is_refused { ImagesRead::Refused(words) } else { ImagesRead::Failed(words) }
}

fn all(ReleaseContents { totals, missing, images_known }: ReleaseContents) -> ImagesRead {
    let missing = missing.into_iter().map(missing_object).collect();
    ImagesRead::All { objects: totals.manifests + totals.blobs, missing, images_known }
}

fn missing_object(ReleaseGap { absent, installer }: ReleaseGap) -> MissingObject {
    let item = absent.item;
    let separator = if item.reference.contains(':') { '@' } else { ':' };
    let images: BTreeSet<String> = absent.uses.iter().filter_map(|it| it.name.clone()).collect();
    MissingObject {
        object: format!("{}{separator}{}", item.repository, item.reference).into(),
        why: item.reason.into(),
        images,
        platform: absent.uses.iter().any(|it| it.name.is_none()),
        installer,
    }
}

/// Counts what was read, for reports from time to time.
#[derive(Debug, Default)]
pub(super) struct Counter {
    read: AtomicU64,
    total: AtomicU64,
}

impl Counter {
    /// How far it is: `120 of 800 blobs`; `None` while manifests are read.
    pub(super) fn progress(&self) -> Option<String> {
        let total = self.total.load(Ordering::Relaxed);
        (total > 0).then(|| format!("{} of {total} blobs", self.read.load(Ordering::Relaxed)))
    }
}

impl Observer for Counter {
    fn event(&self, event: Event) {
        match event {
            Event::StageBegan { items, .. } => self.total.store(items, Ordering::Relaxed),
            Event::Items(items) => drop(self.read.fetch_add(items, Ordering::Relaxed)),
            _ => {}
        }
    }
}
