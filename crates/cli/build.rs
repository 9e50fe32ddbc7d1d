//! Tells the tests which foreign counterparts are there, so that a test without its counterpart counts
//! as ignored and never as passed.

fn main() {
    println!("cargo::rerun-if-env-changed=DHCTL_TEST_D8");
    println!("cargo::rustc-check-cfg=cfg(dhctl_test_d8)");
    if std::env::var_os("DHCTL_TEST_D8").is_some() {
        println!("cargo::rustc-cfg=dhctl_test_d8");
    }
}
