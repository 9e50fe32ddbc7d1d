//! `dhctl mirror --registry …`: push a bundle and prove that it arrived.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};

use bundle::Bundle;
use mirror::{
    Event, MissingItem, Observer as _, Root, complete,
    error::Place,
    push::{PushOptions, PushReport, push},
    read_back::Target,
    set_sum::SetList,
    verify::VerifyReport,
};
use oci::RepositoryUrl;
use registry::client::Credentials;
use serde::Serialize;

use super::verify::{depth, figures};
use crate::{
    Environment,
    args::{ConnectionArgs, TransferArgs},
    exit_code::Exit,
    expected_sum::ExpectedSum,
    failure::Failure,
    format::{count, human},
    logins::Login,
    printer::Printer,
    progress::Progress,
    settings::{self, RegistryAccess},
    side_files::SideFiles,
};

/// How long what was written may take to appear: registries on object storage need some seconds.
const VISIBLE_AFTER: Duration = Duration::from_secs(30);

/// What was done, and read back.
#[derive(Serialize)]
pub(crate) struct Pushed {
    registry: String,
    written: PushReport,
    verified: VerifyReport,
}

pub(crate) async fn run(args: TransferArgs, environment: Environment) -> Result<(), Failure> {
    let Some(registry) = &args.registry else {
        return Err(Failure::internal("a push without registry"));
    };
    for path in &args.images_bundle_path {
        settings::bundle_to_read(path)?;
    }
    let credentials = Login::to_target(&args.login).resolve(registry, &environment).await?;
    let bundle = Bundle::open(&args.images_bundle_path)?;
    let progress = Arc::new(Progress::new(&args.output, environment.stderr_is_terminal));
    let push = Push {
        bundle: &bundle,
        paths: &args.images_bundle_path,
        registry,
        root: registry.repository.clone().into(),
        allow_incomplete: args.allow_incomplete,
        deep: args.deep,
        expect_sum: args.expect_sum.as_ref(),
        connection: &args.connection,
    };
    let pushed = push.run(credentials, &progress, &environment).await?;
    Printer::new(&args.output).result("mirror push", &pushed, &pushed.text())
}

/// A push that is to be done.
pub(crate) struct Push<'a> {
    pub(crate) bundle: &'a Bundle,
    /// Where the bundle lies.
    pub(crate) paths: &'a [PathBuf],
    pub(crate) registry: &'a RepositoryUrl,
    pub(crate) root: Root,
    /// Whether what lacks something is pushed too.
    pub(crate) allow_incomplete: bool,
    /// Whether every blob that the registry has is downloaded and hashed.
    pub(crate) deep: bool,
    /// The sum that the whole delivery must have.
    pub(crate) expect_sum: Option<&'a ExpectedSum>,
    pub(crate) connection: &'a ConnectionArgs,
}

impl Push<'_> {
    /// Does it, and reads everything back.
    pub(crate) async fn run(
        self,
        credentials: Option<Credentials>,
        progress: &Arc<Progress>,
        environment: &Environment,
    ) -> Result<Pushed, Failure> {
        let (contents, found) = complete::read(self.bundle, &BTreeSet::new()).await?;
        if let Some(expected) = self.expect_sum {
            let beside = SideFiles::beside(self.paths)?;
            let mut list = SetList::of_bundle(self.bundle);
            beside.add_to(&mut list);
            expected.check(&list, &beside.names())?;
        }
        if !found.missing.is_empty() && !self.allow_incomplete {
            let error = mirror::Error::Incomplete { place: Place::Bundle, items: found.missing };
            return Err(Failure::from(error).hint(ALLOW_HINT));
        }
        let Self { registry, connection, deep, .. } = self;
        let access = RegistryAccess { url: registry, credentials, connection, ca: None, pushes: true };
        let client = access.client(environment)?;
        progress.report_notices_of(&client);
        let target = Target::new(client, self.root);
        if let Some(note) = contents.made_tags_note() {
            progress.event(Event::Note(note));
        }
        let options = PushOptions {
            depth: depth(deep),
            parallel: connection.parallel(),
            visible_after: VISIBLE_AFTER.min(connection.retry_timeout),
        };
        let mirror::push::Pushed { written, blobs_by_size } =
            push(self.bundle, &contents, &target, options, &**progress).await?;
        if !found.missing.is_empty() {
            return Err(holes(&self.paths[0].display().to_string(), registry, found.missing));
        }
        let verified = VerifyReport::of(&contents, options.depth, blobs_by_size);
        Ok(Pushed { registry: registry.to_string(), written, verified })
    }
}

impl Pushed {
    /// The same in words.
    pub(crate) fn text(&self) -> String {
        let (written, figures) = (sentence(&self.written), figures(&self.verified));
        format!("{written}\nread back from {}: {figures}\n", self.registry)
    }
}

const ALLOW_HINT: &str = "nothing was sent, because a cluster would see releases whose images are missing; \
                          use --allow-incomplete to send what is there anyway";

fn holes(bundle: &str, registry: &RepositoryUrl, missing: Vec<MissingItem>) -> Failure {
    let message = format!(
        "everything in {bundle} arrived at {registry}, but the bundle is incomplete: {} missing in it",
        if missing.len() == 1 { "1 object is".to_owned() } else { format!("{} objects are", missing.len()) }
    );
    Failure { missing, ..Failure::new(Exit::Incomplete, message) }
        .hint("do not let a cluster update to the releases that are named; pull the bundle again and push it")
}

fn sentence(written: &PushReport) -> String {
    if *written == PushReport::default() {
        return "everything was there already".to_owned();
    }
    let resumed = match written.bytes_resumed {
        0 => String::new(),
        bytes => format!(", and an earlier push {}", human(bytes)),
    };
    format!(
        "uploaded {} ({}{resumed}), mounted {} from other repositories, wrote {}",
        count(written.blobs_uploaded, "blob"),
        human(written.bytes_uploaded),
        count(written.blobs_mounted, "blob"),
        count(written.manifests_written, "manifest"),
    )
}
