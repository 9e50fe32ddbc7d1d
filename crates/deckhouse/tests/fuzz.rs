//! Layers of others, and the lists and manifests in them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write as _;

use deckhouse::{
    ReleaseManifest,
    image_files::FileSearch,
    image_list::{ImageList, parse_extra_images},
    release_check::differences,
    release_info::{ReleaseInfo, parse_module_version},
    version::{parse_tag, tag_of},
    write_releases,
};
use fuzzing::fuzz;

fn tar() -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let long = "long/".repeat(30) + "name";
    for (path, content) in
        [("a", "other"), ("deckhouse/version", "v1.58.3"), (long.as_str(), "x"), (".wh.b", "")]
    {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, path, content.as_bytes()).unwrap();
    }
    builder.append_pax_extensions([("path", b"by/pax".as_slice()), ("size", b"3")]).unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_size(3);
    header.set_path("x").unwrap();
    header.set_cksum();
    builder.append(&header, b"abc".as_slice()).unwrap();
    builder.into_inner().unwrap()
}

fn scan(layer: &[u8]) {
    let mut search = FileSearch::new(&["deckhouse/version", "b", "by/pax"]);
    // Whether it can be read is one question, that it ends and does not panic is this one.
    drop(search.scan_layer("application/x", layer));
}

#[test]
fn plain_layers() {
    fuzz!([tar()], |layer: &[u8]| {
        let mut layer = layer.to_vec();
        // Headers stay true to their checksum, else nothing behind a change would ever be reached.
        for block in layer.chunks_exact_mut(512).filter(|block| block[257..262] == *b"ustar") {
            block[148..156].copy_from_slice(b"        ");
            let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
            block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
        scan(&layer);
    });
}

#[test]
fn compressed_layers() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&tar()).unwrap();
    let zstd =
        ruzstd::encoding::compress_to_vec(tar().as_slice(), ruzstd::encoding::CompressionLevel::Fastest);
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3], zstd.as_slice()].concat();
    fuzz!([gzip.finish().unwrap(), zstd, skippable], scan);
}

#[test]
fn lists() {
    let digest = format!("sha256:{}", "0a".repeat(32));
    let seeds = [
        format!(r#"{{"common":{{"pause":"{digest}","init":"{digest}"}},"flat":"{digest}"}}"#),
        r#"{"scanner":"v1.2","reporter":"v3"}"#.to_owned(),
        r#"{"version":"v1.58.3","requirements":{"k8s":"1.23.0","x":true,"y":1.5},"disruptions":{"1.58":["a"]},"suspend":true,"canary":{"alpha":{"enabled":true,"waves":2,"interval":"5m"}}}"#.to_owned(),
    ];
    fuzz!(seeds, |json: &[u8]| {
        drop(ImageList::parse_digests(json));
        drop(ImageList::parse_tags(json));
        drop(parse_extra_images(json));
        drop(ReleaseInfo::parse(json));
        drop(parse_module_version(json));
    });
}

#[test]
fn versions() {
    fuzz!(["v1.58.3", "v1.58.10-rc.1+build.5", "v0.0.0"], |text: &[u8]| {
        let Ok(text) = std::str::from_utf8(text) else { return };
        if let Some(version) = parse_tag(text) {
            assert_eq!(parse_tag(&tag_of(&version)), Some(version));
        }
    });
}

#[test]
fn release_files_against_releases() {
    let info = br#"{"version":"v1.58.3","requirements":{"k8s":"1.24"},"disruptions":{"1.58":["cni"]}}"#;
    let changelog = Some(b"candi:\n  fixes: [{summary: x}]\n".to_vec());
    let release = ReleaseManifest { info: ReleaseInfo::parse(info).unwrap(), changelog };
    let file = write_releases(std::slice::from_ref(&release)).unwrap();
    fuzz!([file.as_bytes()], |file: &[u8]| {
        if let Ok(found) = differences(file, std::slice::from_ref(&release)) {
            // Whatever can be compared can be reported.
            for difference in found {
                drop(difference.to_string());
            }
        }
    });
}
