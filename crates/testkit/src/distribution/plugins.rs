//! Plugins of the d8 CLI: an index of images for two platforms for each version, beside the edition.

use std::collections::BTreeMap;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;

use super::{
    Distribution,
    builder::BuildContext,
    image::{Format, Image, ImageConfig},
    layer::{Compression, Layer},
};

/// Settings of one version of a plugin.
#[derive(Debug, Clone)]
pub struct PluginSpec {
    /// The plugin.
    pub name: String,
    /// The version, such as `v1.2.3`.
    pub version: String,
    /// What its contract requires (`requirements`); `None` for a version without a contract.
    pub requirements: Option<Value>,
    /// Whether the images have the contract, and the index does not.
    pub contract_in_images: bool,
}

impl PluginSpec {
    /// A version whose index has this contract.
    pub fn new(name: &str, version: &str, requirements: Value) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            requirements: Some(requirements),
            contract_in_images: false,
        }
    }
}

pub(super) fn make(context: &BuildContext<'_>, distribution: &mut Distribution) {
    let list = context.beside("deckhouse-cli/plugins");
    for spec in &context.settings.plugins {
        let PluginSpec { name, version, .. } = spec;
        let entry = Image::new(
            Format::Docker,
            &ImageConfig::Linux("amd64"),
            &[Layer::of_files(&[("plugin", name.as_bytes())], Compression::Gzip)],
        );
        entry.publish(&context.store, &list, &[name]);
        let contract = annotations(spec);
        let (of_index, of_images) =
            if spec.contract_in_images { (BTreeMap::new(), contract) } else { (contract, BTreeMap::new()) };
        let images = ["amd64", "arm64"].map(|architecture| {
            let layer = context.random_layer(&format!("plugin/{name}/{version}/{architecture}"));
            let image = Image::new(Format::Oci, &ImageConfig::Linux(architecture), &[layer]);
            (architecture, image.annotated(&of_images))
        });
        let index = Image::index(images.into()).annotated(&of_index);
        index.publish(&context.store, &format!("{list}/{name}"), &[version]);
        let versions = distribution.plugins.entry(name.clone()).or_default();
        versions.insert(version.clone(), index.digest());
    }
}

/// The annotation of the contract, as publishers write it.
fn annotations(spec: &PluginSpec) -> BTreeMap<String, String> {
    let Some(requirements) = &spec.requirements else { return BTreeMap::new() };
    let contract = serde_json::json!({
        "name": spec.name,
        "version": spec.version,
        "description": "A plugin that was made for a test",
        "requirements": requirements,
    });
    BTreeMap::from([("contract".to_owned(), BASE64_STANDARD.encode(contract.to_string()))])
}
