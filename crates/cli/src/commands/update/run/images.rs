//! `update run --check-images`: the images of a release are read before it is approved.

use std::{collections::BTreeMap, pin::pin, time::Duration};

use cluster::{ClusterState, ImageSource, image_check::ImageCheck, modules::offered, run::Blocked};
use oci::Tag;
use semver::Version;
use tokio::time::Instant;

use super::Run;
use crate::{
    commands::update::{
        check_images::{Checks, Counter},
        cluster_registry::Reach,
    },
    failure::Failure,
};

/// What reading the images of a release showed.
pub(super) struct CheckedImages {
    /// Where they were read.
    source: ImageSource,
    /// The versions of modules that the registry offered then.
    modules: BTreeMap<String, Tag>,
    check: ImageCheck,
    /// When.
    read: Instant,
}

/// After this time, images that prevent an approval are read again: somebody may have pushed them.
const READ_AGAIN: Duration = Duration::from_mins(1);

/// Between two reports while images are read.
const SAY_AGAIN: Duration = Duration::from_secs(10);

impl Run {
    /// What of the images of a release prevents its approval. They are read once for each release and login; if something
    /// prevents it, again after a while.
    pub(super) async fn check_images(
        &mut self,
        state: &ClusterState,
        release: &Version,
    ) -> Result<Option<Blocked>, Failure> {
        let (source, modules) = (state.image_source(), offered(state));
        let current = self.images.take().filter(|it| {
            let is_current = it.source == source && it.modules == modules && it.check.release == *release;
            let is_blocked = it.check.report(state).problem.is_some();
            is_current && !(is_blocked && it.read.elapsed() >= READ_AGAIN)
        });
        let checked = if let Some(checked) = current {
            checked
        } else {
            let check = self.read_images(state, release).await?;
            CheckedImages { source, modules, check, read: Instant::now() }
        };
        let blocked = Blocked::by_images(&checked.check.report(state), release);
        self.images = Some(checked);
        Ok(blocked)
    }

    /// Reads the images, and reports how far it is.
    async fn read_images(&mut self, state: &ClusterState, release: &Version) -> Result<ImageCheck, Failure> {
        let (checks, counter) = (Checks::default(), Counter::default());
        let environment = self.environment.clone();
        self.show.report("wait", &format!("reading every image of v{release} with the cluster's login"));
        let mut check = pin!(checks.check(state, release, Reach::IMAGES, &environment, &counter));
        let mut said = Instant::now();
        let check = loop {
            tokio::select! {
                biased;
                check = &mut check => break check,
                observed = self.observe() => drop(observed?),
            }
            if let Some(progress) = counter.progress().filter(|_| said.elapsed() >= SAY_AGAIN) {
                self.show.report("wait", &format!("read {progress} of v{release}"));
                said = Instant::now();
            }
        };
        let report = check.report(state);
        if let (Some(objects), None) = (report.objects, &report.problem) {
            let unused = match report.missing_unused.len() {
                0 => String::new(),
                1 => "; 1 object cannot be read, but this cluster does not use it".to_owned(),
                unused => format!("; {unused} objects cannot be read, but this cluster does not use them"),
            };
            let names: Vec<&str> = report.modules_not_checked.iter().map(String::as_str).collect();
            let unchecked = match names.as_slice() {
                [] => String::new(),
                names => format!("; images of required modules are not checked: {}", names.join(", ")),
            };
            let text = format!(
                "everything of v{release} that this cluster needs can be read from {} ({objects} manifests and blobs \
                 requested){unused}{unchecked}",
                report.registry
            );
            self.show.report("note", &text);
        }
        Ok(check)
    }
}
