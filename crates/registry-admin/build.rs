//! Tells the tests whether a real Nexus is there, so that a test without it counts as ignored and never as passed.

fn main() {
    println!("cargo::rerun-if-env-changed=DHCTL_TEST_NEXUS");
    println!("cargo::rustc-check-cfg=cfg(dhctl_test_nexus)");
    if std::env::var_os("DHCTL_TEST_NEXUS").is_some() {
        println!("cargo::rustc-cfg=dhctl_test_nexus");
    }
}
