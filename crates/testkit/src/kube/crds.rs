//! The platform's resource definitions, of our own writing, and its namespaces.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use futures_util::future::try_join_all;
use kube::api::{DeleteParams, DynamicObject, ListParams, PostParams};
use serde_json::{Value, json};

use super::{Objects, objects::resource};

/// A file for each definition; its name is the plural.
const DEFINITIONS: [&str; 15] = [
    include_str!("../../kube/crds/applications.yaml"),
    include_str!("../../kube/crds/clusteralerts.yaml"),
    include_str!("../../kube/crds/clusterapplications.yaml"),
    include_str!("../../kube/crds/deckhousereleases.yaml"),
    include_str!("../../kube/crds/effectivelicenses.yaml"),
    include_str!("../../kube/crds/ingressnginxcontrollers.yaml"),
    include_str!("../../kube/crds/moduleconfigs.yaml"),
    include_str!("../../kube/crds/modulepulloverrides.yaml"),
    include_str!("../../kube/crds/modulereleases.yaml"),
    include_str!("../../kube/crds/modules.yaml"),
    include_str!("../../kube/crds/modulesources.yaml"),
    include_str!("../../kube/crds/moduleupdatepolicies.yaml"),
    include_str!("../../kube/crds/nodegroupconfigurations.yaml"),
    include_str!("../../kube/crds/nodegroups.yaml"),
    include_str!("../../kube/crds/packagerepositories.yaml"),
];
const NEWER_VERSION: &str = "deckhouse.io/v1beta1";
const MODULES: &str = "modules.deckhouse.io";
/// Another definition of `modules`, as newer platforms have it.
const NEWER_MODULES: &str = include_str!("../../kube/newer/modules.yaml");
/// The namespaces that the platform always has.
const NAMESPACES: [&str; 3] = ["d8-system", "d8-monitoring", "d8-cloud-instance-manager"];
const DEFINITION: (&str, &str) = ("apiextensions.k8s.io/v1", "CustomResourceDefinition");
/// How long the API server may take to serve a kind, or to forget it.
const SERVED_LIMIT: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(10);

/// Writes the definitions and namespaces, and waits until every kind is served.
pub(crate) async fn install(admin: &Objects) -> anyhow::Result<()> {
    try_join_all(NAMESPACES.map(|name| async move {
        let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } });
        admin.put(&namespace).await
    }))
    .await?;
    try_join_all(DEFINITIONS.map(|text| install_one(admin, text))).await?;
    Ok(())
}

async fn install_one(admin: &Objects, text: &str) -> anyhow::Result<()> {
    let definition: Value = serde_saphyr::from_str(text)?;
    admin.put(&definition).await?;
    for version in served_versions(&definition)? {
        until_served(admin, &definition, &version, true).await?;
    }
    Ok(())
}

impl Objects {
    /// Takes a definition away, with all objects of its kind, as on a cluster whose platform is too old for it. Waits
    /// until the API server does not know the kind. The next one who borrows the server finds it again.
    ///
    /// # Errors
    /// If the plural is not that of one of the kit's definitions, or the API refuses.
    pub async fn remove_definition(&self, plural: &str) -> anyhow::Result<()> {
        let definitions = DEFINITIONS.map(serde_saphyr::from_str::<Value>);
        let definition = definitions
            .into_iter()
            .flatten()
            .find(|definition| definition["spec"]["names"]["plural"] == plural)
            .with_context(|| format!("no definition of {plural}"))?;
        let name = definition["metadata"]["name"].as_str().unwrap_or_default();
        let api = self.api(DEFINITION.0, DEFINITION.1, None);
        api.delete(name, &DeleteParams::default()).await?;
        for version in served_versions(&definition)? {
            until_served(self, &definition, &version, false).await?;
        }
        Ok(())
    }
}

