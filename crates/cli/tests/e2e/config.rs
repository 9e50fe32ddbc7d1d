//! Manifests for a cluster: what is printed, where it goes, and that nothing secret is told beside it.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use testkit::certificates::Authority;

use crate::world::{Run, command, dhctl};

const PASSWORD: &str = "s3cr@t pa:ss/%é";

/// A folder with a password file and a certificate.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("password"), format!("{PASSWORD}\n")).unwrap();
    fs::write(folder.path().join("ca.crt"), Authority::new("config").unwrap().pem()).unwrap();
    folder
}

/// Runs `dhctl config` with these words; nothing of the password may be on standard error.
fn config(folder: &Path, words: &str) -> Run {
    let words: Vec<&str> = words.split_whitespace().collect();
    let run = dhctl(folder, &[&["config"], &words[..]].concat());
    assert!(!run.stderr.contains("s3cr"), "{words:?}: {}", run.stderr);
    run
}

const LOGIN: &str = "-r registry.example.com:5000/dkp/ee -u robot$dkp --registry-password-file password";
const PROXY: &str = "--http-proxy http://proxy.example.com:3128 --https-proxy http://proxy.example.com:3128 \
                     --proxy-login cluster --proxy-password-file password";

#[test]
fn what_is_printed() {
    let folder = folder();
    let ca = fs::read_to_string(folder.path().join("ca.crt")).unwrap();
    let ca: Vec<&str> = ca.lines().map(str::trim).collect();
    let mut transcript = String::new();
    for words in [
        format!("docker-cfg {LOGIN}"),
        "docker-cfg -r registry.example.com:5000".to_owned(),
        format!("init-configuration {LOGIN} --ca-file ca.crt"),
        "init-configuration -r 10.0.0.1:5000/dkp/ee --insecure".to_owned(),
        format!("module-source --name inside {LOGIN} --ca-file ca.crt"),
        format!("module-source --name inside {LOGIN} -o source.yml"),
        "module-source --name inside -r registry.example.com/dkp/modules --insecure".to_owned(),
        format!("package-repository --name inside {LOGIN} --ca-file ca.crt"),
        format!("package-repository --name inside {LOGIN} -o packages.yml"),
        "package-repository --name inside -r registry.example.com/dkp/packages --insecure".to_owned(),
        format!("registry --mode Direct {LOGIN} --ca-file ca.crt"),
        format!("registry --mode Proxy {LOGIN} --patch -o patch.yml"),
        "registry --mode Unmanaged -r registry.example.com/dkp/ee --insecure --patch".to_owned(),
        "registry --mode Local --patch".to_owned(),
        format!("registry --mode Managed {LOGIN} --storage-size 50Gi"),
        format!("proxy {PROXY} --no-proxy 10.0.0.0/24,.example.com -r Registry.example.com:5000/dkp/ee"),
        "proxy --https-proxy http://proxy.example.com:3128".to_owned(),
        format!("proxy {PROXY} --no-proxy 10.0.0.0/24 -r registry.example.com:5000 --squid-conf squid.conf"),
    ] {
        let run = config(folder.path(), &words).expect(0);
        let lines = run.stdout.lines().filter(|line| !ca[1..ca.len() - 1].contains(&line.trim()));
        let stdout: String = lines.map(|line| format!("{line}\n")).collect::<Vec<_>>().concat();
        transcript += &format!("$ dhctl config {words}\n--- stderr\n{}--- stdout\n{stdout}\n", run.stderr);
    }
    let squid = fs::read_to_string(folder.path().join("squid.conf")).unwrap();
    transcript += &format!("$ cat squid.conf\n{squid}");
    insta::assert_snapshot!(transcript);
}

