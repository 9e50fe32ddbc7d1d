//! The live screen: the chain of releases, the stage, what is waited for and since when, queue, alerts, nodes.

use cluster::{
    ClusterState, Reading,
    objects::{NodeGroup, Release},
    verdict::{Unread, Verdict, is_of_an_update},
};
use commands::{ClusterFlags, Sentence};
use foreign_text::one_line;
use jiff::Timestamp;
use ratatui::{
    Frame,
    style::{Color, Modifier, Style},
    text::Line,
    widgets::Paragraph,
};

use super::{
    layout::{Section, cut, lay_out, wrap},
    stages, text,
};
use crate::{
    format::{clock, count},
    words::{self, Block},
};

/// As many lines of what was reported are shown: a change with its command and notes.
const REPORTED: usize = 6;

/// Everything that one picture shows.
pub(super) struct Picture<'a> {
    pub(super) state: &'a ClusterState,
    pub(super) verdict: &'a Verdict,
    /// How commands name the cluster.
    pub(super) flags: &'a ClusterFlags,
    /// What was done, line by line.
    pub(super) reported: &'a [String],
    pub(super) now: Timestamp,
}

/// Draws the picture over the whole frame.
pub(super) fn draw(frame: &mut Frame<'_>, picture: &Picture<'_>) {
    let area = frame.area();
    let (width, height) = (area.width, area.height);
    let mut lines = head(picture, width);
    let used = u16::try_from(lines.len()).unwrap_or(height);
    let room = height.saturating_sub(used + 1);
    lines.extend(lay_out(sections(picture, width, room), width, room));
    lines.truncate(usize::from(height.saturating_sub(1)));
    lines.resize(usize::from(height.saturating_sub(1)), Line::default());
    let foot = cut("Ctrl-C ends this command, not the update", width);
    lines.push(Line::styled(foot, Style::new().add_modifier(Modifier::DIM)));
    frame.render_widget(Paragraph::new(lines), area);
}

