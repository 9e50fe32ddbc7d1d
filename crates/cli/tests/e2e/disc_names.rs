//! A bundle whose names a disc has changed (ISO 9660): upper case, and perhaps a version at the end.

use std::fs;

use crate::world::{World, dhctl};

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_from_a_disc_is_verified_joined_and_pushed() {
    for version in ["", ";1"] {
        let world = World::sample();
        world.pull(&["--release", "v1.58.3", "--no-modules", "-c", "300KB", "--gost-digest"]).expect(0);
        fs::create_dir(world.path("disc")).unwrap();
        for name in world.files().into_iter().filter(|name| name != "disc") {
            let spelled = format!("disc/{}{version}", name.to_uppercase());
            fs::rename(world.path(&name), world.path(&spelled)).unwrap();
        }
        let names = fs::read_dir(world.path("disc")).unwrap();
        let sums = names.filter(|it| {
            let name = it.as_ref().unwrap().file_name();
            name.to_str().unwrap().contains(".GOSTSUM")
        });
        let sums = sums.count();
        assert!(sums > 2, "{sums}");
        for name in ["disc/d8.tar", "disc/D8.TAR"] {
            let run = dhctl(world.folder.path(), &["bundle", "verify", name]).expect(0);
            assert!(run.stdout.contains(&format!("{sums} GOST checksums correct")), "{}", run.stdout);
            let beside = format!("disc/DECKHOUSERELEASES.YAML{version} describes the same releases");
            assert!(run.stdout.contains(&beside), "{}", run.stdout);
            dhctl(world.folder.path(), &["bundle", "inspect", name]).expect(0);
            dhctl(world.folder.path(), &["bundle", "join", name, "-o", "d8.tar"]).expect(0);
            let target = world.target_url.as_str();
            dhctl(world.folder.path(), &["mirror", "--insecure", "-r", target, "-i", name]).expect(0);
            dhctl(world.folder.path(), &["mirror", "verify", "--insecure", "-r", target, "-i", name])
                .expect(0);
        }
        // The parts again, under their usual names: which of them are meant cannot be known.
        let first = fs::read(world.path(&format!("disc/D8.TAR.0000.CHUNK{version}"))).unwrap();
        fs::write(world.path("disc/d8.tar.0000.chunk"), first).unwrap();
        let run = dhctl(world.folder.path(), &["bundle", "verify", "disc/d8.tar"]).expect(6);
        let told = format!(
            "error: disc/d8.tar.0000.chunk and disc/D8.TAR.0000.CHUNK{version}: both exist, but only one of them is allowed\n"
        );
        assert!(run.stderr.contains(&told), "{}", run.stderr);
    }
}

/// A pull writes the usual names, and what a disc has under other ones would be a question for every reader after it.
#[tokio::test(flavor = "multi_thread")]
async fn a_directory_with_archives_of_a_disc_is_not_added_to() {
    let world = World::sample();
    fs::create_dir(world.path("out")).unwrap();
    fs::write(world.path("out/PLATFORM.TAR"), "from a disc").unwrap();
    let args = ["mirror", "--insecure", "--source", &world.source_url, "-i", "out", "--bundle-format", "d8"];
    let run = dhctl(world.folder.path(), &args).expect(6);
    assert!(
        run.stderr.contains("has archives that this pull does not write: PLATFORM.TAR"),
        "{}",
        run.stderr
    );
}
