//! The releases: controller, installers, release channels, and the images that they list.

use std::collections::BTreeMap;

use bytes::Bytes;
use oci::Digest;
use serde_json::{Value, json};

use super::{
    Distribution, Release,
    builder::BuildContext,
    image::{Format, Image, ImageConfig},
    layer::{Compression, File, Layer},
    random_bytes,
};

const MODULES: [&str; 6] =
    ["common", "cniCilium", "ingressNginx", "nodeManager", "prometheus", "registrypackages"];
const IMAGES: [&str; 4] = ["controller", "agent", "exporter", "webhook"];
const LIST: &str = "deckhouse/candi/images_digests.json";

pub(super) fn make(context: &BuildContext<'_>, distribution: &mut Distribution) {
    for (position, version) in context.settings.releases.iter().enumerate() {
        let channels: Vec<_> = distribution
            .channels
            .iter()
            .filter(|(_, pointed)| *pointed == version)
            .map(|(channel, _)| channel.as_str())
            .collect();
        let mut tags = vec![version.as_str()];
        tags.extend(channels);
        let release = release(context, position, version, &tags);
        distribution.releases.insert(version.clone(), release);
    }
    for (channel, version) in &distribution.channels {
        let image = release_channel(context, version, context.settings.suspended.contains(channel));
        image.publish(&context.store, &context.repository("release-channel"), &[channel]);
        distribution.channel_images.insert(channel.clone(), image.digest());
    }
}

fn release(context: &BuildContext<'_>, position: usize, version: &str, tags: &[&str]) -> Release {
    let (images, attestations) = components(context, version);
    let file =
        Layer::of_files(&[("deckhouse/version", format!("{version}\n").as_bytes())], Compression::Gzip);
    let minor = context.random_layer(&format!("root/{}", minor(version)));
    let linux = ImageConfig::Linux("amd64");
    let root = Image::new(Format::Docker, &linux, &[context.bases[0].clone(), minor, file]);
    root.publish(&context.store, &context.repository(""), tags);

    let (format, layers) = install_layers(context, position, version, &list(&images));
    let install = Image::new(format, &linux, &layers);
    install.publish(&context.store, &context.repository("install"), tags);

    let standalone = context.settings.standalone.then(|| {
        let mut layers = layers;
        layers.push(context.random_layer("standalone"));
        let image = Image::new(format, &linux, &layers);
        image.publish(&context.store, &context.repository("install-standalone"), tags);
        image.digest()
    });

    let channel = release_channel(context, version, false);
    channel.publish(&context.store, &context.repository("release-channel"), &[version]);
    Release {
        root: root.digest(),
        install: install.digest(),
        standalone,
        release_channel: channel.digest(),
        images,
        attestations,
    }
}

/// The images that a release lists, and their attestations.
fn components(
    context: &BuildContext<'_>,
    version: &str,
) -> (BTreeMap<String, Digest>, BTreeMap<String, Digest>) {
    let repository = context.repository("");
    let mut images = BTreeMap::new();
    let mut attestations = BTreeMap::new();
    for i in 0..context.settings.images {
        // As with real releases, most images stay, some change with a minor, some with every patch.
        let age = match i % 4 {
            0 => version.to_owned(),
            1 => minor(version),
            _ => "all".to_owned(),
        };
        let image = component(context, i, &age);
        image.publish(&context.store, &repository, &[]);
        let name = format!("{}/{}{i}", MODULES[i % MODULES.len()], IMAGES[i % IMAGES.len()]);
        images.insert(name, image.digest());
        if context.settings.attestations && i % 3 == 0 {
            let (tag, attestation) = attestation(image.digest());
            attestation.publish(&context.store, &repository, &[&tag]);
            attestations.insert(tag, attestation.digest());
        }
    }
    if let Some(size) = context.settings.large_layer {
        let seed = random_bytes::seed_of(context.settings.seed, "large");
        let layer = Layer::of_random_bytes("opt/large", seed, size);
        let image = Image::new(Format::Oci, &ImageConfig::Linux("amd64"), &[layer]);
        image.publish(&context.store, &repository, &[]);
        images.insert("common/large".to_owned(), image.digest());
    }
    (images, attestations)
}

fn component(context: &BuildContext<'_>, i: usize, age: &str) -> Image {
    let key = format!("image/{i}/{age}");
    let layers = |architecture: &str| {
        vec![
            context.bases[i % context.bases.len()].clone(),
            context.random_layer(&format!("{key}/{architecture}/lower")),
            context.random_layer(&format!("{key}/{architecture}/upper")),
        ]
    };
    match i % 12 {
        3 => Image::index(
            ["amd64", "arm64"]
                .into_iter()
                .map(|architecture| {
                    let config = ImageConfig::Linux(architecture);
                    (architecture, Image::new(Format::Oci, &config, &layers(architecture)))
                })
                .collect(),
        ),
        5 => {
            let config = ImageConfig::Artifact {
                media_type: "application/vnd.deckhouse.example.config.v1+json".to_owned(),
                bytes: Bytes::from(json!({ "name": key }).to_string()),
            };
            let layer = context.random_layer(&key);
            Image::artifact(&config, &layer, "application/vnd.deckhouse.example.layer.v1", None)
        }
        7 | 9 => Image::new(Format::Oci, &ImageConfig::Linux("amd64"), &layers("amd64")),
        _ => Image::new(Format::Docker, &ImageConfig::Linux("amd64"), &layers("amd64")),
    }
}