/// What it is about, how far it is, and since when.
fn head(picture: &Picture<'_>, width: u16) -> Vec<Line<'static>> {
    let Picture { verdict, now, .. } = picture;
    let clock = clock(*now);
    let subject = words::verdict::subject(verdict);
    let gap = usize::from(width).saturating_sub(subject.chars().count() + clock.len());
    let title = if gap > 0 { format!("{subject}{}{clock}", " ".repeat(gap)) } else { cut(&subject, width) };
    let style = Style::new().fg(stages::colour(verdict.call)).add_modifier(Modifier::BOLD);
    let call = match verdict.done_at.filter(|_| verdict.problem.is_none()) {
        Some(done_at) => {
            let healthy = text::for_time(verdict.healthy_since.unwrap_or(verdict.since), *now);
            let left = text::for_time(*now, done_at);
            format!("Everything has been healthy for {healthy}: done in {left} if it stays healthy")
        }
        None => format!(
            "{} for {}",
            words::verdict::state(verdict.call).to_uppercase(),
            text::for_time(verdict.since, *now)
        ),
    };
    vec![
        Line::styled(title, Style::new().add_modifier(Modifier::BOLD)),
        stages::line(verdict, width),
        Line::styled(cut(&call, width), style),
    ]
}

fn sections(picture: &Picture<'_>, width: u16, height: u16) -> Vec<Section> {
    let Picture { state, verdict, reported, .. } = picture;
    let plain = |lines: Vec<String>| lines.into_iter().map(|it| (it, Style::new())).collect();
    let section = |title, more, lines| Section { title, more, urgent: false, lines };
    let waiting =
        verdict.waiting_for.iter().map(|it| addressed(words::verdict::waiting(it), picture)).collect();
    let unknown = verdict.unknown.iter().filter(|it| it.reading != Unread::NotNow);
    let unknown = unknown
        .map(|it| format!("{}: {}", words::verdict::source_name(it.source), one_line(&it.why)))
        .collect();
    vec![
        Section {
            title: "What is wrong",
            more: "more line",
            urgent: true,
            lines: problem(picture, width, height),
        },
        section("Not done yet because", "more reason", plain(waiting)),
        Section {
            title: "Latest action",
            more: "more line",
            urgent: true,
            lines: plain(last(reported, width)),
        },
        section("Releases", "more release", releases(state, verdict)),
        section("Queue", "more line", plain(reading(&state.queue, |queue| vec![text::queue(queue)]))),
        section("Alerts", "more alert", alerts(state)),
        section("Nodes", "more line", plain(nodes(state))),
        section("Unknown", "more source", plain(unknown)),
    ]
}

/// What is wrong and the steps against it, for a section of `height` lines. A step is shown as a whole or not at all: a
/// part of a command is of no use.
fn problem(picture: &Picture<'_>, width: u16, height: u16) -> Vec<(String, Style)> {
    let Some(problem) = &picture.verdict.problem else { return Vec::new() };
    let style = Style::new().fg(stages::colour(picture.verdict.call));
    let wrapped = |text: &str| wrap(text, width.saturating_sub(2));
    let steps = Block::default().steps(words::steps(problem)).addressed(picture.flags).lines();
    let steps: Vec<Vec<String>> = steps.iter().map(|step| wrapped(step.trim())).collect();
    let room = usize::from(height).saturating_sub(1); // without the title
    let mut lines = wrapped(&addressed(words::what(problem), picture));
    // A long error of a registry must not push the steps off the screen.
    let fits = lines.len().min(4) + steps.iter().map(Vec::len).sum::<usize>() <= room;
    lines.truncate(if fits { 4 } else { 2 });
    let count_of_steps = steps.len();
    for (number, step) in steps.into_iter().enumerate() {
        let is_last = number + 1 == count_of_steps;
        if lines.len() + step.len() + usize::from(!is_last) > room {
            lines.push(format!("… {}", count(count_of_steps - number, "more step")));
            break;
        }
        lines.extend(step);
    }
    lines.into_iter().map(|line| (line, style)).collect()
}

/// The sentence in one line, with commands that name the cluster.
fn addressed(sentence: Sentence, picture: &Picture<'_>) -> String {
    one_line(&sentence.addressed(picture.flags).to_string()).into_owned()
}

/// What was reported last, in lines of this width: a part of a command is of no use.
fn last(reported: &[String], width: u16) -> Vec<String> {
    let begin = reported.iter().rposition(|line| line.starts_with('#')).unwrap_or_default();
    let lines = reported[begin..].iter().flat_map(|line| wrap(&one_line(line), width.saturating_sub(2)));
    lines.take(REPORTED).collect()
}

fn releases(state: &ClusterState, verdict: &Verdict) -> Vec<(String, Style)> {
    let line = |release: &&Release| {
        let phase = release.phase.as_ref().map_or("new", |it| it.name());
        let mut text = format!("{:<10} {phase}", release.name);
        if release.is_waiting() && release.is_approved() {
            text += ", approved";
        }
        if !release.message.is_empty() {
            text += &format!(": {}", one_line(&release.message));
        }
        let is_subject = release.version.is_some() && release.version == verdict.release;
        let style = if is_subject { Style::new().add_modifier(Modifier::BOLD) } else { Style::new() };
        (text, style)
    };
    text::chain(state).iter().map(line).collect()
}

/// Those that speak of the update first, then by severity.
fn alerts(state: &ClusterState) -> Vec<(String, Style)> {
    let mut all: Vec<_> = state.alerts.last().into_iter().flatten().collect();
    all.sort_by_key(|it| (!is_of_an_update(it), it.severity, it.name.clone()));
    let line = |alert: &&cluster::objects::Alert| {
        let severity = alert.severity.map(|it| format!(" (severity {it})")).unwrap_or_default();
        let text = format!("{}{severity}: {}", alert.name, one_line(&alert.summary));
        let style = if is_of_an_update(alert) { Style::new().fg(Color::Yellow) } else { Style::new() };
        (text, style)
    };
    all.iter().map(line).collect()
}

fn nodes(state: &ClusterState) -> Vec<String> {
    let group = |group: &NodeGroup| {
        let mut text = format!(
            "{}: {} of {} up to date, {} ready",
            group.name, group.up_to_date, group.nodes, group.ready
        );
        for condition in ["Updating", "WaitingForDisruptiveApproval", "Error", "Frozen"] {
            if group.is(condition) {
                text += &format!(", {condition}");
            }
        }
        text
    };
    let groups = reading(&state.node_groups, |groups| groups.iter().map(group).collect());
    let busy = state.nodes.last().into_iter().flatten().filter(|it| !it.update_annotations.is_empty());
    let busy = busy.map(|node| {
        let keys: Vec<_> = node.update_annotations.keys().map(String::as_str).collect();
        format!("Node/{}: {}", node.name, keys.join(", "))
    });
    groups.into_iter().chain(busy).collect()
}

/// The lines of a source, or why there are none.
fn reading<T>(reading: &Reading<T>, lines: impl FnOnce(&T) -> Vec<String>) -> Vec<String> {
    match (reading.last(), reading) {
        (Some(value), Reading::NotNow { .. }) => {
            lines(value).into_iter().map(|it| format!("{it} (last known)")).collect()
        }
        (Some(value), _) => lines(value),
        (None, Reading::NotNow { why, .. }) => {
            vec![format!("currently unavailable: {}", one_line(why))]
        }
        (None, _) => vec!["unknown".to_owned()],
    }
}
