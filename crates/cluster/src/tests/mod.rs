//! Tests over several modules.

mod hostile_names;
