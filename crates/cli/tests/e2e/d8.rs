//! Our bundles in the hands of the platform's newer tool.

use std::process::Command;

use testkit::distribution::Distribution;

use crate::world::{TARGET_ROOT, World};

#[cfg_attr(not(dhctl_test_d8), ignore = "not run: DHCTL_TEST_D8 does not name a d8 binary")]
#[tokio::test(flavor = "multi_thread")]
async fn d8_pushes_our_bundle_completely() {
    let world = World::sample();
    world.pull(&[]).expect(0);
    let bundle = tempfile::tempdir().unwrap();
    std::fs::rename(world.path("d8.tar"), bundle.path().join("d8.tar")).unwrap();
    let output = Command::new(std::env::var_os("DHCTL_TEST_D8").unwrap())
        .args(["mirror", "push", "--insecure"])
        .arg(bundle.path())
        .arg(&world.target_url)
        .arg("--tmp-dir")
        .arg(world.path("tmp"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let channels = ["alpha", "beta", "early-access", "stable", "rock-solid"];
    let expected = world.distribution.expected(&Distribution::SAMPLE_SELECTION, &channels);
    assert_eq!(expected.missing_in(&world.target, TARGET_ROOT), Vec::<String>::new());
}
