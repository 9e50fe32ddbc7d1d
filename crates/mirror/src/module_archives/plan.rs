//! What a pull of modules would download.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use deckhouse::{
    VersionRule,
    repositories::{Component, MODULES},
};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use registry::client::Client;

use crate::{
    Error, LocalBlobs, Observer, Plan, Root,
    attached::Choice,
    discover::{ModuleDiscovery, discover_module, report_absent_channels},
    journal::Journal,
    limits::Totals,
    source::Source,
};

/// Modules whose images are read at the same time; the client limits the requests.
const CONCURRENT_MODULES: usize = 8;

/// A module that is ready to be pulled.
#[derive(Debug)]
pub struct PlannedModule {
    /// Its name.
    pub name: String,
    /// The archive to write.
    pub archive: PathBuf,
    /// What the source has of it.
    pub found: ModuleDiscovery,
    /// What is in the archive, and where.
    pub plan: Arc<Plan>,
    pub(super) source: Source,
    pub(super) journal: Option<Arc<Journal>>,
}

/// A module that cannot be pulled.
#[derive(Debug)]
pub struct FailedModule {
    /// Its name.
    pub name: String,
    /// Why.
    pub error: Error,
}

/// What all modules of a pull have in common.
#[derive(Debug)]
pub struct ModulePlanner<'a> {
    /// The registry.
    pub client: Client,
    /// Where the modules are in it.
    pub root: Root,
    /// Where the archives go.
    pub directory: &'a Path,
    /// Whether the data of earlier pulls is not reused.
    pub fresh: bool,
    /// Whether nothing is written.
    pub dry_run: bool,
    /// What need not be downloaded.
    pub local: Arc<LocalBlobs>,
    /// Limits of all modules together.
    pub totals: Arc<Totals>,
    /// What is pulled of the objects that are attached to images.
    pub attached: Choice,
}

/// Name of the archive of a module.
pub fn archive_name(module: &str) -> String {
    format!("module-{module}.tar")
}

impl ModulePlanner<'_> {
    /// A source without a journal, to read which modules there are.
    pub fn source(&self) -> Source {
        Source::counted(self.client.clone(), self.root.clone(), None, self.totals.clone())
    }

    /// Plans each of the modules, in the order of their names.
    ///
    /// # Errors
    /// If the source cannot be read, or a journal cannot be written.
    pub async fn plan(
        &self,
        chosen: impl IntoIterator<Item = (String, Vec<VersionRule>)>,
        observer: &dyn Observer,
    ) -> Result<(Vec<PlannedModule>, Vec<FailedModule>), Error> {
        let planned: Vec<Result<PlannedModule, FailedModule>> = stream::iter(chosen)
            .map(|(name, rules)| self.module(name, rules, observer))
            .buffered(CONCURRENT_MODULES)
            .try_collect()
            .await?;
        let (mut ready, mut failed) = (Vec::new(), Vec::new());
        for module in planned {
            match module {
                Ok(module) => ready.push(module),
                Err(module) => failed.push(module),
            }
        }
        report_absent_channels(ready.iter().filter_map(|module| module.found.absent.clone()), observer);
        Ok((ready, failed))
    }

    /// The outer result is that of the run, the inner one that of the module.
    async fn module(
        &self,
        name: String,
        rules: Vec<VersionRule>,
        observer: &dyn Observer,
    ) -> Result<Result<PlannedModule, FailedModule>, Error> {
        let archive = self.directory.join(archive_name(&name));
        let journal = if self.dry_run { None } else { Some(Arc::new(Journal::open(&archive, self.fresh)?)) };
        let (client, root) = (self.client.clone(), self.root.clone());
        let source = Source::counted(client, root, journal.clone(), self.totals.clone());
        let source = source.with_local(self.local.clone());
        let error = match discover_module(&source, &name, &rules, self.attached, observer).await {
            Ok(Some(found)) => {
                let plan = Arc::new(Plan::new(&found.wanted, edition(&self.root))?);
                return Ok(Ok(PlannedModule { name, archive, found, plan, source, journal }));
            }
            Ok(None) => Error::NoSuchModules { component: Component::Module, names: vec![name.clone()] },
            Err(error) => error,
        };
        if let Some(journal) = &journal {
            journal.remove_unless_useful(&error)?;
        }
        let concerns_module = matches!(
            error,
            Error::Incomplete { .. }
                | Error::NoSuchModules { .. }
                | Error::ModuleChoice { .. }
                | Error::Layout(_)
        );
        if concerns_module { Ok(Err(FailedModule { name, error })) } else { Err(error) }
    }
}

/// The edition that the references in the archives have, where the path of the source has one, such as `…/ee/modules`.
fn edition(root: &Root) -> &str {
    let name = root.name().as_str();
    let above = name.strip_suffix(MODULES).and_then(|above| above.strip_suffix('/')).unwrap_or(name);
    above.rsplit('/').next().unwrap_or(above)
}
