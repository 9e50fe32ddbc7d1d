//! What a pull of modules would bring, module by module. One that is broken does not stop the others.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use commands::Exclusion;
use deckhouse::{VersionRule, repositories::MODULES};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use mirror::{
    Cause, MissingItem, Nearby, Observer, Plan, Root,
    discover::{ModuleDiscovery, discover_module, report_absent_channels},
    journal::Journal,
    limits::Totals,
    source::Source,
};
use registry::client::Client;

use crate::{exit_code::Exit, failure::Failure};

/// Modules whose images are read at once; the client bounds what really runs.
const AT_ONCE: usize = 8;

/// A module that is ready to be pulled.
pub(super) struct Planned {
    pub(super) name: String,
    pub(super) archive: PathBuf,
    pub(super) source: Source,
    pub(super) journal: Option<Arc<Journal>>,
    pub(super) found: ModuleDiscovery,
    pub(super) plan: Arc<Plan>,
}

/// A module that cannot be brought.
pub(super) struct Broken {
    pub(super) name: String,
    pub(super) failure: Failure,
}

/// What all modules of a pull have in common.
pub(super) struct Planner<'a> {
    pub(super) client: Client,
    pub(super) root: Root,
    pub(super) directory: &'a Path,
    pub(super) fresh: bool,
    pub(super) dry_run: bool,
    pub(super) nearby: Arc<Nearby>,
    pub(super) totals: Arc<Totals>,
}

impl Planner<'_> {
    /// Where the archive of a module goes, by its name alone.
    pub(super) fn archive(&self, name: &str) -> PathBuf {
        self.directory.join(format!("module-{name}.tar"))
    }

    /// A source without a journal, to ask which modules there are.
    pub(super) fn source(&self) -> Source {
        Source::counted(self.client.clone(), self.root.clone(), None, self.totals.clone())
    }

    /// Plans each of the modules, in the order of their names.
    pub(super) async fn plan(
        &self,
        chosen: impl IntoIterator<Item = (String, Vec<VersionRule>)>,
        observer: &dyn Observer,
    ) -> Result<(Vec<Planned>, Vec<Broken>), Failure> {
        let planned: Vec<Result<Planned, Broken>> = stream::iter(chosen)
            .map(|(name, rules)| self.module(name, rules, observer))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let (mut ready, mut broken) = (Vec::new(), Vec::new());
        for module in planned {
            match module {
                Ok(module) => ready.push(module),
                Err(module) => broken.push(module),
            }
        }
        report_absent_channels(ready.iter().filter_map(|module| module.found.absent.clone()), observer);
        Ok((ready, broken))
    }

    async fn module(
        &self,
        name: String,
        rules: Vec<VersionRule>,
        observer: &dyn Observer,
    ) -> Result<Result<Planned, Broken>, Failure> {
        let archive = self.archive(&name);
        let journal = if self.dry_run { None } else { Some(Arc::new(Journal::open(&archive, self.fresh)?)) };
        let (client, root) = (self.client.clone(), self.root.clone());
        let source = Source::counted(client, root, journal.clone(), self.totals.clone());
        let source = source.with_nearby(self.nearby.clone());
        let error = match discover_module(&source, &name, &rules, observer).await {
            Ok(Some(found)) => {
                let plan = Arc::new(Plan::new(&found.wanted, edition(&self.root))?);
                return Ok(Ok(Planned { name, archive, source, journal, found, plan }));
            }
            Ok(None) => mirror::Error::NoSuchModules { names: vec![name.clone()] },
            Err(error) => error,
        };
        if let Some(journal) = &journal {
            crate::commands::mirror::pull::clean_up(journal, &error)?;
        }
        let is_of_the_module = matches!(
            error,
            mirror::Error::Incomplete { .. }
                | mirror::Error::NoSuchModules { .. }
                | mirror::Error::ModuleChoice { .. }
                | mirror::Error::Layout(_)
        );
        let failure = Failure::from(error);
        if is_of_the_module { Ok(Err(Broken { name, failure })) } else { Err(failure) }
    }
}

/// The edition that the archives' references tell, where the source's path has one, as `…/ee/modules`.
fn edition(root: &Root) -> &str {
    let name = root.name().as_str();
    let above = name.strip_suffix(MODULES).and_then(|above| above.strip_suffix('/')).unwrap_or(name);
    above.rsplit('/').next().unwrap_or(above)
}

/// The failure of a run that brought all modules but these.
pub(super) fn failure(broken: Vec<Broken>, brought: usize) -> Failure {
    let names: Vec<&str> = broken.iter().map(|module| module.name.as_str()).collect();
    let message = format!(
        "{} of {} modules could not be brought: {}",
        broken.len(),
        broken.len() + brought,
        names.join(", ")
    );
    let exclude = |name: &&str| Exclusion::Module((*name).to_owned()).to_string();
    let flags: Vec<String> = names.iter().map(exclude).collect();
    let hint = format!("the others are complete; to do without those that are named: {}", flags.join(" "));
    let mut failure = Failure::new(Exit::Incomplete, message);
    for module in broken {
        let Failure { message, missing, .. } = module.failure;
        if missing.is_empty() {
            failure.missing.push(MissingItem {
                repository: format!("module {}", module.name),
                reference: String::new(),
                wanted_by: Vec::new(),
                reason: message.to_string(),
                cause: Cause::Missing,
            });
        }
        failure.missing.extend(missing);
    }
    failure.hint(hint)
}
