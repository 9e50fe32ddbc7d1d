//! The script that a node runs as a step of the platform's own configuration.
//!
//! Its pattern is the one that the platform's documentation gives (node-manager, "installing a specific kernel
//! version"): nothing to do where the kernel runs; wait for the approval of a disruption; install; ask for a
//! reboot. It differs in two things: one script serves apt and rpm, and a reboot is asked for once only.

use super::KernelVersion;

/// The script for one version. A step must be idempotent: it runs at every change of the node's configuration.
pub(super) fn script(kernel: &KernelVersion) -> String {
    include_str!("script.sh").replace("@KERNEL@", &format!("\"{kernel}\""))
}

/// The version that this line of a script names, if it is the line that does.
pub(super) fn installed(line: &str) -> Option<KernelVersion> {
    line.strip_prefix("kernel=\"")?.strip_suffix('"')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::{path::Path, process::Command};

    use super::*;

    /// Stands in for what a node gives to a step: each call is a line of the log.
    const NODE: &str = r#"
        log() { printf '%s\n' "$*" >>"$LOG"; }
        bb-log-error() { log error "$@"; }
        bb-log-info() { :; }
        bb-flag-set() { log flag "$@"; }
        bb-deckhouse-get-disruptive-update-approval() { log approval; }
        bb-apt-install() { log apt "$@"; }
        bb-yum-install() { log yum "$@"; }
        bb-yum-package?() { return "$INSTALLED"; }
        grubby() { log grubby "$@"; }
        uname() { echo "$RUNNING"; }
        cat() { case "$1" in /proc/*) echo "$BOOT" ;; *) echo "$(<"$1")" ;; esac; }
    "#;
    const APT: &str = "apt-get() { :; }; dpkg() { :; }\n";
    const RPM: &str = "rpm() { :; }; dnf() { :; }\n";
    const WANTED: &str = "6.1.0-18-amd64";

    struct Run {
        running: &'static str,
        boot: &'static str,
        installed: bool,
    }

    /// Runs the script as the platform runs a step: errors end it.
    fn run(home: &Path, family: &str, run: &Run) -> String {
        let log = home.join("log");
        std::fs::write(&log, "").unwrap();
        let script = script(&WANTED.parse().unwrap()).replace("/var/lib/bashible", home.to_str().unwrap());
        let status = Command::new("/bin/bash")
            .args(["-eEuo", "pipefail", "-c", &format!("{NODE}{family}{script}")])
            .env_clear()
            // None of the host's own package managers; these two are all that the script needs.
            .env("PATH", tools(home))
            .env("LOG", &log)
            .env("RUNNING", run.running)
            .env("BOOT", run.boot)
            .env("INSTALLED", if run.installed { "0" } else { "1" })
            .status()
            .unwrap();
        assert!(status.success(), "{family}: {status}");
        std::fs::read_to_string(log).unwrap()
    }

    fn tools(home: &Path) -> std::path::PathBuf {
        let tools = home.join("tools");
        if std::fs::create_dir(&tools).is_ok() {
            for tool in ["mkdir", "rm"] {
                std::os::unix::fs::symlink(format!("/bin/{tool}"), tools.join(tool)).unwrap();
            }
        }
        tools
    }

    #[test]
    fn a_node_of_either_family_installs_asks_for_one_reboot_and_is_done() {
        for (family, installs) in [
            (APT, "apt linux-image-6.1.0-18-amd64\n"),
            (RPM, "yum kernel-6.1.0-18-amd64\ngrubby --set-default /boot/vmlinuz-6.1.0-18-amd64\n"),
        ] {
            let home = tempfile::tempdir().unwrap();
            let old = Run { running: "5.10.0-9-amd64", boot: "1", installed: false };
            assert_eq!(run(home.path(), family, &old), format!("approval\n{installs}flag reboot\n"));
            // Run once more before the reboot: it is still to come.
            assert_eq!(run(home.path(), family, &old), "flag reboot\n");
            let other = Run { running: "5.10.0-9-amd64", boot: "2", installed: true };
            let log = run(home.path(), family, &other);
            assert!(log.starts_with("error kernel 6.1.0-18-amd64 is installed, but"), "{log}");
            assert_eq!(log.lines().count(), 1, "{log}");
            let done = Run { running: WANTED, boot: "3", installed: true };
            assert_eq!(run(home.path(), family, &done), "");
            // Another kernel was wanted in between, and now this one again.
            let again =
                run(home.path(), family, &Run { running: "6.1.0-20-amd64", boot: "4", installed: false });
            assert_eq!(again, format!("approval\n{installs}flag reboot\n"));
        }
    }

    #[test]
    fn an_installed_kernel_is_kept_and_other_systems_are_not_changed() {
        let home = tempfile::tempdir().unwrap();
        let old = Run { running: "5.10.0-9-amd64", boot: "1", installed: true };
        let log = run(home.path(), RPM, &old);
        assert_eq!(log, "approval\ngrubby --set-default /boot/vmlinuz-6.1.0-18-amd64\nflag reboot\n");
        let home = tempfile::tempdir().unwrap();
        let log = run(home.path(), "", &old);
        assert!(
            log.starts_with(
                "error kernel 6.1.0-18-amd64 is not installed: this node has no supported package manager"
            ),
            "{log}"
        );
    }

    #[test]
    fn the_script_needs_no_escaping_in_yaml() {
        let script = script(&WANTED.parse().unwrap());
        assert!(!script.contains("{{") && !script.contains('\t') && !script.contains('@'), "{script}");
        assert!(script.lines().all(|line| line == line.trim_end()), "{script}");
    }
}
