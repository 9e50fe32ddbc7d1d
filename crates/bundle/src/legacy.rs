//! Archives in which an older `d8` used other paths for layouts than current releases and other tools.
//!
//! The path of a layout is that of its repository (deckhouse-cli v0.10.0, `operations/push_security.go`). Releases of `d8` up to 2025 left the
//! component out of it, since the file name told the component: `module-NAME.tar` had the module at the
//! root of the archive, `security.tar` had `trivy-db` there.

use std::ffi::OsStr;

use oci::RepositoryName;

use crate::spelling;

const MODULES: &str = "modules/";

/// Changes the `paths` of all layouts in the archive `name` to the paths that current releases use.
pub(crate) fn relocate(name: Option<&OsStr>, paths: &mut [&mut String]) {
    let name = name.map(spelling::plain);
    let Some(component) = name.as_deref().and_then(OsStr::to_str).and_then(|name| name.strip_suffix(".tar"))
    else {
        return;
    };
    if let Some(module) = component.strip_prefix("module-") {
        let home = format!("{MODULES}{module}");
        let is_legacy = !paths.iter().any(|path| path.starts_with(MODULES));
        if is_legacy && home.parse::<RepositoryName>().is_ok() {
            for path in paths.iter_mut() {
                **path = if path.is_empty() { home.clone() } else { format!("{home}/{path}") };
            }
        }
    } else if component == "security" {
        for path in paths.iter_mut().filter(|path| path.starts_with("trivy-")) {
            path.insert_str(0, "security/");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_older_releases_are_changed() {
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
            let mut paths: Vec<String> = before.iter().map(ToString::to_string).collect();
            relocate(Some(OsStr::new(name)), &mut paths.iter_mut().collect::<Vec<_>>());
            assert_eq!(paths, after, "{name}");
        }
    }
}