#[test]
fn what_is_refused() {
    let folder = folder();
    let mut transcript = String::new();
    for words in [
        "docker-cfg -r registry.example.com -u robot",
        "docker-cfg -r registry.example.com --registry-password-file password",
        "docker-cfg -r registry.example.com -u ro:bot --registry-password-file password",
        "init-configuration -r my_host:5000/dkp/ee",
        "init-configuration -r registry.example.com/dkp/ee --ca-file password",
        "module-source --name deckhouse -r registry.example.com/dkp/modules",
        "module-source --name In_side -r registry.example.com/dkp/modules",
        "package-repository --name deckhouse-modules -r registry.example.com/dkp/packages",
        "package-repository --name In_side -r registry.example.com/dkp/packages",
        "registry --mode Direct -r registry.example.com/dkp/ee -u robot",
        "registry --mode Direct -r my_host:5000/dkp/ee",
        "registry --mode Proxy",
        "registry --mode Managed",
        "registry --mode Managed --patch",
        "registry --mode Local --cache",
        "registry --mode Managed -r registry.example.com/dkp/ee --storage-size 50GB",
        "proxy --http-proxy proxy.example.com:3128",
        "proxy --http-proxy http://proxy.example.com:3128/",
        "proxy --http-proxy http://me:s3cr@t@proxy.example.com:3128",
        "proxy --http-proxy http://me@corp:s3cr3t@proxy.example.com:3128",
        "proxy --http-proxy http://proxy.example.com --proxy-login me@corp --proxy-password-file password",
        "proxy --http-proxy http://proxy.example.com --no-proxy *.example.com",
        "proxy --http-proxy http://proxy.example.com --no-proxy registry.example.com:5000",
        "proxy --http-proxy http://proxy.example.com --no-proxy Registry.example.com",
        "proxy --http-proxy http://proxy.example.com --squid-conf squid.conf",
        "proxy --http-proxy https://me:pw@proxy.example.com --squid-conf squid.conf",
    ] {
        let run = config(folder.path(), words);
        assert_eq!(run.stdout, "", "{words}");
        transcript += &format!("$ dhctl config {words}\n--- exit {}\n{}\n", run.code.unwrap(), run.stderr);
    }
    insta::assert_snapshot!(transcript);
    for words in [
        "proxy",
        "module-source -r registry.example.com/dkp/modules",
        "package-repository -r registry.example.com/dkp/packages",
        "init-configuration -r registry.example.com/dkp/ee --insecure --ca-file ca.crt",
        "docker-cfg -r registry.example.com/",
        "docker-cfg -r me:s3cr3t@registry.example.com/a/b c",
    ] {
        let words: Vec<&str> = words.split_whitespace().collect();
        dhctl(folder.path(), &[&["config"], &words[..]].concat()).expect(2);
    }
    assert!(!folder.path().join("squid.conf").exists());
}

#[test]
fn files_are_private_and_never_replaced_unasked() {
    let folder = folder();
    let path = folder.path().join("cfg");
    let words = format!("docker-cfg {LOGIN} -o cfg");
    let run = config(folder.path(), &words).expect(0);
    assert_eq!(run.stdout, "");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&path).unwrap();
    let decoded = STANDARD.decode(text.trim_end()).unwrap();
    let document: serde_json::Value = serde_json::from_slice(&decoded).unwrap();
    assert_eq!(document["auths"]["registry.example.com:5000"]["password"], PASSWORD);

    fs::write(&path, "mine").unwrap();
    let run = config(folder.path(), &words).expect(6);
    assert!(run.stderr.contains("cfg") && run.stderr.contains("--force"), "{}", run.stderr);
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
    config(folder.path(), &format!("{words} --force")).expect(0);
    assert_eq!(fs::read_to_string(&path).unwrap(), text);

    fs::write(folder.path().join("squid.conf"), "mine").unwrap();
    let run = config(folder.path(), &format!("proxy {PROXY} --squid-conf squid.conf")).expect(6);
    assert_eq!(run.stdout, "");
    assert_eq!(fs::read_to_string(folder.path().join("squid.conf")).unwrap(), "mine");
    config(folder.path(), "docker-cfg -r r.example -o nowhere/cfg").expect(6);
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 4, "{names:?}");
}

#[test]
fn variables_and_standard_input() {
    use std::io::Write as _;
    let folder = folder();
    let expected = config(folder.path(), &format!("docker-cfg {LOGIN}")).expect(0).stdout;
    let variables = [
        ("DHCTL_CLI_MIRROR_PRIVATE_REGISTRY", "registry.example.com:5000/dkp/ee"),
        ("DHCTL_CLI_MIRROR_USER", "robot$dkp"),
        ("DHCTL_CLI_MIRROR_PASS", PASSWORD),
    ];
    let mut run = command(folder.path());
    let run = Run::of(run.args(["config", "docker-cfg"]).envs(variables).output().unwrap());
    assert_eq!(run.expect(0).stdout, expected);

    let mut child = command(folder.path());
    child
        .args(["config", "docker-cfg", "--registry-password-file", "-"])
        .envs(variables[..2].iter().copied());
    let child = child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = child.spawn().unwrap();
    child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
    assert_eq!(Run::of(child.wait_with_output().unwrap()).expect(0).stdout, expected);
}

#[test]
fn squid_takes_its_configuration() {
    let folder = folder();
    let words = format!("proxy {PROXY} -r registry.example.com:5000 --squid-conf squid.conf");
    config(folder.path(), &words).expect(0);
    let squid = if Path::new("/usr/sbin/squid").exists() { "/usr/sbin/squid" } else { "squid" };
    let check =
        Command::new(squid).args(["-k", "parse", "-f"]).arg(folder.path().join("squid.conf")).output();
    let check = check.unwrap();
    let told = String::from_utf8_lossy(&check.stderr);
    assert!(check.status.success(), "{told}");
    for word in ["WARNING", "ERROR", "FATAL"] {
        assert!(!told.contains(word), "{told}");
    }
}
