//! Bundles in parts: split, joined, spread over directories, damaged.

use std::{fs, path::PathBuf};

use crate::world::{World, dhctl};

/// A pulled bundle in `d8.tar` and its parts of 2 MB in `parts/`, with sums.
fn scene() -> (World, Vec<PathBuf>) {
    let world = World::sample();
    world.pull(&["--no-modules"]).expect(0);
    fs::create_dir(world.path("parts")).unwrap();
    let size = fs::metadata(world.path("d8.tar")).unwrap().len();
    let part_size = format!("{}B", size / 4);
    let split =
        ["bundle", "split", "d8.tar", "-c", &part_size, "-o", "parts", "--gost-digest", "--output", "json"];
    let result = dhctl(world.folder.path(), &split).expect(0).json();
    let files = result["result"]["files"].as_array().unwrap();
    let files = files.iter().map(|file| world.path(file.as_str().unwrap()));
    let parts: Vec<PathBuf> = files.filter(|file| file.extension().unwrap() == "chunk").collect();
    assert!(parts.len() >= 4);
    assert_eq!(result["result"]["gost"]["parts"].as_array().unwrap().len(), parts.len());
    (world, parts)
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_are_read_like_the_whole_file() {
    let (world, parts) = scene();
    let run = |args: &[&str]| dhctl(world.folder.path(), args);
    let joined = run(&["bundle", "join", "parts/d8.tar", "--out", "again.tar"]).expect(0);
    assert!(joined.stdout.contains("GOST checksums of the input"), "{}", joined.stdout);
    assert_eq!(fs::read(world.path("again.tar")).unwrap(), fs::read(world.path("d8.tar")).unwrap());
    assert!(world.path("again.tar.gostsum").exists());
    assert!(!joined.stderr.contains("earlier bundle"), "{}", joined.stderr);
    let again = run(&["bundle", "join", "parts/d8.tar", "--out", "again.tar"]).expect(0);
    let note = "note: 2 files of an earlier bundle again.tar are replaced when the new one is complete\n";
    assert!(again.stderr.contains(note), "{}", again.stderr);

    // Two sticks.
    fs::create_dir(world.path("more")).unwrap();
    for part in parts.iter().step_by(2) {
        fs::rename(part, world.path("more").join(part.file_name().unwrap())).unwrap();
    }
    let both = ["more/d8.tar", "parts/d8.tar"];
    run(&["bundle", "inspect", both[0], both[1]]).expect(0);
    let sound = run(&["bundle", "verify", both[0], both[1]]).expect(0);
    let note = "note: the sum does not include deckhousereleases.yaml and dhctl, because they are not next to the bundle; if the \
                pull wrote them, it printed another sum\n";
    assert!(sound.stderr.contains(note), "{}", sound.stderr);
    let beside = run(&["bundle", "verify", "d8.tar"]).expect(0);
    assert!(!beside.stderr.contains("does not include"), "{}", beside.stderr);
    assert!(
        sound.stdout.contains("is intact") && sound.stdout.contains("GOST checksums correct"),
        "{}",
        sound.stdout
    );
    let push = ["mirror", "--insecure", "-r", &world.target_url, "-i", both[0], "-i", both[1]];
    run(&push).expect(0);
    world.verify(&[]).expect(0);
    let verify = ["mirror", "verify", "--insecure", "-r", &world.target_url, "-i", both[1], "-i", both[0]];
    run(&verify).expect(0);
    let one = run(&["bundle", "verify", both[0]]).expect(3);
    assert!(one.stderr.contains("d8.tar.0001.chunk: missing"), "{}", one.stderr);
    assert!(one.stderr.contains("'dhctl bundle missing-parts' writes a request"), "{}", one.stderr);
    let whole = run(&["bundle", "verify", "parts/d8.tar", "d8.tar"]).expect(6);
    assert!(whole.stderr.contains("d8.tar and "), "{}", whole.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_is_reported_by_part_and_image() {
    let (world, parts) = scene();
    let mut bytes = fs::read(&parts[2]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&parts[2], bytes).unwrap();
    let run = dhctl(world.folder.path(), &["bundle", "verify", "parts/d8.tar", "--output", "json"]).expect(3);
    assert!(run.stderr.contains("parts/d8.tar is damaged"), "{}", run.stderr);
    let json = run.json();
    assert_eq!(json["error"]["kind"], "incomplete");
    let damaged = json["error"]["damaged"].as_array().unwrap();
    let part = damaged.iter().find(|it| it["entry"].is_null() && it["files"][0] == "parts/d8.tar.0002.chunk");
    assert!(part.is_some(), "{damaged:#?}");
    let join = dhctl(world.folder.path(), &["bundle", "join", "parts/d8.tar", "-o", "again.tar"]).expect(3);
    assert!(join.stderr.contains("d8.tar.0002.chunk: damaged"), "{}", join.stderr);
    assert!(!world.path("again.tar").exists() && !world.path("again.tar.partial").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_requests() {
    let world = World::sample();
    fs::write(world.path("text.tar"), "this is no archive").unwrap();
    let cases: [(&[&str], i32, &str); 10] = [
        (&["bundle", "split", "text.tar", "-c", "0", "-o", "."], 2, "-c 0"),
        (&["bundle", "split", "text.tar", "-c", "4G", "-o", "."], 2, "fat32"),
        (&["bundle", "split", "text.tar", "-o", "."], 2, "--images-bundle-chunk-size"),
        (&["bundle", "split", "text.tar", "-c", "1", "-o", "absent"], 6, "absent"),
        (&["bundle", "split", "text.tar", "-c", "1", "-o", "text.tar"], 2, "text.tar is not a directory"),
        (&["bundle", "split", "text.tar", "-c", "1", "-o", "."], 3, "text.tar"),
        (&["bundle", "join", "text.tar", "-o", "x.zip"], 2, ".tar"),
        (&["bundle", "join", "absent.tar", "-o", "x.tar"], 6, "absent.tar"),
        (&["bundle", "verify", "absent.tar"], 6, "absent.tar"),
        (&["mirror", "-i", "a.tar", "-i", "b/a.tar"], 2, "name it with -i once"),
    ];
    for (args, code, said) in cases {
        let run = dhctl(world.folder.path(), args).expect(code);
        assert!(run.stderr.contains(said), "{args:?}: {}", run.stderr);
        assert_eq!(world.files(), ["text.tar"], "{args:?}");
    }
}
