//! Every task in words, and hostile names in its commands.

use cluster::{
    KubernetesPlace,
    plan::{ApiInstead, ApiUse, ApiUser, Replacement, Task, Work},
    requirements::{Fix, FoundRuntime, Holder, Runtime, SetKubernetes, Shortfall, Unmet},
};
use testkit::shell::HOSTILE_NAMES;

use super::{hostile::is_read_as_meant, task::task};

fn unmet(objects: Vec<Holder>, shortfall: Shortfall, fix: Fix) -> Work {
    Work::Meet(Unmet { objects, shortfall, fix, may_change: false })
}

fn node(name: &str) -> Holder {
    Holder::Node { name: name.to_owned(), group: Some("worker".to_owned()) }
}

fn object(kind: &'static str, name: &str) -> Holder {
    Holder::Object { kind, name: name.to_owned() }
}

fn works(name: &str) -> Vec<Work> {
    let own = str::to_owned;
    let use_of = |user, api: &str, instead| ApiUse { user, api: own(api), removed_in: own("1.32"), instead };
    let shop = ApiUser::Object {
        kind: own("HorizontalPodAutoscaler"),
        name: own("web"),
        namespace: own("prod"),
        release: format!("prod/{name}"),
    };
    let upgrade = |fix| Work::UpgradeKubernetes {
        found: own("v1.30.4"),
        nodes_first: None,
        through: vec![(1, 31), (1, 32)],
        fix,
    };
    let set = |place| Fix::RaiseKubernetes(SetKubernetes { place, version: None });
    let kernel = |groups: &[&str], alt: &[&str]| Work::UpgradeKernel {
        lowest: own("5.8.0"),
        groups: groups.iter().map(|it| own(it)).collect(),
        alt: alt.iter().map(|it| own(it)).collect(),
    };
    let controller = || Shortfall::IngressController { found: own("1.9"), lowest: own("1.12") };
    vec![
        Work::ReplaceApis {
            kubernetes: (1, 32),
            uses: vec![
                use_of(
                    shop,
                    "autoscaling/v2beta2 HorizontalPodAutoscaler",
                    ApiInstead::Known(Replacement::Api("autoscaling/v2")),
                ),
                use_of(
                    ApiUser::Client,
                    "flowcontrol.apiserver.k8s.io/v1beta3 flowschemas",
                    ApiInstead::MigrationGuide,
                ),
                use_of(ApiUser::Alert { id: own("a1") }, "", ApiInstead::SeeHelm("1 object".into())),
            ],
        },
        upgrade(set(KubernetesPlace::ClusterConfiguration)),
        upgrade(set(KubernetesPlace::ModuleConfig { exists: false, versioned: false })),
        upgrade(Fix::UpgradeManagedKubernetes),
        kernel(&[name], &[]),
        kernel(&[], &[name, "alt-1"]),
        unmet(
            vec![node(name), node("w-1"), node("w-2"), node("w-3")],
            Shortfall::OperatingSystem { found: own("Ubuntu 18.04"), name: "Ubuntu", lowest: own("20.04") },
            Fix::UpgradeSystem { name: "Ubuntu", lowest: own("20.04") },
        ),
        unmet(
            vec![object("NodeGroup", name)],
            Shortfall::Runtime {
                found: FoundRuntime::OfGroup(own("Containerd")),
                needed: Runtime::ContainerdV2,
            },
            Fix::ChangeRuntime(Runtime::ContainerdV2),
        ),
        unmet(
            vec![Holder::ClusterConfiguration],
            Shortfall::Runtime { found: FoundRuntime::Default(own("Docker")), needed: Runtime::Containerd },
            Fix::ChangeRuntime(Runtime::Containerd),
        ),
        unmet(
            vec![object("IngressNginxController", name)],
            controller(),
            Fix::RaiseIngressController { name: own(name) },
        ),
        unmet(vec![object("IngressNginxController", name)], controller(), Fix::RaiseDefaultIngressController),
        unmet(
            vec![object("ModuleConfig", "istio")],
            Shortfall::Istio { found: own("1.16"), lowest: own("1.19") },
            Fix::MoveIstioWorkloads,
        ),
        unmet(
            vec![object("Module", name)],
            Shortfall::ModuleEnabled,
            Fix::DisableModule { module: own(name), configured: true },
        ),
    ]
}

fn tasks(name: &str) -> Vec<Task> {
    let task = |work| Task { before: "v1.72.2".to_owned(), after: None, work };
    let mut tasks: Vec<Task> = works(name).into_iter().map(task).collect();
    tasks[1].after = Some("v1.71.4".to_owned());
    tasks
}

#[test]
fn what_is_to_be_done_and_how_it_is_checked() {
    let blocks: Vec<String> = tasks("shop").iter().map(|it| task(it).to_string()).collect();
    insta::assert_snapshot!(blocks.join("\n"));
}

#[test]
fn names_stay_within_one_word_of_a_command() {
    for name in HOSTILE_NAMES {
        let mut with_name = 0;
        for step in tasks(name).iter().flat_map(|it| task(it).steps) {
            for command in step.text.commands() {
                with_name += usize::from(is_read_as_meant(command, name));
            }
        }
        // A Helm release whose name contains a slash is split.
        assert!(with_name >= 6, "{name}: {with_name}");
    }
}
