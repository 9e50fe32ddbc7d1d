//! What a plan reports besides releases and problems.

use cluster::plan::{ApiInstead, ApiUse, ApiUser, BreakingFault, PlanSource, PlanUnknown, Replacement};
use commands::{Sentence, Update};
use problems::{Advice, Problem};

use super::{Block, Step, advice};

/// What uses an API.
pub(crate) fn api_user(user: &ApiUser) -> String {
    match user {
        ApiUser::Alert { id } => format!("ClusterAlert/{id}"),
        ApiUser::Client => {
            "a client of the API server (the audit log names it: annotation k8s.io/deprecated)".to_owned()
        }
        ApiUser::Object { kind, name, namespace, release } => {
            let namespace =
                if namespace.is_empty() { String::new() } else { format!(" in namespace {namespace}") };
            let object = if name.is_empty() { kind.clone() } else { format!("{kind}/{name}") };
            format!("{object}{namespace}, from Helm release {release}")
        }
    }
}

/// What to use instead.
pub(crate) fn api_instead(instead: &ApiInstead) -> Sentence {
    match instead {
        ApiInstead::Known(Replacement::Api(api)) => (*api).into(),
        ApiInstead::Known(Replacement::PodSecurityAdmission) => {
            "Pod Security Admission, or the module admission-policy-engine".into()
        }
        ApiInstead::MigrationGuide => {
            "the replacement that the Kubernetes Deprecated API Migration Guide gives".into()
        }
        ApiInstead::SeeHelm(summary) => {
            Sentence::from(format!("{summary}; list the objects: ")).command(Update::PlanWithHelm)
        }
    }
}

/// One use of an API in one line.
pub(crate) fn api_use(it: &ApiUse) -> Sentence {
    let removed = match it.removed_in.as_str() {
        "" => String::new(),
        version => format!(", removed in Kubernetes {version}"),
    };
    let text = Sentence::from(format!("{}: ", api_user(&it.user)));
    if it.api.is_empty() {
        text.then(api_instead(&it.instead))
    } else {
        text.text(format!("{}{removed}; use ", it.api)).then(api_instead(&it.instead))
    }
}

/// What blocks, in the text of a plan, which has the steps of requirements above it.
pub(crate) fn blocker(problem: &Problem) -> Block {
    let step = |it: &Advice| match it {
        Advice::MeetListed => Step::here("meet these requirements; for the steps, see \"To do\" above"),
        other => advice::step(other),
    };
    Block::new(super::what(problem)).means(super::means(&problem.fact)).steps(problem.advice.iter().map(step))
}

/// What is wrong.
pub(crate) fn breaking(fault: &BreakingFault) -> String {
    match fault {
        BreakingFault::Alert { name, summary } => format!("{name}: {summary}"),
        BreakingFault::OldSettings(message) => message.as_str().to_owned(),
    }
}

/// What could not be read.
pub(crate) fn unknown(unknown: &PlanUnknown) -> String {
    let source = match &unknown.source {
        PlanSource::DeprecatedApis => "deprecated APIs that clients of the API server use".to_owned(),
        PlanSource::HelmReleases => "Helm releases".to_owned(),
        PlanSource::Alerts => "alerts".to_owned(),
        PlanSource::License => "what the license means for the update".to_owned(),
        PlanSource::ModuleConfigs => "ModuleConfigs".to_owned(),
        PlanSource::NoChannel => {
            "the release that the channel points to: the cluster follows no known channel".to_owned()
        }
        PlanSource::Channel { image } | PlanSource::Image { image } => image.clone(),
        PlanSource::Edition => {
            "the edition in the registry was not compared with the edition of the cluster".to_owned()
        }
        PlanSource::EditionOfBundle => {
            "the edition in the bundle was not compared with the edition of the cluster".to_owned()
        }
        PlanSource::Tags { registry } => {
            let why = unknown.why.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
            return format!(
                "further releases in {registry}, because its tags cannot be listed{why}; the platform must be able to \
                 list them too"
            );
        }
    };
    match &unknown.why {
        Some(why) => format!("{source}: {why}"),
        None => source,
    }
}
