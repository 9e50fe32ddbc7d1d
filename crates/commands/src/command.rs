//! A command line.

use std::fmt::{self, Display, Formatter};

use serde::{Serialize, Serializer};

use crate::{
    ClusterFlags,
    dhctl::{Approve, Dhctl, Mirror, Update},
    kubectl::Kubectl,
    manifest::Manifest,
    tool::Tool,
    words::{Word, Words},
};

/// A command line to be pasted into a shell. Its words are always quoted when it is shown.
///
/// ```
/// use commands::{Command, Conversion, Tool};
///
/// let command = Command::tool(Tool::Convert(Conversion::DerCertificate, "my ca.der".to_owned()));
/// assert!(command.to_string().contains("'my ca.der'"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Command {
    program: Program,
    flags: ClusterFlags,
    filters: Vec<Filter>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Program {
    Kubectl(Kubectl),
    Dhctl(Dhctl),
    Tool(Tool),
}

/// A program that reads the output of the one before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Filter {
    /// Lines with this.
    Grep(String),
    /// Lines with one of these, whatever the case: an extended regular expression.
    GrepAny(&'static str),
    /// Decodes base64.
    Base64,
}

impl Filter {
    /// The errors in a log of the platform.
    pub fn errors() -> Self {
        Self::Grep(r#""level":"error""#.to_owned())
    }

    fn words(&self) -> Words {
        match self {
            Self::Grep(pattern) => Words::default().fixed(&["grep"]).operand(pattern),
            Self::GrepAny(pattern) => Words::default().fixed(&["grep", "-iE"]).operand(pattern),
            Self::Base64 => Words::default().fixed(&["base64", "-d"]),
        }
    }
}

impl Command {
    /// An invocation of kubectl.
    pub fn kubectl(kubectl: Kubectl) -> Self {
        Self::new(Program::Kubectl(kubectl))
    }

    /// An invocation of dhctl.
    pub fn dhctl(dhctl: impl Into<Dhctl>) -> Self {
        Self::new(Program::Dhctl(dhctl.into()))
    }

    /// An invocation of another program.
    pub fn tool(tool: Tool) -> Self {
        Self::new(Program::Tool(tool))
    }

    fn new(program: Program) -> Self {
        Self { program, flags: ClusterFlags::default(), filters: Vec::new() }
    }

    /// The same with its output read by another program.
    #[must_use]
    pub fn piped(mut self, filter: Filter) -> Self {
        self.filters.push(filter);
        self
    }

    /// The same for the cluster that is named so, if the command asks one.
    #[must_use]
    pub fn addressed(self, flags: &ClusterFlags) -> Self {
        Self { flags: flags.clone(), ..self }
    }

    /// The words of each program of the pipeline, as that program gets them. What is read from the lines behind the
    /// command and where its output goes is not among them.
    pub fn stages(&self) -> Vec<Vec<String>> {
        self.words().iter().map(|words| words.iter().map(Word::plain).collect()).collect()
    }

    fn words(&self) -> Vec<Vec<Word>> {
        let mut stages = Vec::new();
        if let Program::Kubectl(Kubectl::Create(Manifest::Piped(json))) = &self.program {
            // Some shells' echo replaces what follows a backslash.
            let echo = if json.as_str().contains('\\') {
                Words::default().fixed(&["printf"]).joined("", r"%s\n")
            } else {
                Words::default().fixed(&["echo"])
            };
            stages.push(echo.joined("", json.as_str()).all());
        }
        stages.push(match &self.program {
            Program::Kubectl(kubectl) => kubectl.words(&self.flags).all(),
            Program::Dhctl(dhctl) => dhctl.words(&self.flags).all(),
            Program::Tool(tool) => tool.words(&self.flags).all(),
        });
        stages.extend(self.filters.iter().map(|filter| filter.words().all()));
        stages
    }
}

impl Display for Command {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let line = |words: &Vec<Word>| words.iter().map(Word::quoted).collect::<Vec<_>>().join(" ");
        f.write_str(&self.words().iter().map(line).collect::<Vec<_>>().join(" | "))?;
        match &self.program {
            Program::Kubectl(Kubectl::Create(Manifest::Lines(lines))) => {
                f.write_str(&Manifest::here_document(lines))
            }
            Program::Kubectl(Kubectl::SaveClusterData) => f.write_str(" > deckhouse-cluster.jwt"),
            Program::Tool(tool) => tool.redirection().map_or(Ok(()), |file| write!(f, " > {file}")),
            Program::Dhctl(dhctl) => dhctl.redirection().map_or(Ok(()), |file| write!(f, " > {file}")),
            Program::Kubectl(_) => Ok(()),
        }
    }
}

impl Serialize for Command {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<Kubectl> for Command {
    fn from(kubectl: Kubectl) -> Self {
        Self::kubectl(kubectl)
    }
}

impl From<Dhctl> for Command {
    fn from(dhctl: Dhctl) -> Self {
        Self::dhctl(dhctl)
    }
}

impl From<Update> for Command {
    fn from(update: Update) -> Self {
        Self::dhctl(update)
    }
}

impl From<Approve> for Command {
    fn from(approve: Approve) -> Self {
        Self::dhctl(approve)
    }
}

impl From<Mirror> for Command {
    fn from(mirror: Mirror) -> Self {
        Self::dhctl(mirror)
    }
}

impl From<Tool> for Command {
    fn from(tool: Tool) -> Self {
        Self::tool(tool)
    }
}
