//! `dhctl bundle verify FILE`

use bundle::VerifyReport;
use mirror::Stage;

use super::{
    bundle_run,
    size::{count, human},
};
use crate::{Environment, args::BundleVerifyArgs, exit_code::Exit, failure::Failure, printer::Printer};

pub(crate) async fn run(args: BundleVerifyArgs, environment: Environment) -> Result<(), Failure> {
    let files = args.bundle.file;
    let named = files[0].display().to_string();
    let report = bundle_run::run(Stage::Check, &args.output, &environment, move |progress| {
        bundle::verify(&files, progress)
    })
    .await?;
    if !report.damages.is_empty() {
        return Err(damaged(&named, report));
    }
    let text = format!("{named} is sound: {}\n", figures(&report));
    Printer::new(&args.output).result("bundle verify", &report, &text)
}

fn damaged(named: &str, report: VerifyReport) -> Failure {
    let places = match report.damages.len() {
        1 => "in 1 place".to_owned(),
        n => format!("in {n} places"),
    };
    Failure {
        damaged: report.damages,
        ..Failure::new(Exit::Incomplete, format!("{named} is damaged {places}"))
    }
    .hint("copy the files again that are named, or pull the bundle again")
}

fn figures(report: &VerifyReport) -> String {
    let files = if report.files > 1 { format!(" in {}", count(report.files, "part")) } else { String::new() };
    let sums = if report.sums.is_empty() {
        "no GOST sum lies beside it".to_owned()
    } else {
        format!("{} right", count(report.sums.len(), "GOST sum"))
    };
    format!(
        "{}{files}, {} and manifests read and hashed, {sums}",
        human(report.size),
        count(report.blobs, "blob"),
    )
}
