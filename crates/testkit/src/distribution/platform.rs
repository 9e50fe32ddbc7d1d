//! The releases: controller, installers, release channels, and the images that they list.

use std::collections::BTreeMap;

use bytes::Bytes;
use oci::Digest;
use serde_json::{Value, json};

use super::{
    Distribution, Release,
    builder::Maker,
    image::{Format, Image, ImageConfig},
    layer::{Compression, File, Layer},
    random_bytes,
};

const MODULES: [&str; 6] =
    ["common", "cniCilium", "ingressNginx", "nodeManager", "prometheus", "registrypackages"];
const IMAGES: [&str; 4] = ["controller", "agent", "exporter", "webhook"];
const LIST: &str = "deckhouse/candi/images_digests.json";

pub(super) fn make(maker: &Maker<'_>, distribution: &mut Distribution) {
    for (position, version) in maker.settings.releases.iter().enumerate() {
        let channels: Vec<_> = distribution
            .channels
            .iter()
            .filter(|(_, pointed)| *pointed == version)
            .map(|(channel, _)| channel.as_str())
            .collect();
        let mut tags = vec![version.as_str()];
        tags.extend(channels);
        let release = release(maker, position, version, &tags);
        distribution.releases.insert(version.clone(), release);
    }
    for (channel, version) in &distribution.channels {
        let image = release_channel(maker, version, maker.settings.suspended.contains(channel));
        image.publish(&maker.store, &maker.repository("release-channel"), &[channel]);
        distribution.channel_images.insert(channel.clone(), image.digest());
    }
}

fn release(maker: &Maker<'_>, position: usize, version: &str, tags: &[&str]) -> Release {
    let (images, attestations) = components(maker, version);
    let file =
        Layer::of_files(&[("deckhouse/version", format!("{version}\n").as_bytes())], Compression::Gzip);
    let minor = maker.random_layer(&format!("root/{}", minor(version)));
    let linux = ImageConfig::Linux("amd64");
    let root = Image::new(Format::Docker, &linux, &[maker.bases[0].clone(), minor, file]);
    root.publish(&maker.store, &maker.repository(""), tags);

    let (format, layers) = install_layers(maker, position, version, &list(&images));
    let install = Image::new(format, &linux, &layers);
    install.publish(&maker.store, &maker.repository("install"), tags);

    let standalone = maker.settings.standalone.then(|| {
        let mut layers = layers;
        layers.push(maker.random_layer("standalone"));
        let image = Image::new(format, &linux, &layers);
        image.publish(&maker.store, &maker.repository("install-standalone"), tags);
        image.digest()
    });

    let channel = release_channel(maker, version, false);
    channel.publish(&maker.store, &maker.repository("release-channel"), &[version]);
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
fn components(maker: &Maker<'_>, version: &str) -> (BTreeMap<String, Digest>, BTreeMap<String, Digest>) {
    let repository = maker.repository("");
    let mut images = BTreeMap::new();
    let mut attestations = BTreeMap::new();
    for i in 0..maker.settings.images {
        // As with real releases, most images stay, some change with a minor, some with every patch.
        let age = match i % 4 {
            0 => version.to_owned(),
            1 => minor(version),
            _ => "all".to_owned(),
        };
        let image = component(maker, i, &age);
        image.publish(&maker.store, &repository, &[]);
        let name = format!("{}/{}{i}", MODULES[i % MODULES.len()], IMAGES[i % IMAGES.len()]);
        images.insert(name, image.digest());
        if maker.settings.attestations && i % 3 == 0 {
            let (tag, attestation) = attestation(image.digest());
            attestation.publish(&maker.store, &repository, &[&tag]);
            attestations.insert(tag, attestation.digest());
        }
    }
    if let Some(size) = maker.settings.large_layer {
        let seed = random_bytes::seed_of(maker.settings.seed, "large");
        let layer = Layer::of_random_bytes("opt/large", seed, size);
        let image = Image::new(Format::Oci, &ImageConfig::Linux("amd64"), &[layer]);
        image.publish(&maker.store, &repository, &[]);
        images.insert("common/large".to_owned(), image.digest());
    }
    (images, attestations)
}

fn component(maker: &Maker<'_>, i: usize, age: &str) -> Image {
    let key = format!("image/{i}/{age}");
    let layers = |architecture: &str| {
        vec![
            maker.bases[i % maker.bases.len()].clone(),
            maker.random_layer(&format!("{key}/{architecture}/lower")),
            maker.random_layer(&format!("{key}/{architecture}/upper")),
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
            let layer = maker.random_layer(&key);
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

/// The installer's layers, the list in a different guise with each release. Below it always lies a
/// stale list with an image that does not exist, so that whoever reads the wrong layer is found out.
fn install_layers(maker: &Maker<'_>, position: usize, version: &str, list: &str) -> (Format, Vec<Layer>) {
    let stale = json!({ "common": { "gone": Digest::of(b"an image that was never made") } }).to_string();
    let (prefix, format, compression) = match position % 3 {
        _ if maker.settings.plain_installers => ("", Format::Docker, Compression::Gzip),
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
        vec![maker.bases[0].clone(), maker.bases[1].clone(), maker.random_layer("install/tools")];
    if !maker.settings.plain_installers {
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

fn release_channel(maker: &Maker<'_>, version: &str, suspended: bool) -> Image {
    let mut document = json!({
        "canary": {
            "alpha": { "enabled": true, "waves": 2, "interval": "5m" },
            "stable": { "enabled": true, "waves": 6, "interval": "30m" },
        },
        "requirements": requirements(maker.settings.bare_requirements),
        "disruptions": { "1.58": ["ingressNginx"] },
        "version": version,
    });
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
pub(super) fn make_installer(maker: &Maker<'_>, distribution: &mut Distribution) {
    let layers = [maker.bases[0].clone(), maker.random_layer("installer")];
    let image = Image::new(Format::Docker, &ImageConfig::Linux("amd64"), &layers);
    let above = maker.settings.root.rsplit_once('/').map_or("", |(above, _)| above);
    image.publish(&maker.store, &format!("{above}/installer"), &["latest"]);
    distribution.installer = Some(image.digest());
}
