//! Bundles as other tools deliver them: archives in a directory, and tars of any order and form.

use std::{
    collections::BTreeMap,
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use registry_server::Store as _;
use testkit::distribution::Distribution;

use crate::world::{TARGET_ROOT, World, dhctl};

/// Path and content of each file of an archive, in its order.
#[expect(clippy::disallowed_methods, reason = "the archives of tests are small, and every byte is wanted")]
fn files_of(bundle: &Path) -> Vec<(String, Vec<u8>)> {
    let mut archive = tar::Archive::new(fs::File::open(bundle).unwrap());
    let mut files = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        files.push((path, bytes));
    }
    files
}

/// As the old tool packs a directory: entries in any order, directories among them, PAX headers, true modes
/// and times.
fn tar_of(mut files: Vec<(String, Vec<u8>)>) -> Vec<u8> {
    files.reverse();
    let mut builder = tar::Builder::new(Vec::new());
    let mut append = |path: &str, kind: tar::EntryType, bytes: &[u8], mode: u32| {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(bytes.len() as u64);
        header.set_mode(mode);
        header.set_mtime(1_718_000_000);
        header.set_uid(1000);
        let records = [("mtime", &b"1718000000.123456789"[..]), ("atime", b"1718000001.5")];
        builder.append_pax_extensions(records).unwrap();
        builder.append_data(&mut header, path, bytes).unwrap();
    };
    for (number, (path, bytes)) in files.iter().enumerate() {
        if number % 7 == 0 {
            let directory = Path::new(path).parent().unwrap().join("");
            let directory = directory.to_str().filter(|path| !path.is_empty()).unwrap_or("./");
            append(directory, tar::EntryType::Directory, b"", 0o755);
        }
        append(path, tar::EntryType::Regular, bytes, 0o644);
    }
    builder.into_inner().unwrap()
}

/// Cuts `bytes` into parts of about `size`, the second of them too large, with an empty one at the end.
fn cut(bundle: &Path, bytes: &[u8], size: usize) -> Vec<PathBuf> {
    let over = size + 300;
    let mut pieces = vec![&bytes[..size], &bytes[size..size + over]];
    pieces.extend(bytes[size + over..].chunks(size));
    pieces.push(&[]);
    let name = |number: usize| PathBuf::from(format!("{}.{number:04}.chunk", bundle.display()));
    let parts = (0..pieces.len()).map(name).collect::<Vec<_>>();
    for (part, piece) in parts.iter().zip(pieces) {
        fs::write(part, piece).unwrap();
    }
    parts
}

