//! Text with commands in it.

use std::fmt::{self, Display, Formatter};

use serde::{Serialize, Serializer};

use crate::{ClusterFlags, Command};

/// Text for a person in which commands are values: a remedy, a hint, the reason why something waits.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sentence {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Piece {
    Text(String),
    Command(Box<Command>),
}

impl Sentence {
    /// The same with more text behind it.
    #[must_use]
    pub fn text(mut self, text: impl AsRef<str>) -> Self {
        match self.pieces.last_mut() {
            Some(Piece::Text(before)) => before.push_str(text.as_ref()),
            _ if text.as_ref().is_empty() => {}
            _ => self.pieces.push(Piece::Text(text.as_ref().to_owned())),
        }
        self
    }

    /// The same with a command behind it.
    #[must_use]
    pub fn command(mut self, command: impl Into<Command>) -> Self {
        self.pieces.push(Piece::Command(Box::new(command.into())));
        self
    }

    /// The same with a command in backquotes behind it, as the name of what it does.
    #[must_use]
    pub fn quoted(self, command: impl Into<Command>) -> Self {
        self.text("`").command(command).text("`")
    }

    /// The same with another one behind it.
    #[must_use]
    pub fn then(self, other: Self) -> Self {
        other.pieces.into_iter().fold(self, |sentence, piece| match piece {
            Piece::Text(text) => sentence.text(text),
            Piece::Command(command) => sentence.command(*command),
        })
    }

    /// The same with commands that name the cluster so.
    #[must_use]
    pub fn addressed(self, flags: &ClusterFlags) -> Self {
        let addressed = |piece| match piece {
            Piece::Command(command) => Piece::Command(Box::new(command.addressed(flags))),
            text @ Piece::Text(_) => text,
        };
        Self { pieces: self.pieces.into_iter().map(addressed).collect() }
    }

    /// The commands in it.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Command(command) => Some(&**command),
            Piece::Text(_) => None,
        })
    }

    /// Several, with a text between each two.
    pub fn joined(sentences: impl IntoIterator<Item = Self>, between: &str) -> Self {
        let all = sentences.into_iter().reduce(|all, next| all.text(between).then(next));
        all.unwrap_or_default()
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }
}

impl Display for Sentence {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.pieces.iter().try_for_each(|piece| match piece {
            Piece::Text(text) => f.write_str(text),
            Piece::Command(command) => command.fmt(f),
        })
    }
}

impl Serialize for Sentence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<&str> for Sentence {
    fn from(text: &str) -> Self {
        Self::default().text(text)
    }
}

impl From<String> for Sentence {
    fn from(text: String) -> Self {
        Self::default().text(text)
    }
}

impl From<&String> for Sentence {
    fn from(text: &String) -> Self {
        Self::default().text(text)
    }
}

impl From<Command> for Sentence {
    fn from(command: Command) -> Self {
        Self::default().command(command)
    }
}
