//! A setup of a real Nexus 3.71 core, which has no docker format: raw repositories are used instead, whose requests and
//! answers have the same base class. `DHCTL_TEST_NEXUS` names the unpacked assembly.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use egress::{Secret, Settings};
use http::Method;
use registry_admin::{
    Account, Agreed, Body, Call, Change, Error, Finding, Login, Next, Object, Product, Refusal, SecretName,
    Secrets, Step,
    nexus::{Connectors, Nexus, OutgoingProxy, ProxyServer, Upstream, Wanted},
};
use serde_json::json;

/// A Nexus that ends with the test.
struct Core {
    process: Child,
    host: String,
    _data: tempfile::TempDir,
}

impl Core {
    /// Starts one in a folder of its own, and waits until it answers.
    async fn start() -> Self {
        let assembly = PathBuf::from(std::env::var_os("DHCTL_TEST_NEXUS").unwrap());
        let data = tempfile::tempdir().unwrap();
        for folder in ["etc", "log", "tmp"] {
            fs::create_dir(data.path().join(folder)).unwrap();
        }
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let properties = format!(
            "application-host=127.0.0.1\napplication-port={port}\nnexus.security.randompassword=false\n\
             nexus.onboarding.enabled=false\n"
        );
        fs::write(data.path().join("etc/nexus.properties"), properties).unwrap();
        let process = Command::new("setpriv")
            .args(["--pdeathsig", "TERM", "bash", "bin/nexus", "server"])
            .current_dir(assembly)
            .env("KARAF_DATA", data.path())
            .envs([("JAVA_MIN_MEM", "64m"), ("JAVA_MAX_MEM", "384m"), ("DIRECT_MAX_MEM", "256m")])
            .stdin(Stdio::null())
            .stdout(fs::File::create(data.path().join("log/console")).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let core = Self { process, host: format!("127.0.0.1:{port}"), _data: data };
        let begun = Instant::now();
        while core.nexus("admin", "admin123", hosted()).observe(&Secrets::default()).await.is_err() {
            assert!(begun.elapsed() < Duration::from_mins(5), "Nexus does not start");
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        core
    }

    fn nexus(&self, name: &str, password: &str, wanted: Wanted) -> Nexus {
        let login = Login { name: name.to_owned(), password: Secret::new(password) };
        Nexus::new(&Settings::default(), &self.host.parse().unwrap(), true, login, wanted).unwrap()
    }

    fn admin(&self, wanted: Wanted) -> Nexus {
        self.nexus("admin", "admin123", wanted)
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status();
        let _ = self.process.wait();
    }
}

fn hosted() -> Wanted {
    Wanted {
        repository: "dkp".into(),
        format: "raw".into(),
        realm: Some("DefaultRole".into()),
        blob_store: "default".into(),
        upstream: None,
        connectors: Connectors::default(),
        pull_account: "dkp-pull".into(),
        push_account: "dkp-push".into(),
        allow_anonymous: false,
        accept_eula: true,
        outgoing_proxy: None,
    }
}

fn secrets() -> Secrets {
    let mut secrets = Secrets::default();
    for (account, password) in [(Account::Pull, "Pull-12345"), (Account::Push, "Push-12345")] {
        secrets.insert(SecretName::Account(account), Secret::new(password));
    }
    secrets.insert(SecretName::Upstream, Secret::new("license-key"));
    secrets
}

/// Sends what a plan says, and gives the objects of its steps.
async fn carry_out(nexus: &Nexus, secrets: &Secrets) -> Vec<Object> {
    let steps = nexus.plan(&nexus.observe(secrets).await.unwrap()).unwrap();
    let objects = steps.iter().map(|step| step.object.clone()).collect();
    let mut agreed = Agreed::new(steps);
    loop {
        let planned = nexus.plan(&nexus.observe(secrets).await.unwrap()).unwrap();
        let step: &Step = match agreed.next(&planned) {
            Next::Done => return objects,
            Next::Send(step) => step,
            other => panic!("{other:?}"),
        };
        nexus.send(step, secrets).await.unwrap();
        agreed.sent(step);
    }
}

#[cfg_attr(not(dhctl_test_nexus), ignore = "not run: DHCTL_TEST_NEXUS does not name an unpacked Nexus core")]
#[tokio::test]
async fn a_real_core_with_the_format_raw_instead_of_docker() {
    let core = Core::start().await;
    let secrets = secrets();
    let (role, user) = (|it: &str| Object::Role(it.into()), |it: &str| Object::User(it.into()));

    // From nothing, and a second time.
    let nexus = core.admin(hosted());
    let repository = |name: &str| Object::Repository(name.into());
    assert_eq!(
        carry_out(&nexus, &secrets).await,
        [
            Object::Realms,
            repository("dkp"),
            role("dkp-pull"),
            user("dkp-pull"),
            role("dkp-push"),
            user("dkp-push")
        ]
    );
    assert_eq!(carry_out(&nexus, &secrets).await, []);

    // The docker realm and format are not in the core.
    let docker = Wanted { format: "docker".into(), realm: Some("DockerToken".into()), ..hosted() };
    let docker = Wanted { connectors: Connectors { http: Some(5000), https: None }, ..docker };
    let nexus = core.admin(docker);
    let observed = nexus.observe(&secrets).await.unwrap();
    assert_eq!(nexus.plan(&observed), Err(Refusal::NoRealm("DockerToken".into())));

    // A proxy repository: created, a changed setting set back, and the rest kept.
    let proxy = |not_found_cache| Wanted {
        repository: "cache".into(),
        pull_account: "cache-pull".into(),
        upstream: Some(Upstream {
            url: "https://registry.example.com".into(),
            login: Some("license-token".into()),
            not_found_cache,
        }),
        ..hosted()
    };
    assert_eq!(
        carry_out(&core.admin(proxy(0)), &secrets).await,
        [repository("cache"), role("cache-pull"), user("cache-pull")]
    );
    assert_eq!(carry_out(&core.admin(proxy(0)), &secrets).await, []);
    assert_eq!(carry_out(&core.admin(proxy(30)), &secrets).await, [repository("cache")]);
    assert_eq!(carry_out(&core.admin(proxy(30)), &secrets).await, []);
    // Without the password of the upstream it cannot be sent back.
    let without = without_upstream(&secrets);
    let nexus = core.admin(proxy(0));
    let refusal = nexus.plan(&nexus.observe(&without).await.unwrap()).unwrap_err();
    assert!(matches!(refusal, Refusal::PasswordNeeded { .. }), "{refusal:?}");

    // A repository of another type is not replaced; an unknown blob store is named.
    let other = Wanted { repository: "cache".into(), ..hosted() };
    let nexus = core.admin(other);
    let refusal = nexus.plan(&nexus.observe(&secrets).await.unwrap()).unwrap_err();
    assert!(matches!(refusal, Refusal::OtherKind { .. }), "{refusal:?}");
    let nexus = core.admin(Wanted { repository: "new".into(), blob_store: "none".into(), ..hosted() });
    let refusal = nexus.plan(&nexus.observe(&secrets).await.unwrap()).unwrap_err();
    assert_eq!(refusal, Refusal::NoBlobStore { name: "none".into(), known: vec!["default".into()] });

    // A user with another password, a wrong login, a user without rights.
    let mut wrong = secrets.clone();
    wrong.insert(SecretName::Account(Account::Pull), Secret::new("other"));
    let nexus = core.admin(hosted());
    let refusal = nexus.plan(&nexus.observe(&wrong).await.unwrap()).unwrap_err();
    assert_eq!(refusal, Refusal::PasswordWrong { account: Account::Pull, login: "dkp-pull".into() });
    let denied = core.nexus("admin", "wrong", hosted()).observe(&secrets).await.unwrap_err();
    assert!(matches!(denied, Error::Unauthorized { .. }), "{denied}");
    let denied = core.nexus("dkp-pull", "Pull-12345", hosted()).observe(&secrets).await.unwrap_err();
    assert!(matches!(denied, Error::Forbidden { .. }), "{denied}");

    // A user whose role does not exist is created without it, and the answer does not say that: the plan shows it.
    let nexus = core.admin(Wanted { pull_account: "late".into(), ..hosted() });
    let steps = nexus.plan(&nexus.observe(&secrets).await.unwrap()).unwrap();
    assert_eq!(steps[1].object, user("late"));
    nexus.send(&steps[1], &secrets).await.unwrap();
    let mut agreed = Agreed::new(steps.clone());
    agreed.sent(&steps[1]);
    let planned = nexus.plan(&nexus.observe(&secrets).await.unwrap()).unwrap();
    assert_eq!(planned.iter().map(|it| it.object.clone()).collect::<Vec<_>>(), [role("late"), user("late")]);
    assert!(matches!(agreed.next(&planned[1..]), Next::NotKept(_)), "{planned:?}");
    // A duplicate is a fault of the server, and its reason is shown.
    let fault = nexus.send(&steps[1], &secrets).await.unwrap_err();
    assert!(fault.to_string().contains("DuplicateUserException"), "{fault}");
    assert!(carry_out(&nexus, &secrets).await.contains(&role("late")));

    // Anonymous access, and the proxy of Nexus: this version has no API for it.
    let proxy = ProxyServer { host: "proxy.example.com".into(), port: 3128 };
    let outgoing = OutgoingProxy { https: Some(proxy), ..OutgoingProxy::default() };
    let open = Wanted { allow_anonymous: true, outgoing_proxy: Some(outgoing), ..hosted() };
    let nexus = core.admin(open);
    // A new core of this version has it on; another administrator switches it off.
    assert!(nexus.findings(&nexus.observe(&secrets).await.unwrap()).contains(&Finding::AnonymousAccess));
    let off = json!({"enabled": false, "userId": "anonymous", "realmName": "NexusAuthorizingRealm"});
    let call = Call { method: Method::PUT, path: "/v1/security/anonymous".into(), body: Body::new(off) };
    let step = Step { object: Object::AnonymousAccess, change: Change::Set(Vec::new()), call };
    nexus.send(&step, &secrets).await.unwrap();
    let done = carry_out(&nexus, &secrets).await;
    let findings = nexus.findings(&nexus.observe(&secrets).await.unwrap());
    assert!(done.contains(&Object::AnonymousAccess), "{done:?}");
    assert!(findings.contains(&Finding::AnonymousAccess), "{findings:?}");
    assert_eq!(done.contains(&Object::OutgoingProxy), !findings.contains(&Finding::NoOutgoingProxyApi));
}

fn without_upstream(secrets: &Secrets) -> Secrets {
    let mut fewer = Secrets::default();
    for name in secrets.names().into_iter().filter(|name| *name != SecretName::Upstream) {
        fewer.insert(name, secrets.get(name).unwrap().clone());
    }
    fewer
}
