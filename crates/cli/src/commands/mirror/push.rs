//! `dhctl mirror push`: push a bundle, and read everything back.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};

use ::bundle::Bundle;
use commands::{Sentence, Update};
use mirror::{
    Event, MissingItem, Observer as _, Root, complete,
    error::Place,
    push::{PushOptions, PushReport, push},
    read_back::Target,
    set_sum::SetList,
    verify::VerifyReport,
};
use oci::RepositoryUrl;
use registry::client::{Client, Credentials, ErrorKind, Refusal, check::probe_upload};
use serde::Serialize;

use super::verify::{depth, figures};
use crate::{
    Environment,
    exit_code::Exit,
    expected_sum::ExpectedSum,
    failure::Failure,
    format::{count, human},
    interrupted,
    invocation::Invocation,
    printer::Printer,
    progress::Progress,
    settings::{Connection, Output, PushSettings, RegistryAccess},
    side_files::SideFiles,
};

const NAME: &str = "mirror push";

/// How long what was written may take to appear: registries on object storage need some seconds.
const VISIBLE_AFTER: Duration = Duration::from_secs(30);

/// What was written, and read back.
#[derive(Serialize)]
pub(crate) struct Pushed {
    registry: String,
    written: PushReport,
    verified: VerifyReport,
}

/// A push with these settings, or the failure that they are not valid.
pub(crate) fn invocation(
    output: Output,
    settings: Result<Box<PushSettings>, Failure>,
    environment: Environment,
) -> Invocation {
    let work = async move { run(&*settings?, environment).await };
    Invocation::new(NAME, output, work).if_interrupted(interrupted::PUSH)
}

async fn run(settings: &PushSettings, environment: Environment) -> Result<(), Failure> {
    let PushSettings { bundle: paths, registry, output, .. } = settings;
    let credentials = settings.login.resolve(registry, &environment).await?;
    let bundle = Bundle::open(paths)?;
    let progress = Arc::new(Progress::new(*output, environment.stderr_is_terminal));
    if let Some(note) = environment.d8.note() {
        progress.event(Event::Note(note));
    }
    let push = PushJob {
        bundle: &bundle,
        paths,
        registry,
        root: registry.repository.clone().into(),
        allow_incomplete: settings.allow_incomplete,
        allow_missing_modules: &settings.allow_missing_modules,
        deep: settings.deep,
        expect_sum: settings.expect_sum.as_ref(),
        connection: &settings.connection,
    };
    let pushed = push.run(credentials, &progress, &environment).await?;
    let next = output.next_steps(&[Sentence::from("inside: ").command(Update::Plan)]);
    Printer::new(*output).result(NAME, &pushed, &(pushed.text() + &next))
}

/// A push, of a distribution or of modules.
pub(crate) struct PushJob<'a> {
    pub(crate) bundle: &'a Bundle,
    /// Where the bundle is.
    pub(crate) paths: &'a [PathBuf],
    pub(crate) registry: &'a RepositoryUrl,
    pub(crate) root: Root,
    /// Whether an incomplete bundle is pushed too.
    pub(crate) allow_incomplete: bool,
    /// Modules that may be missing although a release requires them.
    pub(crate) allow_missing_modules: &'a BTreeSet<String>,
    /// Whether every blob that the registry has is downloaded and hashed.
    pub(crate) deep: bool,
    /// The sum that the bundle and the files next to it must have.
    pub(crate) expect_sum: Option<&'a ExpectedSum>,
    pub(crate) connection: &'a Connection,
}

impl PushJob<'_> {
    /// Pushes, and reads everything back.
    pub(crate) async fn run(
        self,
        credentials: Option<Credentials>,
        progress: &Arc<Progress>,
        environment: &Environment,
    ) -> Result<Pushed, Failure> {
        self.transfer(credentials, progress, environment).await
    }

    async fn transfer(
        self,
        credentials: Option<Credentials>,
        progress: &Arc<Progress>,
        environment: &Environment,
    ) -> Result<Pushed, Failure> {
        let Self { registry, connection, deep, .. } = self;
        let access = RegistryAccess { url: registry, credentials, connection, ca: None, pushes: true };
        let client = access.client(environment)?;
        progress.report_notices_of(&client);
        check_permission(&client, registry).await?;
        let expected = complete::Expected {
            promised: &BTreeSet::new(),
            allow_missing_modules: self.allow_missing_modules,
        };
        let (contents, found) = complete::read(self.bundle, expected).await?;
        if let Some(expected) = self.expect_sum {
            let side_files = SideFiles::next_to(self.paths)?;
            let mut list = SetList::of_bundle(self.bundle);
            side_files.add_to(&mut list);
            expected.check(&list, &side_files.names())?;
        }
        if !found.missing.is_empty() && !self.allow_incomplete {
            let error = mirror::Error::Incomplete { place: Place::Bundle, items: found.missing };
            return Err(Failure::from(error).hint(ALLOW_HINT));
        }
        let target = Target::new(client, self.root);
        if let Some(note) = contents.derived_tags_note() {
            progress.event(Event::Note(note));
        }
        let options = PushOptions {
            depth: depth(deep),
            parallel: connection.parallel,
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

/// Whether anything can be uploaded here: a missing permission or project is reported before the bundle is read, which
/// takes minutes. What may be over by then is left to the push, which waits for it.
async fn check_permission(client: &Client, registry: &RepositoryUrl) -> Result<(), Failure> {
    match probe_upload(&client.repository(registry.repository.clone())).await {
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::Unauthorized { .. }
                    | ErrorKind::Denied { .. }
                    | ErrorKind::NotFound { .. }
                    | ErrorKind::Refused { reason: Refusal::ProxyCache | Refusal::MethodNotAllowed, .. }
            ) =>
        {
            Err(error.into())
        }
        _ => Ok(()),
    }
}

impl Pushed {
    /// The result as text.
    pub(crate) fn text(&self) -> String {
        let (written, figures) = (sentence(&self.written), figures(&self.verified));
        format!("{written}\nread back from {}: {figures}\n", self.registry)
    }
}

const ALLOW_HINT: &str = "nothing was uploaded, because a cluster would see releases with missing images; use --allow-incomplete to push \
                          what is there anyway";

fn holes(bundle: &str, registry: &RepositoryUrl, missing: Vec<MissingItem>) -> Failure {
    let message = format!(
        "everything in {bundle} was pushed to {registry}, but the bundle is incomplete: {} missing from it",
        if missing.len() == 1 { "1 object is".to_owned() } else { format!("{} objects are", missing.len()) }
    );
    Failure { missing, ..Failure::new(Exit::Incomplete, message) }
        .hint("do not update a cluster to the listed releases; pull the bundle again and push it")
}

fn sentence(written: &PushReport) -> String {
    if *written == PushReport::default() {
        return "everything was already there".to_owned();
    }
    let resumed = match written.bytes_resumed {
        0 => String::new(),
        bytes => format!(", and an earlier push {}", human(bytes)),
    };
    let per_tag = if written.manifests_written > 1 { " (once for each tag or digest)" } else { "" };
    format!(
        "uploaded {} ({}{resumed}), mounted {} from other repositories, wrote {}{per_tag}",
        count(written.blobs_uploaded, "blob"),
        human(written.bytes_uploaded),
        count(written.blobs_mounted, "blob"),
        count(written.manifests_written, "manifest"),
    )
}
