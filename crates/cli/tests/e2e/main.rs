//! The real binary against real servers: what a user does, and what a user can do wrong.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod authenticity;
mod bad_input;
mod bundle_forms;
mod choice;
mod complete;
mod config;
mod d8;
mod d8_format;
mod d8_sharing;
mod damaged_push;
mod disc_names;
mod docker_registry;
mod explicit_forms;
mod faults;
mod foreign;
mod harbor;
mod incomplete;
mod interrupt;
mod json_lines;
mod logins;
mod main_line;
mod memory;
mod mirror_modules;
mod module_choice;
mod modules_crashes;
mod modules_layouts;
mod modules_verify;
mod output;
mod parts;
mod process_limits;
mod progress_line;
mod proxy_registry;
mod registry_check;
mod registry_list;
mod registry_setup;
mod resume;
mod resumed_push;
mod special_files;
mod squid_conf;
mod surgery;
mod takeover;
mod telling;
mod update;
mod world;
