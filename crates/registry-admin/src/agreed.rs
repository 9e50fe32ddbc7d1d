//! The plan that was shown, compared with what is planned again before each write.

use std::collections::BTreeSet;

use crate::step::{Object, Step};

/// The steps that were shown and agreed to, and the objects that are done.
#[derive(Debug)]
pub struct Agreed {
    steps: Vec<Step>,
    done: BTreeSet<Object>,
}

/// What to do now.
#[derive(Debug, PartialEq)]
pub enum Next<'a> {
    /// Nothing is left.
    Done,
    /// This step, which was shown.
    Send(&'a Step),
    /// Nothing more: the server accepted the write for this object, but the object still differs.
    NotKept(&'a Step),
    /// Nothing more: this step was not shown. Something has changed since.
    Unexpected(&'a Step),
}

impl Agreed {
    /// After the plan was shown.
    pub fn new(steps: Vec<Step>) -> Self {
        Self { steps, done: BTreeSet::new() }
    }

    /// What to do, if `planned` is the plan for what was just observed.
    pub fn next<'a>(&self, planned: &'a [Step]) -> Next<'a> {
        match planned.first() {
            None => Next::Done,
            Some(step) if self.done.contains(&step.object) => Next::NotKept(step),
            Some(step) if self.steps.iter().any(|shown| step.is(shown)) => Next::Send(step),
            Some(step) => Next::Unexpected(step),
        }
    }

    /// The server has accepted this step.
    pub fn sent(&mut self, step: &Step) {
        self.done.insert(step.object.clone());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::step::{Body, Difference};

    fn create(name: &str) -> Step {
        Step::create(Object::Role(name.into()), "/security/roles", Body::new(json!({"id": name})))
    }

    fn set(name: &str, to: &str, rest: &str) -> Step {
        let difference = Difference { field: "name".into(), from: "x".into(), to: to.into() };
        let body = Body::new(json!({"name": to, "rest": rest}));
        Step::set(Object::Role(name.into()), vec![difference], "/security/roles/a", body)
    }

    #[test]
    fn only_what_was_shown_is_sent_and_only_once() {
        let mut agreed = Agreed::new(vec![create("a"), set("b", "y", "1")]);
        assert_eq!(agreed.next(&[create("a"), set("b", "y", "1")]), Next::Send(&create("a")));
        assert_eq!(agreed.next(&[create("c")]), Next::Unexpected(&create("c")));
        agreed.sent(&create("a"));
        assert_eq!(agreed.next(&[create("a")]), Next::NotKept(&create("a")));
        assert_eq!(agreed.next(&[set("a", "y", "1")]), Next::NotKept(&set("a", "y", "1")));
        // A field that is only sent back has another value now.
        assert_eq!(agreed.next(&[set("b", "y", "2")]), Next::Send(&set("b", "y", "2")));
        assert_eq!(agreed.next(&[set("b", "z", "1")]), Next::Unexpected(&set("b", "z", "1")));
        assert_eq!(agreed.next(&[]), Next::Done);
    }
}
