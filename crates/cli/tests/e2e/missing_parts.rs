//! Parts that were lost or damaged on the way are requested inside, and written again outside.

use std::{collections::BTreeSet, fs};

use crate::world::{Run, World, dhctl};

/// A bundle outside, whole, and the same in parts inside.
struct Delivery {
    world: World,
}

impl Delivery {
    fn new(split: &[&str]) -> Self {
        let delivery = Self { world: World::sample() };
        delivery.world.pull(&[]).expect(0);
        fs::create_dir(delivery.world.path("inside")).unwrap();
        delivery
            .run(&[&["bundle", "split", "d8.tar", "-c", "200KB", "-o", "inside"], split].concat())
            .expect(0);
        delivery
    }

    fn run(&self, args: &[&str]) -> Run {
        dhctl(self.world.folder.path(), args)
    }

    fn part(&self, number: u32) -> std::path::PathBuf {
        self.world.path(&format!("inside/d8.tar.{number:04}.chunk"))
    }

    fn parts(&self) -> u32 {
        (0..1000).find(|number| !self.part(*number).exists()).unwrap()
    }

    fn lose(&self, number: u32) {
        fs::remove_file(self.part(number)).unwrap();
    }

    fn damage(&self, number: u32) {
        let mut bytes = fs::read(self.part(number)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(self.part(number), bytes).unwrap();
    }

    fn look(&self) -> serde_json::Value {
        let look = ["bundle", "missing-parts", "inside/d8.tar", "-o", "request.json", "--force"];
        self.run(&[&look[..], &["--output", "json"]].concat()).expect(0).json()["result"].take()
    }

    /// Writes the requested parts again, and checks that the bundle inside is whole afterwards.
    fn repair(&self, bundle: &str) -> BTreeSet<String> {
        let made = self.world.path("made");
        fs::create_dir_all(&made).unwrap();
        self.run(&["bundle", "split", bundle, "--only", "request.json", "-o", "made"]).expect(0);
        let mut names = BTreeSet::new();
        for entry in fs::read_dir(&made).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            fs::rename(made.join(&name), self.world.path("inside").join(&name)).unwrap();
            names.insert(name);
        }
        self.run(&["bundle", "verify", "inside/d8.tar"]).expect(0);
        self.run(&["bundle", "join", "inside/d8.tar", "-o", "joined.tar"]).expect(0);
        assert!(
            fs::read(self.world.path("joined.tar")).unwrap() == fs::read(self.world.path("d8.tar")).unwrap()
        );
        names
    }
}

fn names(numbers: impl IntoIterator<Item = u32>) -> BTreeSet<String> {
    numbers.into_iter().map(|number| format!("d8.tar.{number:04}.chunk")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_missing_is_written_again() {
    let delivery = Delivery::new(&[]);
    let count = delivery.parts();
    assert!(count > 8, "{count}");
    let nothing = delivery.look();
    assert_eq!(nothing["file"], serde_json::Value::Null);
    assert!(!delivery.world.path("request.json").exists());
    fs::write(delivery.world.path("taken.json"), "").unwrap();
    let taken = delivery.run(&["bundle", "missing-parts", "inside/d8.tar", "-o", "taken.json"]).expect(6);
    assert!(!taken.stderr.contains("checking"), "the parts were read first: {}", taken.stderr);

    // A hole, the first part, and the last one: then it is unknown which part is the last.
    for lost in [vec![3, 5], vec![0], vec![count - 1], vec![1, count - 2, count - 1]] {
        for number in &lost {
            delivery.lose(*number);
        }
        delivery.look();
        assert_eq!(delivery.repair("d8.tar"), names(lost));
    }

    delivery.damage(4);
    let found = delivery.look();
    assert_eq!(found["damaged"], serde_json::json!(["inside/d8.tar.0004.chunk"]));
    assert_eq!(delivery.repair("d8.tar"), names([4]));

    // The last part is cut.
    let cut = fs::read(delivery.part(count - 1)).unwrap();
    fs::write(delivery.part(count - 1), &cut[..cut.len() / 2]).unwrap();
    delivery.look();
    assert_eq!(delivery.repair("d8.tar"), names([count - 1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_checksums_damage_is_found_next_to_a_hole() {
    let delivery = Delivery::new(&["--gost-digest"]);
    let count = delivery.parts();
    delivery.lose(2);
    delivery.lose(count - 1);
    delivery.damage(6);
    let found = delivery.look();
    assert_eq!(found["damaged"], serde_json::json!(["inside/d8.tar.0006.chunk"]));
    assert_eq!(found["from"], serde_json::Value::Null, "the checksums tell which part is the last");
    assert_eq!(found["unchecked"], serde_json::json!([]));
    // From the bundle in parts of another size, as well as from the whole.
    fs::create_dir(delivery.world.path("other")).unwrap();
    delivery.run(&["bundle", "split", "d8.tar", "-c", "333KB", "-o", "other"]).expect(0);
    assert_eq!(delivery.repair("other/d8.tar"), names([2, 6, count - 1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_checksums_it_says_what_was_not_checked() {
    let delivery = Delivery::new(&[]);
    delivery.lose(2);
    let run = delivery.run(&["bundle", "missing-parts", "inside/d8.tar", "-o", "request.json"]).expect(0);
    let warning = "warning: these parts were not checked, because there is no GOST checksum next to them: \
                   inside/d8.tar.0000.chunk, inside/d8.tar.0001.chunk, inside/d8.tar.0003.chunk";
    assert!(run.stderr.contains(warning), "{}", run.stderr);
    insta::assert_snapshot!(run.stdout);
    // An existing file is kept.
    delivery.run(&["bundle", "missing-parts", "inside/d8.tar", "-o", "request.json"]).expect(6);
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_another_bundle_are_refused() {
    let delivery = Delivery::new(&[]);
    delivery.lose(2);
    delivery.look();
    let world = &delivery.world;
    world.pull(&["--release", "v1.58.3", "--no-modules"]).expect(0);
    fs::create_dir(world.path("made")).unwrap();
    let only = |request: &str| delivery.run(&["bundle", "split", "d8.tar", "--only", request, "-o", "made"]);
    let run = only("request.json").expect(3);
    assert!(run.stderr.contains("is not the bundle whose parts are requested"), "{}", run.stderr);
    assert_eq!(fs::read_dir(world.path("made")).unwrap().count(), 0);
    fs::write(world.path("other.json"), r#"{"apiVersion":"v1","kind":"List"}"#).unwrap();
    only("other.json").expect(2);
    only("absent.json").expect(6);
    let run = delivery.run(&["bundle", "missing-parts", "d8.tar", "-o", "request.json", "--force"]).expect(2);
    assert!(run.stderr.contains("the bundle is one file, not in parts"), "{}", run.stderr);
}
