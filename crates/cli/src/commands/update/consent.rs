//! The confirmation before a cluster is changed.

use std::io::BufRead as _;

use crate::{Environment, args::ConsentArgs, exit_code::Exit, failure::Failure, printer};

/// Asks `question` on the terminal, unless `--yes` confirms it. Fails without a terminal.
pub(crate) async fn ask(
    question: &str,
    consent: ConsentArgs,
    environment: &Environment,
) -> Result<(), Failure> {
    ask_or(question, consent, environment, "not confirmed; the changes shown above were not made").await
}

/// The same with the message for "no".
pub(crate) async fn ask_or(
    question: &str,
    consent: ConsentArgs,
    environment: &Environment,
    refused: &str,
) -> Result<(), Failure> {
    if consent.yes {
        return Ok(());
    }
    if !environment.can_ask {
        return Err(Failure::usage("cannot ask for confirmation without a terminal; nothing was changed")
            .hint("run it with --yes to confirm"));
    }
    printer::question(&format!("{question} [y/N] "));
    let answer = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    let answer = answer.await.map_err(Failure::internal)?.unwrap_or_default();
    if is_yes(&answer) { Ok(()) } else { Err(Failure::new(Exit::Cluster, refused)) }
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_confirms() {
        for (answer, yes) in
            [("y\n", true), ("Yes\n", true), ("n\n", false), ("\n", false), ("", false), ("yy", false)]
        {
            assert_eq!(is_yes(answer), yes, "{answer:?}");
        }
    }
}
