//! Sections that share the lines of a screen: the important ones get theirs first.

use ratatui::{
    style::{Modifier, Style},
    text::Line,
};

/// A titled list of lines.
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) lines: Vec<(String, Style)>,
}

/// Lays sections out on `height` lines of `width` columns. Each that is not empty gets its title and one line as long as
/// there is room, in order; what is left goes to the first ones that have more.
pub(super) fn lay_out(sections: Vec<Section>, width: u16, height: u16) -> Vec<Line<'static>> {
    let mut room = usize::from(height);
    let mut shares: Vec<usize> = Vec::new();
    for section in &sections {
        let fits = !section.lines.is_empty() && room >= 2;
        shares.push(usize::from(fits));
        room -= if fits { 2 } else { 0 };
    }
    for (section, share) in sections.iter().zip(&mut shares).filter(|(_, share)| **share > 0) {
        let more = room.min(section.lines.len() - *share);
        *share += more;
        room -= more;
    }
    let mut out = Vec::new();
    for (section, share) in sections.into_iter().zip(shares).filter(|(_, share)| *share > 0) {
        out.push(Line::styled(section.title, Style::new().add_modifier(Modifier::BOLD)));
        let hidden = section.lines.len() - share;
        let shown = if hidden > 0 && share > 1 { share - 1 } else { share };
        for (text, style) in section.lines.into_iter().take(shown) {
            out.push(Line::styled(cut(&format!("  {text}"), width), style));
        }
        if shown < share {
            let rest = format!("  and {} more", hidden + 1);
            out.push(Line::styled(rest, Style::new().add_modifier(Modifier::DIM)));
        }
    }
    out
}

/// The text, with `…` where it would leave the screen.
pub(super) fn cut(text: &str, width: u16) -> String {
    let width = usize::from(width);
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    kept + "…"
}

/// The text in lines of at most `width` columns, broken between words.
pub(super) fn wrap(text: &str, width: u16) -> Vec<String> {
    let width = usize::from(width.max(10));
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().filter(|it| it.chars().count() + word.chars().count() < width);
        match last {
            Some(line) if line.is_empty() => *line = word.to_owned(),
            Some(line) => *line = format!("{line} {word}"),
            None => lines.push(word.to_owned()),
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}