/// Which versions of modules a newer platform serves; it stores `v1beta1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewerModules {
    /// `v1alpha1` too.
    Both,
    /// `v1beta1` alone.
    NewerAlone,
}

impl Objects {
    /// Puts the definition of modules of newer platforms in the place of the usual one, with all objects of the kind. The
    /// next one who borrows the server finds the usual one.
    ///
    /// # Errors
    /// If the API refuses.
    pub async fn use_newer_modules(&self, which: NewerModules) -> anyhow::Result<()> {
        self.remove_definition("modules").await?;
        until_gone(self, MODULES).await?;
        let mut definition: Value = serde_saphyr::from_str(NEWER_MODULES)?;
        definition["spec"]["versions"][0]["served"] = json!(which == NewerModules::Both);
        self.put(&definition).await?;
        for version in served_versions(&definition)? {
            until_served(self, &definition, &version, true).await?;
        }
        until_written(self).await
    }
}

/// Waits until a module can be written: what is stored is prepared later than what is served.
async fn until_written(admin: &Objects) -> anyhow::Result<()> {
    let mut module = DynamicObject::new("probe", &resource(NEWER_VERSION, "Module"));
    module.data = json!({ "spec": { "packageVersion": "v0.0.0" } });
    let dry = PostParams { dry_run: true, ..PostParams::default() };
    let modules = admin.api(NEWER_VERSION, "Module", None);
    let begun = Instant::now();
    loop {
        match modules.create(&dry, &module).await {
            Ok(_) => return Ok(()),
            Err(error) if begun.elapsed() > SERVED_LIMIT => bail!("modules cannot be written: {error}"),
            Err(_) => tokio::time::sleep(POLL).await,
        }
    }
}

/// Removes the definition of modules if it is the one of newer platforms.
pub(crate) async fn remove_newer_modules(admin: &Objects) -> anyhow::Result<()> {
    let found = admin.api(DEFINITION.0, DEFINITION.1, None).get_opt(MODULES).await?;
    let is_newer =
        found.is_some_and(|it| it.data["spec"]["versions"].as_array().is_some_and(|all| all.len() > 1));
    if is_newer {
        admin.remove_definition("modules").await?;
        until_gone(admin, MODULES).await?;
    }
    Ok(())
}

/// Waits until a definition is not there any more. Its kind is not served a moment earlier; what is written to it then is
/// deleted with it.
async fn until_gone(admin: &Objects, name: &str) -> anyhow::Result<()> {
    let definitions = admin.api(DEFINITION.0, DEFINITION.1, None);
    let begun = Instant::now();
    while definitions.get_opt(name).await?.is_some() {
        if begun.elapsed() > SERVED_LIMIT {
            bail!("the definition {name} is still there");
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

fn served_versions(definition: &Value) -> anyhow::Result<Vec<String>> {
    let versions = definition["spec"]["versions"].as_array().context("a definition without versions")?;
    let served = versions.iter().filter(|version| version["served"] == true);
    Ok(served.filter_map(|version| version["name"].as_str()).map(str::to_owned).collect())
}

async fn until_served(
    admin: &Objects,
    definition: &Value,
    version: &str,
    wanted: bool,
) -> anyhow::Result<()> {
    let part = |value: &Value| value.as_str().map(str::to_owned).context("a definition without a name");
    let (group, kind) = (part(&definition["spec"]["group"])?, part(&definition["spec"]["names"]["kind"])?);
    let api = admin.api(&format!("{group}/{version}"), &kind, None);
    let begun = Instant::now();
    loop {
        let answer = api.list(&ListParams::default().limit(1)).await;
        match &answer {
            Ok(_) if wanted => return Ok(()),
            Err(kube::Error::Api(status)) if status.code == 404 && !wanted => return Ok(()),
            _ if begun.elapsed() > SERVED_LIMIT => bail!("{kind} {version}: served: {:?}", answer.map(drop)),
            _ => tokio::time::sleep(POLL).await,
        }
    }
}
