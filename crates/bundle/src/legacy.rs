//! Where an older `d8` put what newer ones, and every other tool, put elsewhere.
//!
//! The path of a layout is that of its repository (facts: "Bundle tree"). Releases of `d8` up to 2025 left the
//! component out of it, since they told components by file names: `module-NAME.tar` had the module at the
//! root of the archive, `security.tar` had `trivy-db` there.

use std::ffi::OsStr;

use oci::RepositoryName;

use crate::{archive::ArchiveLayout, on_media};

const MODULES: &str = "modules/";

/// Puts the `layouts` of the archive `name` where they belong.
pub(crate) fn relocate(name: Option<&OsStr>, layouts: &mut [ArchiveLayout]) {
    let name = name.map(on_media::plain);
    let Some(component) = name.as_deref().and_then(OsStr::to_str).and_then(|name| name.strip_suffix(".tar"))
    else {
        return;
    };
    if let Some(module) = component.strip_prefix("module-") {
        let home = format!("{MODULES}{module}");
        let is_legacy = !layouts.iter().any(|layout| layout.path.starts_with(MODULES));
        if is_legacy && home.parse::<RepositoryName>().is_ok() {
            for layout in layouts.iter_mut() {
                let below = std::mem::take(&mut layout.path);
                layout.path = if below.is_empty() { home.clone() } else { format!("{home}/{below}") };
            }
        }
    } else if component == "security" {
        for layout in layouts.iter_mut().filter(|layout| layout.path.starts_with("trivy-")) {
            layout.path.insert_str(0, "security/");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_in_the_old_place_is_moved() {
        let cases: [(&str, &[&str], &[&str]); 8] = [
            (
                "module-a.tar",
                &["", "extra/x", "release"],
                &["modules/a", "modules/a/extra/x", "modules/a/release"],
            ),
            ("module-a.tar", &["modules/a", "modules/a/release"], &["modules/a", "modules/a/release"]),
            ("MODULE-A.TAR;1", &["", "release"], &["modules/a", "modules/a/release"]),
            ("module-Not a name.tar", &[""], &[""]),
            ("security.tar", &["trivy-bdu", "trivy-db"], &["security/trivy-bdu", "security/trivy-db"]),
            ("security.tar", &["security/trivy-db"], &["security/trivy-db"]),
            ("platform.tar", &["", "install"], &["", "install"]),
            ("d8.tar", &["", "trivy-db"], &["", "trivy-db"]),
        ];
        for (name, before, after) in cases {
            let layout = |path: &&str| ArchiveLayout {
                path: (*path).to_owned(),
                index: Vec::new(),
                places: std::collections::BTreeMap::new(),
            };
            let mut layouts: Vec<ArchiveLayout> = before.iter().map(layout).collect();
            relocate(Some(OsStr::new(name)), &mut layouts);
            let paths: Vec<&str> = layouts.iter().map(|layout| layout.path.as_str()).collect();
            assert_eq!(paths, after, "{name}");
        }
    }
}