/// A VEX attestation as cosign stores it: the tag names the digest that it is about.
pub(super) fn attestation(subject: Digest) -> (String, Image) {
    let statement = json!({
        "payloadType": "application/vnd.in-toto+json",
        "payload": "",
        "subject": subject,
    });
    let layer = Layer::of_files(&[("vex.json", statement.to_string().as_bytes())], Compression::None);
    let config = ImageConfig::empty(oci::media_type::OCI_CONFIG);
    let image = Image::artifact(&config, &layer, "application/vnd.dsse.envelope.v1+json", None);
    (format!("sha256-{}.att", subject.hex()), image)
}

fn list(images: &BTreeMap<String, Digest>) -> String {
    let mut modules: BTreeMap<&str, BTreeMap<&str, Digest>> = BTreeMap::new();
    for (name, digest) in images {
        let (module, image) = name.split_once('/').unwrap_or(("common", name));
        modules.entry(module).or_default().insert(image, *digest);
    }
    json!(modules).to_string()
}

/// The layers of the installer. The form of the list differs between releases. A lower layer always contains an old list
/// with an image that does not exist: code that reads the wrong layer fails.
fn install_layers(
    context: &BuildContext<'_>,
    position: usize,
    version: &str,
    list: &str,
) -> (Format, Vec<Layer>) {
    let stale = json!({ "common": { "gone": Digest::of(b"an image that was never made") } }).to_string();
    let (prefix, format, compression) = match position % 3 {
        _ if context.settings.plain_installers => ("", Format::Docker, Compression::Gzip),
        0 => ("/", Format::Docker, Compression::Gzip),
        1 => ("", Format::Oci, Compression::Zstd),
        _ => ("./", Format::Oci, Compression::None),
    };
    let name = |path: &str| format!("{prefix}{path}");
    let version = format!("{version}\n");
    let (list_name, version_name) = (name(LIST), name("deckhouse/version"));
    let opaque = name("deckhouse/candi/.wh..wh..opq");
    let top: [File<'_>; 2] = [(&version_name, version.as_bytes()), (&list_name, list.as_bytes())];
    let mut layers =
        vec![context.bases[0].clone(), context.bases[1].clone(), context.random_layer("install/tools")];
    if !context.settings.plain_installers {
        layers.push(Layer::of_files(
            &[(LIST, stale.as_bytes()), ("deckhouse/candi/images_tags.json", b"{}")],
            Compression::Gzip,
        ));
    }
    if prefix == "/" {
        layers.push(Layer::of_files(&[(&opaque, b"")], Compression::Gzip));
    }
    layers.push(Layer::of_files(&top, compression));
    layers.push(Layer::of_files(
        &[("deckhouse/candi/.wh.images_tags.json", b""), ("deckhouse/edition", b"EE\n")],
        Compression::Gzip,
    ));
    (format, layers)
}

fn release_channel(context: &BuildContext<'_>, version: &str, suspended: bool) -> Image {
    let mut document = json!({
        "canary": {
            "alpha": { "enabled": true, "waves": 2, "interval": "5m" },
            "stable": { "enabled": true, "waves": 6, "interval": "30m" },
        },
        "requirements": requirements(context.settings.bare_requirements),
        "disruptions": { "1.58": ["ingressNginx"] },
        "version": version,
    });
    if let Some(modules) = context.settings.migrated.get(version) {
        document["requirements"]["migratedModules"] = modules.join(", ").into();
    }
    if suspended {
        document["suspend"] = Value::Bool(true);
    }
    let changelog = format!(
        "candi:\n  fixes:\n  - summary: Synthetic fix of {version}.\n    pull_request: https://example.com/1\n"
    );
    let layer = Layer::of_files(
        &[("version.json", document.to_string().as_bytes()), ("changelog.yaml", changelog.as_bytes())],
        Compression::Gzip,
    );
    Image::new(Format::Docker, &ImageConfig::Linux("amd64"), &[layer])
}

fn requirements(bare: bool) -> Value {
    if bare {
        json!({ "k8s": 1.23, "ingressNginx": "1.1", "containerdOnAllNodes": true })
    } else {
        json!({ "k8s": "1.23.0", "ingressNginx": "1.1", "containerdOnAllNodes": "true" })
    }
}

/// `v1.58` of `v1.58.3`.
fn minor(version: &str) -> String {
    version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".")
}

/// The standalone installer, which shares a layer with the rest.
pub(super) fn make_installer(context: &BuildContext<'_>, distribution: &mut Distribution) {
    let layers = [context.bases[0].clone(), context.random_layer("installer")];
    let image = Image::new(Format::Docker, &ImageConfig::Linux("amd64"), &layers);
    image.publish(&context.store, &context.beside("installer"), &["latest"]);
    distribution.installer = Some(image.digest());
}
