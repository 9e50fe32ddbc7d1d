//! Sending a change to the API server.

use kube::{
    Api,
    api::{ApiResource, DeleteParams, DynamicObject, Patch, PatchParams, PostParams, Preconditions},
};
use serde_json::json;

use super::{Change, Kind, Write};
use crate::{
    Error,
    access::Cluster,
    read::{not_yet, served},
};

/// Who has written a field, in `metadata.managedFields`.
const MANAGER: &str = "dhctl";

/// What must still be so for the change to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// The object has this resource version: nobody has changed it since it was looked at.
    Version(String),
    /// Nothing.
    Nothing,
}

impl Guard {
    /// That the object is still of this version, where that is known.
    pub fn of(version: Option<&str>) -> Self {
        version.map_or(Self::Nothing, |version| Self::Version(version.to_owned()))
    }
}

/// Whether it is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// It is carried out.
    Real,
    /// The API server and its webhooks only say whether it would be.
    Dry,
}

impl Kind {
    /// The objects of this kind.
    fn api(self, cluster: &Cluster) -> Api<DynamicObject> {
        let (group, version) = self.group_version();
        let resource = ApiResource {
            group: group.to_owned(),
            version: version.to_owned(),
            api_version: if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") },
            kind: self.name().to_owned(),
            plural: self.plural().to_owned(),
        };
        Api::all_with(cluster.client.clone(), &resource)
    }

    /// The object of this name. [`Error::NotFound`] only if it is not there, or no such kind.
    pub(crate) async fn get(self, cluster: &Cluster, name: &str) -> Result<DynamicObject, Error> {
        match self.api(cluster).get(name).await {
            Ok(object) => Ok(object),
            Err(error) => Err(self.explained(cluster, name, error.into()).await),
        }
    }

    /// After a restart an API server answers 404 for custom resources until it has found their definitions; where the
    /// definition is there, that passes.
    async fn explained(self, cluster: &Cluster, name: &str, error: Error) -> Error {
        let (group, version) = self.group_version();
        let plural = self.plural();
        match &error {
            // Of a missing object the answer gives the name.
            Error::NotFound(why) if !group.is_empty() && !why.contains(&format!("\"{name}\"")) => {
                match served(&cluster.client, &format!("{plural}.{group}")).await {
                    Ok(versions) if versions.iter().any(|it| it == version) => Error::NotNow(not_yet(plural)),
                    Err(passing) if passing.is_passing() => passing,
                    _ => error,
                }
            }
            _ => error,
        }
    }
}

impl Change {
    /// Sends it. An object that is to be created and exists, and one that is to be deleted and is gone, are errors
    /// here; what they mean knows the caller.
    pub async fn send(&self, cluster: &Cluster, guard: &Guard, run: Run) -> Result<(), Error> {
        let write = match self.write {
            Write::Merge(_) => "change",
            Write::Create(_) => "create",
            Write::Delete => "delete",
        };
        let write = if run == Run::Dry { format!("{write} (dry run)") } else { write.to_owned() };
        let result = match self.attempt(cluster, guard, run).await {
            Err(error) => Err(self.kind.explained(cluster, &self.name, error).await),
            sent => sent,
        };
        match &result {
            Ok(()) => tracing::info!(object = %self.object(), "{write}: done"),
            Err(error) => tracing::info!(object = %self.object(), "{write}: {error}"),
        }
        result
    }

    async fn attempt(&self, cluster: &Cluster, guard: &Guard, run: Run) -> Result<(), Error> {
        let api = self.kind.api(cluster);
        let dry_run = run == Run::Dry;
        let version = match guard {
            Guard::Version(version) => Some(version.clone()),
            Guard::Nothing => None,
        };
        let field_manager = Some(MANAGER.to_owned());
        match &self.write {
            Write::Merge(patch) => {
                let mut patch = patch.clone();
                if let Some(version) = version {
                    patch["metadata"]["resourceVersion"] = json!(version);
                }
                let parameters = PatchParams { dry_run, field_manager, ..PatchParams::default() };
                api.patch(&self.name, &parameters, &Patch::Merge(patch)).await?;
            }
            Write::Create(_) => {
                let object = serde_json::from_value(self.manifest().unwrap_or_default())
                    .map_err(|error| Error::Other(format!("{}: {error}", self.object())))?;
                api.create(&PostParams { dry_run, field_manager }, &object).await?;
            }
            Write::Delete => {
                let preconditions = version.map(|version| Preconditions {
                    resource_version: Some(version),
                    ..Preconditions::default()
                });
                let parameters = DeleteParams { dry_run, preconditions, ..DeleteParams::default() };
                api.delete(&self.name, &parameters).await?;
            }
        }
        Ok(())
    }
}
