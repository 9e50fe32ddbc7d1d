//! Reading every image of a release in the registry that a cluster pulls from, with the cluster's own login.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use cluster::{
    ClusterState, ImageSource,
    image_check::{ImageCheck, ImagesRead, MissingObject},
    modules::offered,
    objects::RegistrySettings,
};
use deckhouse::repositories::RELEASE_CHANNEL;
use mirror::{
    Event, Observer, Root, WantedBy,
    holdings::{ReleaseContents, ReleaseGap, Use, read_release},
};
use oci::{RepositoryName, Tag};
use parking_lot::Mutex;
use registry::client::{Client, ErrorKind};
use semver::Version;
use tokio::sync::OnceCell;

use super::{
    cluster_registry::{Reach, connect},
    registry_requests::recognize_proxy_cache,
};
use crate::{Environment, progress::Progress};

/// The checks of one command: registries that several clusters use with the same login are read once for each release.
#[derive(Default)]
pub(super) struct Checks {
    begun: Mutex<Vec<Begun>>,
    /// Where waits for a registry are reported.
    waits: Option<Arc<Progress>>,
}

struct Begun {
    registry: RegistrySettings,
    release: Version,
    modules: BTreeMap<String, Tag>,
    check: Arc<OnceCell<ImageCheck>>,
}

impl Checks {
    /// Reports waits for a registry.
    pub(super) fn reporting_waits(progress: Arc<Progress>) -> Self {
        Self { waits: Some(progress), ..Self::default() }
    }

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
        let modules = offered(state);
        let check = self.begun(&registry, release, &modules);
        let check = check.get_or_init(async || {
            let outcome = match connect(&registry, reach, environment) {
                Ok((client, root)) => {
                    if let Some(progress) = &self.waits {
                        progress.report_notices_of(&client);
                    }
                    read(&client, root, (release, &modules), observer).await
                }
                Err(failure) => ImagesRead::Failed(failure.message.to_string().into()),
            };
            ImageCheck { registry: registry.images_repo(), release: release.clone(), outcome }
        });
        check.await.clone()
    }

    fn begun(
        &self,
        registry: &RegistrySettings,
        release: &Version,
        modules: &BTreeMap<String, Tag>,
    ) -> Arc<OnceCell<ImageCheck>> {
        let mut begun = self.begun.lock();
        let is_same =
            |it: &&Begun| it.registry == *registry && it.release == *release && it.modules == *modules;
        if let Some(same) = begun.iter().find(is_same) {
            return Arc::clone(&same.check);
        }
        let check = Arc::default();
        let (registry, release, modules) = (registry.clone(), release.clone(), modules.clone());
        begun.push(Begun { registry, release, modules, check: Arc::clone(&check) });
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

/// Reads everything of the release, and these versions of the modules that it requires.
async fn read(
    client: &Client,
    root: RepositoryName,
    (release, modules): (&Version, &BTreeMap<String, Tag>),
    observer: &dyn Observer,
) -> ImagesRead {
    if let Ok(channels) = root.join(RELEASE_CHANNEL) {
        // If this fails, reading fails too, and says why.
        let _ = recognize_proxy_cache(&client.repository(channels)).await;
    }
    match Box::pin(read_release(client, &Root::from(root), release, modules, observer)).await {
        Ok(contents) => all(contents),
        Err(error) => failed(&error),
    }
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

fn all(contents: ReleaseContents) -> ImagesRead {
    let ReleaseContents { totals, missing, images_known, modules_not_read } = contents;
    let missing = missing.into_iter().map(missing_object).collect();
    ImagesRead::All { objects: totals.manifests + totals.blobs, missing, images_known, modules_not_read }
}

fn missing_object(ReleaseGap { absent, installer }: ReleaseGap) -> MissingObject {
    let item = absent.item;
    let separator = if item.reference.contains(':') { '@' } else { ':' };
    let images: BTreeSet<String> = absent.uses.iter().filter_map(user).collect();
    MissingObject {
        object: format!("{}{separator}{}", item.repository, item.reference).into(),
        why: item.reason.into(),
        images,
        platform: absent.uses.iter().any(|it| user(it).is_none()),
        installer,
    }
}

/// The image (`module.image`), or the module, that needs something; `None` for what belongs to the platform itself.
fn user(Use { by, name }: &Use) -> Option<String> {
    match (by, name) {
        (WantedBy::Component { name: module, .. }, Some(image)) => Some(format!("{module}.{image}")),
        (WantedBy::Component { name: module, .. }, None) => Some(module.clone()),
        (_, name) => name.clone(),
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
