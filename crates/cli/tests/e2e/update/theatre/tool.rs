//! The tool, run tool a play.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::Instant,
};

use serde_json::Value;
use testkit::theatre::{Scenario, ScenarioRun};

use super::SETTLE_SECONDS;
use crate::world::{command, dhctl};

/// What the tool has said, in all its runs.
#[derive(Debug, Default)]
pub(super) struct ToolOutput {
    /// The exit code of the last run.
    pub(super) code: Option<i32>,
    /// The JSON lines that hold verdicts.
    pub(super) verdicts: Vec<Value>,
    /// Everything that was printed.
    pub(super) printed: String,
}

/// Ends with the test, even if that fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended by itself unless the test failed.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Grants the rights, begins the play, and runs the tool until it ends by itself, interrupting it where the scenario
/// says so.
pub(super) fn run_tool(scenario_run: &ScenarioRun, scenario: &Scenario) -> ToolOutput {
    let folder = tempfile::tempdir().unwrap();
    let rbac = |flags: &[&str]| {
        let words = [&["update", "rbac", "--user", ScenarioRun::USER], flags].concat();
        Ok(dhctl(folder.path(), &words).expect(0).stdout)
    };
    let kubeconfig = scenario_run.grant(rbac).unwrap();
    let end = Instant::now() + scenario.expect.within;
    let mut interrupts = scenario.expect.interrupt.iter();
    let mut output = ToolOutput::default();
    scenario_run.start();
    loop {
        let mut tool = command(folder.path());
        tool.arg("update").args(&scenario.run).env("KUBECONFIG", &kubeconfig);
        if scenario.waits() {
            tool.args(["--settle", &format!("{SETTLE_SECONDS}s"), "--progress", "json", "--output", "json"]);
        }
        let next = interrupts.next();
        let code = output.run(tool, next.map(String::as_str), end, scenario_run);
        output.code = code;
        match next {
            Some(stage) => {
                assert_eq!(code, Some(130), "interrupted in {stage}\n{}", output.printed);
            }
            None => return output,
        }
    }
}

impl ToolOutput {
    /// One run. With `until`, it is interrupted at the first verdict of that name.
    fn run(
        &mut self,
        mut tool: Command,
        until: Option<&str>,
        end: Instant,
        scenario_run: &ScenarioRun,
    ) -> Option<i32> {
        let mut child = tool.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = lines_of(&mut child);
        let mut stdout = child.stdout.take().unwrap();
        let mut child = Running(child);
        let mut until = until.map(str::to_lowercase);
        loop {
            match lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.printed += &format!("{line}\n");
                    let line: Value = serde_json::from_str(&line).unwrap_or_default();
                    let Some(verdict) = line["verdict"].as_str().filter(|_| !is_unread(&line)) else {
                        continue;
                    };
                    let reached = until.take_if(|wanted| *wanted == verdict.to_lowercase()).is_some();
                    self.verdicts.push(line);
                    if reached {
                        let pid = child.0.id().to_string();
                        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
                    }
                }
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    panic!(
                        "no end in time; played: {:#?}\n{:?}\n{}",
                        scenario_run.log(),
                        scenario_run.faults(),
                        self.printed
                    )
                }
            }
        }
        let mut result = String::new();
        stdout.read_to_string(&mut result).unwrap();
        self.printed += &result;
        child.0.wait().unwrap().code()
    }
}

/// Before anything is read, there is no verdict on anything.
fn is_unread(line: &Value) -> bool {
    line["release"].is_null() && line["waitingFor"][0]["code"] == "notNow"
}

fn lines_of(child: &mut Child) -> Receiver<String> {
    let (sender, lines) = channel();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    std::thread::spawn(move || {
        for line in stderr.lines().map_while(Result::ok) {
            // The test may have failed meanwhile.
            drop(sender.send(line));
        }
    });
    lines
}
