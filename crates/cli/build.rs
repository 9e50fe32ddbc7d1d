//! Tells the tests which foreign counterparts are there, so that a test without its counterpart counts
//! as ignored and never as passed.

fn main() {
    for name in ["DHCTL_TEST_D8", "DHCTL_TEST_HARBOR"] {
        println!("cargo::rerun-if-env-changed={name}");
        println!("cargo::rustc-check-cfg=cfg({})", name.to_lowercase());
        if std::env::var_os(name).is_some() {
            println!("cargo::rustc-cfg={}", name.to_lowercase());
        }
    }
}
