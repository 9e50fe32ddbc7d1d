//! The live screen: the chain of releases, the stage, what is waited for and since when, queue, alerts, nodes.

use cluster::{
    ClusterState, Reading,
    objects::{NodeGroup, Release},
    verdict::{Verdict, is_of_an_update},
};
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

/// As many lines of what was told are shown: a change with its command and notes.
const TOLD: usize = 6;

/// Everything that one picture shows.
pub(super) struct Picture<'a> {
    pub(super) state: &'a ClusterState,
    pub(super) verdict: &'a Verdict,
    /// What was done, line by line.
    pub(super) told: &'a [String],
    pub(super) now: Timestamp,
}

/// Draws the picture over the whole frame.
pub(super) fn draw(frame: &mut Frame<'_>, picture: &Picture<'_>) {
    let area = frame.area();
    let (width, height) = (area.width, area.height);
    let mut lines = head(picture, width);
    let used = u16::try_from(lines.len()).unwrap_or(height);
    let sections = sections(picture, width);
    lines.extend(lay_out(sections, width, height.saturating_sub(used + 1)));
    lines.truncate(usize::from(height.saturating_sub(1)));
    lines.resize(usize::from(height.saturating_sub(1)), Line::default());
    let foot = cut("Ctrl-C ends the watch, not the update", width);
    lines.push(Line::styled(foot, Style::new().add_modifier(Modifier::DIM)));
    frame.render_widget(Paragraph::new(lines), area);
}

/// What it is about, how far it is, and since when.
fn head(picture: &Picture<'_>, width: u16) -> Vec<Line<'static>> {
    let Picture { verdict, now, .. } = picture;
    let clock = text::clock(*now);
    let subject = text::subject(verdict);
    let gap = usize::from(width).saturating_sub(subject.chars().count() + clock.len());
    let title = if gap > 0 { format!("{subject}{}{clock}", " ".repeat(gap)) } else { cut(&subject, width) };
    let style = Style::new().fg(stages::colour(verdict.call)).add_modifier(Modifier::BOLD);
    let mut call =
        format!("{} for {}", verdict.call.name().to_uppercase(), text::for_time(verdict.since, *now));
    if let Some(done_at) = verdict.done_at {
        let left = text::for_time(*now, done_at);
        call += &format!(", everything is quiet: done in {left} if it stays so");
    }
    vec![
        Line::styled(title, Style::new().add_modifier(Modifier::BOLD)),
        stages::line(verdict, width),
        Line::styled(cut(&call, width), style),
    ]
}

fn sections(picture: &Picture<'_>, width: u16) -> Vec<Section> {
    let Picture { state, verdict, told, .. } = picture;
    let plain = |lines: Vec<String>| lines.into_iter().map(|it| (it, Style::new())).collect();
    let section = |title, lines| Section { title, urgent: false, lines };
    let waiting = verdict.waiting_for.iter().map(text::waiting).collect();
    let unknown = verdict.unknown.iter().filter(|it| it.reading != "notNow");
    let unknown = unknown.map(|it| format!("{}: {}", it.source, text::one_line(&it.why))).collect();
    vec![
        Section { title: "What is wrong", urgent: true, lines: diagnosis(verdict, width) },
        section("Waiting for", plain(waiting)),
        Section { title: "Last step", urgent: true, lines: plain(last(told, width)) },
        section("Releases", releases(state, verdict)),
        section("Queue", plain(reading(&state.queue, |queue| vec![text::queue(queue)]))),
        section("Alerts", alerts(state)),
        section("Nodes", plain(nodes(state))),
        section("Unknown", plain(unknown)),
    ]
}

fn diagnosis(verdict: &Verdict, width: u16) -> Vec<(String, Style)> {
    let Some(diagnosis) = &verdict.diagnosis else { return Vec::new() };
    let style = Style::new().fg(stages::colour(verdict.call));
    let what = format!("{}: {}", diagnosis.object, text::one_line(&diagnosis.text.to_string()));
    let remedy = format!("remedy: {}", text::one_line(&diagnosis.remedy.to_string()));
    let lines = |text: &str| {
        wrap(text, width.saturating_sub(2)).into_iter().map(|it| (it, style)).collect::<Vec<_>>()
    };
    // A long error of a registry must not push the remedy off the screen.
    lines(&what).into_iter().take(4).chain(lines(&remedy)).collect()
}

/// What was told last, in lines of this width: a command of kubectl is no use in parts.
fn last(told: &[String], width: u16) -> Vec<String> {
    let begin = told.iter().rposition(|line| line.starts_with('#')).unwrap_or_default();
    let lines = told[begin..].iter().flat_map(|line| wrap(&text::one_line(line), width.saturating_sub(2)));
    lines.take(TOLD).collect()
}

fn releases(state: &ClusterState, verdict: &Verdict) -> Vec<(String, Style)> {
    let line = |release: &&Release| {
        let phase = release.phase.as_ref().map_or("new", |it| it.name());
        let mut text = format!("{:<10} {phase}", release.name);
        if release.is_waiting() && release.is_approved() {
            text += ", approved";
        }
        if !release.message.is_empty() {
            text += &format!(": {}", text::one_line(&release.message));
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
        let severity = alert.severity.map(|it| format!(" ({it})")).unwrap_or_default();
        let text = format!("{}{severity}: {}", alert.name, text::one_line(&alert.summary));
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
            lines(value).into_iter().map(|it| format!("{it} (before)")).collect()
        }
        (Some(value), _) => lines(value),
        (None, Reading::NotNow { why, .. }) => {
            vec![format!("currently unavailable: {}", text::one_line(why))]
        }
        (None, _) => vec!["unknown".to_owned()],
    }
}