fn assert_target_is_complete(world: &World) {
    let channels = ["alpha", "beta", "early-access", "stable", "rock-solid"];
    let expected = world.distribution.expected(&Distribution::SAMPLE_SELECTION, &channels);
    assert_eq!(expected.missing_in(&world.target, TARGET_ROOT), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tar_of_the_old_tool_in_parts() {
    let world = World::sample();
    world.pull(&[]).expect(0);
    let bundle = world.path("d8.tar");
    let bytes = tar_of(files_of(&bundle));
    fs::remove_file(&bundle).unwrap();
    let parts = cut(&bundle, &bytes, bytes.len() / 5);
    let verified = dhctl(world.folder.path(), &["bundle", "verify", "d8.tar"]).expect(0);
    assert!(verified.stdout.contains(&format!("in {} parts", parts.len())), "{}", verified.stdout);
    world.push(&[]).expect(0);
    assert_target_is_complete(&world);
    // The last part of the old tool may be gone without harm if it is empty; no other may.
    fs::remove_file(parts.last().unwrap()).unwrap();
    dhctl(world.folder.path(), &["bundle", "verify", "d8.tar"]).expect(0);
    fs::remove_file(&parts[2]).unwrap();
    let run = world.push(&[]).expect(3);
    assert!(run.stderr.contains("d8.tar.0002.chunk: missing"), "{}", run.stderr);
}

/// The archives of a `d8` directory made from one of our bundles: one module as old `d8` laid it out.
fn as_d8_does(world: &World) -> PathBuf {
    world.pull(&[]).expect(0);
    let directory = world.path("d8");
    fs::create_dir(&directory).unwrap();
    let mut archives: BTreeMap<String, Vec<(String, Vec<u8>)>> = BTreeMap::new();
    for (path, bytes) in files_of(&world.path("d8.tar")) {
        let (archive, path) = match path.split('/').collect::<Vec<_>>().as_slice() {
            ["security", ..] => ("security".to_owned(), path.strip_prefix("security/").unwrap().to_owned()),
            ["modules", "console", rest @ ..] => ("module-console".to_owned(), rest.join("/")),
            ["modules", name, ..] => (format!("module-{name}"), path.clone()),
            _ => ("platform".to_owned(), path),
        };
        archives.entry(archive).or_default().push((path, bytes));
    }
    for (name, files) in archives {
        let (path, bytes) = (directory.join(format!("{name}.tar")), tar_of(files));
        if name == "platform" {
            cut(&path, &bytes, bytes.len() / 4);
        } else {
            fs::write(path, bytes).unwrap();
        }
    }
    fs::rename(world.path("deckhousereleases.yaml"), directory.join("deckhousereleases.yaml")).unwrap();
    // What systems and people leave beside them.
    fs::write(directory.join("._platform.tar"), "resource fork").unwrap();
    fs::write(directory.join("README.txt"), "hello").unwrap();
    fs::create_dir(directory.join(".tmp")).unwrap();
    directory
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_of_archives_is_one_bundle() {
    let world = World::sample();
    let directory = as_d8_does(&world);
    let run = |args: &[&str]| dhctl(world.folder.path(), args);
    let inspected = run(&["bundle", "inspect", "d8", "--output", "json"]).expect(0).json()["result"].clone();
    let whole = run(&["bundle", "inspect", "d8.tar", "--output", "json"]).expect(0).json()["result"].clone();
    for key in ["releases", "channels", "modules", "databases", "repositories", "images"] {
        assert_eq!(inspected[key], whole[key], "{key}");
    }
    assert_eq!(inspected["archives"], 5);
    let sums = ["module-console.tar", "platform.tar.0001.chunk"];
    for name in sums {
        let sum = bundle::GostSum::of(&fs::read(directory.join(name)).unwrap());
        fs::write(directory.join(format!("{name}.gostsum")), sum.to_string()).unwrap();
    }
    let verified = run(&["bundle", "verify", "d8"]).expect(0);
    let said = &verified.stdout;
    assert!(said.contains("in 5 archives (9 files)") && said.contains("2 GOST checksums correct"), "{said}");
    assert!(said.contains("d8/deckhousereleases.yaml describes the same releases"), "{said}");

    let push = ["mirror", "--insecure", "-r", &world.target_url, "-i", "d8"];
    run(&push).expect(0);
    assert_target_is_complete(&world);
    run(&["mirror", "verify", "--insecure", "-r", &world.target_url, "-i", "d8", "--deep"]).expect(0);

    // Spread over two sticks, of which one fails.
    fs::create_dir(world.path("more")).unwrap();
    for name in ["security.tar", "platform.tar.0002.chunk"] {
        fs::rename(directory.join(name), world.path("more").join(name)).unwrap();
    }
    run(&["bundle", "verify", "more", "d8"]).expect(0);
    let missing = run(&push).expect(3);
    assert!(missing.stderr.contains("d8/platform.tar.0002.chunk: missing"), "{}", missing.stderr);
    let mixed = run(&["bundle", "verify", "d8", "d8.tar"]).expect(3);
    assert!(mixed.stderr.contains("name either directories or one archive"), "{}", mixed.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_are_found_by_the_tags_of_their_list() {
    let world = World::sample();
    world.pull(&["--release", "v1.58.3", "--include-module", "console"]).expect(0);
    let (mut package, mut versions) = (Vec::new(), Vec::new());
    for (path, bytes) in files_of(&world.path("d8.tar")) {
        let Some(below) = path.strip_prefix("modules/console/") else { continue };
        match below.strip_prefix("release/") {
            Some(below) => versions.push((format!("packages/console/version/{below}"), bytes)),
            None => package.push((format!("packages/console/{below}"), bytes)),
        }
    }
    fs::create_dir(world.path("d8")).unwrap();
    fs::write(world.path("d8/package-console.tar"), tar_of(package.clone())).unwrap();
    fs::write(world.path("d8/package-versions.tar"), tar_of(versions)).unwrap();
    let push = ["mirror", "--insecure", "-r", &world.target_url, "-i", "d8"];
    dhctl(world.folder.path(), &push).expect(0);
    assert!(
        world.target.manifest(&format!("{TARGET_ROOT}/packages"), &"console".parse().unwrap()).is_some(),
        "{:?}",
        world.target.repositories()
    );

    // An image that a package lists, and the version that its channels point to.
    fs::remove_dir_all(world.path("d8")).unwrap();
    fs::create_dir(world.path("d8")).unwrap();
    let extra = |(path, _): &(String, Vec<u8>)| !path.starts_with("packages/console/extra/scanner");
    let lacking = package.into_iter().filter(extra).collect();
    fs::write(world.path("d8/package-console.tar"), tar_of(lacking)).unwrap();
    for args in [&["bundle", "verify", "d8"][..], &push] {
        let run = dhctl(world.folder.path(), args).expect(3);
        assert!(run.stderr.contains("packages/console/extra/scanner"), "{}", run.stderr);
        assert!(run.stderr.contains("package console v1.2.3"), "{}", run.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_a_directory_are_reported_by_archive() {
    let world = World::sample();
    let directory = as_d8_does(&world);
    let run = |args: &[&str]| dhctl(world.folder.path(), args);
    let console = directory.join("module-console.tar");
    let sound = fs::read(&console).unwrap();

    // A blob in one archive, the structure of another.
    let (layer, bytes) = files_of(&console).into_iter().max_by_key(|(_, bytes)| bytes.len()).unwrap();
    let offset = sound.windows(bytes.len()).position(|window| window == bytes).unwrap();
    let mut scratched = sound.clone();
    scratched[offset] ^= 1;
    fs::write(&console, &scratched).unwrap();
    let security = fs::read(directory.join("security.tar")).unwrap();
    fs::write(directory.join("security.tar"), &security[..security.len() - 3000]).unwrap();
    let failed = run(&["bundle", "verify", "d8", "--output", "json"]).expect(3).json();
    let damaged = failed["error"]["damaged"].as_array().unwrap();
    let file = |name: &str| serde_json::json!([format!("d8/{name}")]);
    assert_eq!(damaged.len(), 2, "{damaged:#?}");
    assert_eq!(damaged[0]["files"], file("module-console.tar"));
    assert_eq!(damaged[0]["entry"], format!("modules/console/{layer}"));
    assert!(damaged[0]["images"].to_string().contains("modules/console"), "{damaged:#?}");
    assert_eq!(damaged[1]["files"], file("security.tar"));
    fs::write(directory.join("security.tar"), security).unwrap();
    fs::write(&console, sound).unwrap();

    // A sum without its archive, a pull that was interrupted, a directory without archives.
    for (name, code, said) in [
        ("module-lost.tar.gostsum", 6, "d8/module-lost.tar: the file does not exist"),
        ("module-late.tar.partial", 6, "only an unfinished pull"),
        ("foreign.tar", 3, "d8/foreign.tar: not a bundle"),
    ] {
        fs::write(directory.join(name), "0".repeat(64)).unwrap();
        for args in [&["bundle", "verify", "d8"][..], &["mirror", "-r", &world.target_url, "-i", "d8"]] {
            let run = run(args).expect(code);
            assert!(run.stderr.contains(said), "{name}: {}", run.stderr);
        }
        fs::remove_file(directory.join(name)).unwrap();
    }
    let none = run(&["bundle", "inspect", "d8/.tmp"]).expect(3);
    assert!(none.stderr.contains("has no archive (platform.tar"), "{}", none.stderr);
    let pull = run(&["mirror", "--source", &world.source_url, "-i", "d8"]).expect(2);
    assert!(pull.stderr.contains("is a directory"), "{}", pull.stderr);
    let split = run(&["bundle", "split", "d8", "-c", "1", "-o", "."]).expect(3);
    assert!(split.stderr.contains("it is a directory; name the file in it"), "{}", split.stderr);
}
