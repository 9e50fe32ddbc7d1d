//! What the registry that `dhctl update plan --registry` names holds of the releases that lie ahead.

use std::{collections::BTreeMap, sync::Arc};

use cluster::{
    RegistryAnswer,
    plan::{RegistryOffer, ReleaseInRegistry},
};
use deckhouse::{
    Channel, ReleaseManifest,
    release_list::{DeliveredRelease, read_releases},
    repositories::{CHANGELOG_YAML, INSTALL, RELEASE_CHANNEL, VERSION_JSON},
    write_releases,
};
use futures_util::future::{join, join_all};
use oci::{RepositoryUrl, TagOrDigest};
use registry::client::{Client, Repository};
use semver::Version;

use super::registry_requests::{
    Refused, ask_channel, ask_edition, ask_files, ask_presence, ask_releases, points_to, words,
};
use crate::{
    Environment,
    args::PlanArgs,
    failure::Failure,
    logins::Login,
    progress::Progress,
    settings::{Connection, RegistryAccess},
};

/// A registry that answers, and accepts the login.
pub(super) struct PlanRegistry {
    root: Repository,
    channels: Repository,
    installers: Repository,
    name: String,
}

impl PlanRegistry {
    /// Connects to the one that is named.
    pub(super) async fn connect(
        url: &RepositoryUrl,
        args: &PlanArgs,
        environment: &Environment,
        progress: &Arc<Progress>,
    ) -> Result<Self, Failure> {
        let credentials = Login::from(args.login.clone()).resolve(url, environment).await?;
        let client: Client = RegistryAccess {
            url,
            credentials,
            connection: &Connection::from(&args.connection),
            ca: None,
            pushes: false,
        }
        .client(environment)?;
        progress.report_notices_of(&client);
        client.ping().await?;
        let below = |path: &str| {
            let name = url.repository.join(path);
            name.map_err(|error| Failure::usage(format!("--registry {url}: {error}")))
        };
        let (channels, installers) = (below(RELEASE_CHANNEL)?, below(INSTALL)?);
        Ok(Self {
            root: client.repository(url.repository.clone()),
            channels: client.repository(channels),
            installers: client.repository(installers),
            name: url.to_string(),
        })
    }

    /// What the channel leads to, and which releases there are.
    ///
    /// `deployed` is what the cluster runs.
    pub(super) async fn offer(
        &self,
        channel: Option<Channel>,
        deployed: Option<&Version>,
    ) -> Result<RegistryOffer, Failure> {
        let leads_to = ask_channel(&self.channels, channel).await;
        let listed = ask_releases(&self.channels, deployed, points_to(&leads_to)).await;
        let (leads_to, listed) = match (leads_to, listed) {
            // A login that is wrong is wrong for every question; one that only lacks a right is not.
            (Err(Refused(error)), Err(_)) => return Err(error.into()),
            (leads_to, listed) => (leads_to.unwrap_or_else(words), listed.unwrap_or_else(words)),
        };
        Ok(RegistryOffer {
            registry: self.name.clone(),
            channel,
            leads_to,
            listed,
            edition: RegistryAnswer::Missing,
            releases: BTreeMap::new(),
        })
    }

    /// Looks for the images of these releases, and reads the edition of the first one.
    pub(super) async fn look_for(&self, versions: &[Version], offer: &mut RegistryOffer) {
        let found = join_all(versions.iter().map(async |version| {
            let tag = deckhouse::version::tag_of(version);
            let (image, description) = join(self.image(&tag), self.description(version, &tag)).await;
            (version.clone(), ReleaseInRegistry { image, description })
        }));
        offer.releases = found.await.into_iter().collect();
        if let Some(first) = versions.first() {
            offer.edition = ask_edition(&self.root, &self.installers, first).await;
        }
    }

    async fn image(&self, tag: &str) -> RegistryAnswer<()> {
        match tag.parse() {
            Ok(tag) => ask_presence(&self.root, &TagOrDigest::Tag(tag)).await.unwrap_or_else(words),
            Err(error) => RegistryAnswer::Unknown(error.to_string().into()),
        }
    }

    async fn description(&self, version: &Version, tag: &str) -> RegistryAnswer<DeliveredRelease> {
        let files = ask_files(&self.channels, tag, &[VERSION_JSON, CHANGELOG_YAML]).await;
        files.unwrap_or_else(words).read(|files| delivered(ReleaseManifest::of_files(version, files)?))
    }
}

/// The release as `deckhousereleases.yaml` would have it.
fn delivered(manifest: ReleaseManifest) -> Result<DeliveredRelease, String> {
    let yaml = write_releases(&[manifest]).map_err(|error| error.to_string())?;
    let releases = read_releases(yaml.as_bytes()).map_err(|error| error.to_string())?;
    releases.into_iter().next().ok_or_else(|| "it describes no release".to_owned())
}
