//! The object that carries the script to the nodes of a group.

use kube::ResourceExt as _;
use serde_json::{Value, json};

use super::{
    KernelVersion,
    script::{installed, script},
};
use crate::{
    Error,
    access::Cluster,
    change::{Change, Kind, Purpose, Write},
};

/// Marks our own objects: no other one is changed.
const OWNER: (&str, &str) = ("app.kubernetes.io/managed-by", "dhctl");

/// Lower than the usual weight (100), so that it runs before other steps, as in the platform's documentation.
const WEIGHT: u32 = 32;

/// The `NodeGroupConfiguration` with the name that we give, as it is in the cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    /// Whether it is ours.
    pub owned: bool,
    /// `metadata.resourceVersion`.
    pub resource_version: Option<String>,
    /// Its `spec`.
    pub spec: Value,
}

impl Configuration {
    /// The version that its script installs; `None` if it is not a script of ours.
    pub fn kernel(&self) -> Option<KernelVersion> {
        let content = self.spec["content"].as_str().filter(|_| self.owned)?;
        content.lines().find_map(installed)
    }
}

/// An object with the name that we give exists, and it is not ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("NodeGroupConfiguration/{0} exists and was not created by dhctl; it is not changed")]
pub struct ForeignConfiguration(pub String);

/// Name of the object for a group. The platform takes it as the name of the script, so it ends as one.
pub fn name_for(group: &str) -> String {
    format!("dhctl-kernel-{group}.sh")
}

/// Reads the object for a group, if there is one.
pub async fn read(cluster: &Cluster, group: &str) -> Result<Option<Configuration>, Error> {
    match Kind::NodeGroupConfiguration.get(cluster, &name_for(group)).await {
        Ok(mut object) => Ok(Some(Configuration {
            owned: object.labels().get(OWNER.0).is_some_and(|value| value == OWNER.1),
            resource_version: object.resource_version(),
            spec: object.data["spec"].take(),
        })),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The change that installs the kernel on the nodes of a group; `None` if it is there already.
pub fn changes(
    group: &str,
    kernel: &KernelVersion,
    existing: Option<&Configuration>,
) -> Result<Option<Change>, ForeignConfiguration> {
    let name = name_for(group);
    let spec = json!({
        "bundles": ["*"], "content": script(kernel), "nodeGroups": [group], "weight": WEIGHT,
    });
    let write = match existing {
        Some(Configuration { owned: false, .. }) => return Err(ForeignConfiguration(name)),
        Some(existing) if existing.spec == spec => return Ok(None),
        Some(_) => Write::Merge(json!({ "spec": spec })),
        None => Write::Create(json!({ "metadata": { "labels": { OWNER.0: OWNER.1 } }, "spec": spec })),
    };
    let purpose = Purpose::InstallKernel { group: group.to_owned(), kernel: kernel.to_string() };
    Ok(Some(Change { purpose, kind: Kind::NodeGroupConfiguration, name, write }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_object_and_only_once() {
        let kernel: KernelVersion = "6.1.0-18-amd64".parse().unwrap();
        let create = changes("worker", &kernel, None).unwrap().unwrap();
        assert_eq!(create.object().to_string(), "NodeGroupConfiguration/dhctl-kernel-worker.sh");
        let Write::Create(body) = &create.write else { panic!("{create:?}") };
        let existing = Configuration { owned: true, resource_version: None, spec: body["spec"].clone() };
        assert_eq!(changes("worker", &kernel, Some(&existing)).unwrap(), None);
        assert_eq!(existing.kernel(), Some(kernel.clone()));
        let newer: KernelVersion = "6.1.0-20-amd64".parse().unwrap();
        let update = changes("worker", &newer, Some(&existing)).unwrap().unwrap();
        assert!(
            matches!(&update.write, Write::Merge(patch) if patch["spec"]["content"] != body["spec"]["content"])
        );
        let foreign = Configuration { owned: false, ..existing };
        assert_eq!(foreign.kernel(), None);
        assert!(changes("worker", &kernel, Some(&foreign)).is_err());
    }
}
