//! The modules: versions, channels, internal and extra images.

use std::collections::BTreeMap;

use oci::Digest;
use serde_json::json;

use super::{
    Distribution, Module, ModuleSpec, ModuleVersion,
    builder::BuildContext,
    image::{Format, Image, ImageConfig},
    layer::{Compression, File, Layer},
    platform::attestation,
};

const LINUX: ImageConfig = ImageConfig::Linux("amd64");

pub(super) fn make(context: &BuildContext<'_>, distribution: &mut Distribution) {
    distribution.modules.extend(components(context, "modules", "release", &context.settings.modules));
    distribution.packages.extend(components(context, "packages", "version", &context.settings.packages));
}

/// Modules or packages, which differ in the names of their repositories.
fn components(
    context: &BuildContext<'_>,
    list: &str,
    described_in: &str,
    specs: &[ModuleSpec],
) -> BTreeMap<String, Module> {
    let component = |spec: &ModuleSpec| {
        let index = Image::new(
            Format::Docker,
            &LINUX,
            &[Layer::of_files(&[("module", spec.name.as_bytes())], Compression::Gzip)],
        );
        index.publish(&context.store, &context.repository(list), &[&spec.name]);
        let versions = spec.versions.iter();
        let module = Module {
            index: index.digest(),
            versions: versions
                .map(|version| {
                    (version.clone(), module_version(context, (list, described_in), spec, version))
                })
                .collect(),
            channels: spec.channels.iter().cloned().collect(),
        };
        (spec.name.clone(), module)
    };
    specs.iter().map(component).collect()
}

fn module_version(
    context: &BuildContext<'_>,
    (list, described_in): (&str, &str),
    spec: &ModuleSpec,
    version: &str,
) -> ModuleVersion {
    let repository = context.repository(&format!("{list}/{}", spec.name));
    let mut images = BTreeMap::new();
    let mut attestations = BTreeMap::new();
    for i in 0..spec.images {
        // The first image changes with every version, the others never.
        let age = if i == 0 { version } else { "all" };
        let layer = context.random_layer(&format!("module/{}/{i}/{age}", spec.name));
        let base = context.bases[i % context.bases.len()].clone();
        let image = Image::new(Format::Docker, &LINUX, &[base, layer]);
        image.publish(&context.store, &repository, &[]);
        images.insert(format!("image{i}"), image.digest());
        if context.settings.attestations && i == 0 {
            let (tag, attestation) = attestation(image.digest());
            attestation.publish(&context.store, &repository, &[&tag]);
            attestations.insert(tag, attestation.digest());
        }
    }
    let image = module_image(spec, version, &images);
    image.publish(&context.store, &repository, &[version]);

    let extra = spec.extra.iter().map(|(name, tag)| {
        let layer = context.random_layer(&format!("extra/{}/{name}/{tag}", spec.name));
        let image = Image::new(Format::Oci, &LINUX, &[context.bases[1].clone(), layer]);
        image.publish(&context.store, &format!("{repository}/extra/{name}"), &[tag]);
        (name.clone(), (tag.clone(), image.digest()))
    });
    ModuleVersion {
        image: image.digest(),
        release: release(context, &format!("{repository}/{described_in}"), spec, version),
        extra: extra.collect(),
        images,
        attestations,
    }
}

/// The module's own image: what the platform unpacks, with the lists at its root.
fn module_image(spec: &ModuleSpec, version: &str, images: &BTreeMap<String, Digest>) -> Image {
    let about = format!("name: {}\nweight: 900\n{}", spec.name, requirements(spec, version));
    let list = json!(images).to_string();
    let extra: BTreeMap<_, _> = spec.extra.iter().cloned().collect();
    let extra = json!(extra).to_string();
    let mut files: Vec<File<'_>> = vec![("module.yaml", about.as_bytes()), ("version", version.as_bytes())];
    if spec.images > 0 {
        files.push(("images_digests.json", list.as_bytes()));
    }
    if !spec.extra.is_empty() {
        files.push(("extra_images.json", extra.as_bytes()));
    }
    Image::new(Format::Docker, &LINUX, &[Layer::of_files(&files, Compression::Gzip)])
}

/// The requirements of a version on other modules, as in `module.yaml`; empty if there are none.
fn requirements(spec: &ModuleSpec, version: &str) -> String {
    let required = spec.requires.iter().filter(|(of, _, _)| of == version);
    let modules: BTreeMap<&str, &str> =
        required.map(|(_, name, text)| (name.as_str(), text.as_str())).collect();
    if modules.is_empty() {
        String::new()
    } else {
        format!("requirements: {}\n", json!({ "modules": modules }))
    }
}

fn release(context: &BuildContext<'_>, repository: &str, spec: &ModuleSpec, version: &str) -> Digest {
    let document = json!({ "version": version }).to_string();
    let about = format!("name: {}\n{}", spec.name, requirements(spec, version));
    let layer = Layer::of_files(
        &[
            ("version.json", document.as_bytes()),
            ("module.yaml", about.as_bytes()),
            ("changelog.yaml", b"features: []\n"),
        ],
        Compression::Gzip,
    );
    let image = Image::new(Format::Docker, &LINUX, &[layer]);
    let mut tags = vec![version];
    let pointing = spec.channels.iter().filter(|(_, pointed)| pointed == version);
    tags.extend(pointing.map(|(channel, _)| channel.as_str()));
    image.publish(&context.store, repository, &tags);
    image.digest()
}
