//! Bundles in parts, with GOST sums, from the pull to the push.

use std::{fs, process::Command};

use crate::world::{Run, World, dhctl};

const PART: u64 = 300_000;

fn gost12sum(path: &std::path::Path) -> String {
    let run = Run::of(Command::new("gost12sum").arg(path).output().unwrap()).expect(0);
    run.stdout.split_whitespace().next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_in_parts_has_the_bytes_and_sums_of_the_whole() {
    let world = World::sample();
    world.pull(&["--gost-digest"]).expect(0);
    let whole = fs::read(world.path("d8.tar")).unwrap();
    let sum = fs::read_to_string(world.path("d8.tar.gostsum")).unwrap();
    assert_eq!(sum, gost12sum(&world.path("d8.tar")));

    let pulled = world.pull(&["--gost-digest", "-c", "300KB", "--output", "json"]).expect(0).json();
    assert!(!world.path("d8.tar").exists(), "the older whole bundle is replaced");
    let count = whole.len().div_ceil(usize::try_from(PART).unwrap());
    let mut joined = Vec::new();
    for number in 0..count {
        let name = format!("d8.tar.{number:04}.chunk");
        let part = fs::read(world.path(&name)).unwrap();
        assert!(part.len() as u64 <= PART, "{name}");
        let sum = fs::read_to_string(world.path(&format!("{name}.gostsum"))).unwrap();
        assert_eq!(sum, gost12sum(&world.path(&name)));
        assert_eq!(pulled["result"]["gost_sums"][&name], sum);
        joined.extend(part);
    }
    assert!(joined == whole, "the parts are not the whole");
    assert_eq!(fs::read_to_string(world.path("d8.tar.gostsum")).unwrap(), sum);
    assert_eq!(pulled["result"]["gost_sums"]["d8.tar"], sum);
    // One stick holds the first half of the parts, another the rest.
    let stick = tempfile::tempdir().unwrap();
    for number in count / 2..count {
        let name = format!("d8.tar.{number:04}.chunk");
        fs::rename(world.path(&name), stick.path().join(&name)).unwrap();
    }
    let other = stick.path().join("d8.tar");
    let other = other.to_str().unwrap();
    world.push(&["-i", other]).expect(0);
    world.verify(&["-i", other, "--deep"]).expect(0);
    let moved = stick.path().join(format!("d8.tar.{:04}.chunk", count / 2));
    fs::remove_file(moved).unwrap();
    let run = world.push(&["-i", other]).expect(3);
    assert!(run.stderr.contains(&format!("d8.tar.{:04}.chunk", count / 2)), "{}", run.stderr);
    assert_eq!(dhctl(world.folder.path(), &["bundle", "inspect", "d8.tar", other]).code, Some(3));
}
