//! The plan as a JSON document.

use cluster::{
    Interruption,
    changelog::ReleaseChanges,
    image_check::ImageReport,
    packages::{ApplicationSummary, RepositoryHealth},
    plan::{Creation, InCluster, Plan, PlanBundle, PlanRegistry, Step, StepInRegistry, Task},
    status::Part,
};
use commands::{ClusterFlags, Command, Sentence};
use foreign_text::ForeignText;
use problems::Problem;
use serde::Serialize;

use super::super::documents::{ModulesDocument, RequirementDocument};
use crate::words;

/// A plan. Texts are worded, and commands name the cluster.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlanDocument {
    deployed: String,
    steps: Vec<StepDocument>,
    registry: Option<PlanRegistry>,
    /// The bundle that the releases were read from; null if none was given.
    bundle: Option<PlanBundle>,
    /// Whether the images of the first release can be pulled; null if that was not checked.
    images: Option<ImageReport>,
    modules: ModulesDocument,
    packages: PackagesDocument,
    left_out: Vec<LeftOutDocument>,
    breaking_points: Vec<BreakingDocument>,
    removed_apis: Vec<ApiDocument>,
    tasks: Vec<TaskDocument>,
    unknown: Vec<String>,
    blocking: Vec<Sentence>,
    /// What may make the controller skip minor versions, or deploy them unasked.
    warnings: Vec<Sentence>,
    /// Why the next release cannot be approved yet, although nothing blocks; `next` waits for the end of it then.
    unfinished: Option<Sentence>,
    next: Option<Command>,
}

/// Null is what the platform does not have.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PackagesDocument {
    repositories: Option<Part<Vec<RepositoryHealth>>>,
    applications: Option<Part<ApplicationSummary>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StepDocument {
    version: String,
    in_file: bool,
    in_cluster: Option<InClusterDocument>,
    in_registry: Option<StepInRegistry>,
    /// Whether the controller creates its object; null if it exists, or if no registry was asked.
    created_by_controller: Option<Creation>,
    requirements: Vec<RequirementDocument>,
    disruptions: Vec<ForeignText>,
    disruptions_need_approval: bool,
    /// What it changes, without what is disabled in the cluster.
    changelog: Option<ReleaseChanges>,
    /// How it may interrupt the Kubernetes API.
    interruption: Option<Interruption>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct InClusterDocument {
    name: String,
    phase: String,
    approved: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LeftOutDocument {
    versions: Vec<String>,
    why: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BreakingDocument {
    object: String,
    what: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ApiDocument {
    object: String,
    api: String,
    removed_in: String,
    replacement: Sentence,
}

/// What a person has to do before a release.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct TaskDocument {
    before: String,
    after: Option<String>,
    what: Sentence,
    steps: Vec<Sentence>,
}

impl PlanDocument {
    pub(super) fn of(plan: &Plan, flags: &ClusterFlags) -> Self {
        let in_words = |problems: &[Problem]| {
            problems.iter().map(|it| words::with_remedy(it).addressed(flags)).collect()
        };
        Self {
            deployed: plan.deployed.clone(),
            steps: plan.steps.iter().map(|step| StepDocument::of(step, flags)).collect(),
            registry: plan.registry.clone(),
            bundle: plan.bundle.clone(),
            images: plan.images.clone(),
            modules: ModulesDocument::of(&plan.modules),
            packages: PackagesDocument {
                repositories: Part::unless_absent(&plan.packages.repositories),
                applications: Part::unless_absent(&plan.packages.applications),
            },
            left_out: plan
                .left_out
                .iter()
                .map(|it| LeftOutDocument {
                    versions: it.versions.iter().map(|version| format!("v{version}")).collect(),
                    why: words::left_out::reason(&it.reason),
                })
                .collect(),
            breaking_points: plan
                .breaking_points
                .iter()
                .map(|it| BreakingDocument {
                    object: it.object.clone(),
                    what: words::plan::breaking(&it.fault),
                })
                .collect(),
            removed_apis: plan
                .removed_apis
                .iter()
                .map(|it| ApiDocument {
                    object: words::plan::api_user(&it.user),
                    api: it.api.clone(),
                    removed_in: it.removed_in.clone(),
                    replacement: words::plan::api_instead(&it.instead).addressed(flags),
                })
                .collect(),
            tasks: plan.tasks.iter().map(|it| TaskDocument::of(it, flags)).collect(),
            unknown: plan.unknown.iter().map(words::plan::unknown).collect(),
            blocking: in_words(&plan.blocking),
            warnings: in_words(&plan.risks),
            unfinished: plan.unfinished.as_ref().map(words::what),
            next: plan.next.clone().map(|command| command.addressed(flags)),
        }
    }
}

impl TaskDocument {
    fn of(task: &Task, flags: &ClusterFlags) -> Self {
        let steps = words::task::steps(&task.work).into_iter().map(|step| step.addressed(flags).text);
        Self {
            before: task.before.clone(),
            after: task.after.clone(),
            what: words::task::what(&task.work).into(),
            steps: steps.collect(),
        }
    }
}

impl StepDocument {
    fn of(step: &Step, flags: &ClusterFlags) -> Self {
        let in_cluster = |InCluster { name, phase, approved }: &InCluster| InClusterDocument {
            name: name.clone(),
            phase: phase.clone(),
            approved: *approved,
        };
        Self {
            version: step.version.clone(),
            in_file: step.in_file,
            in_cluster: step.in_cluster.as_ref().map(in_cluster),
            in_registry: step.in_registry,
            created_by_controller: step.creation,
            requirements: step.requirements.iter().map(|it| RequirementDocument::of(it, flags)).collect(),
            disruptions: step.disruptions.clone(),
            disruptions_need_approval: step.disruptions_need_approval,
            changelog: step.changes.clone(),
            interruption: step.interruption,
        }
    }
}
