//! The fault matrix: pull and push under every fault of networks, registries, disks and bundles.
//!
//! A case ends in success, proved by an independent reading of what came about, or in a documented exit
//! code with a true message. Never in a hang, a leaked temporary file, or a secret.

mod answers;
mod content;
mod crashes;
mod disk;
mod log;
mod network;
mod proxies;
mod pulls;
mod pushes;
mod rates;
mod scripted;
mod setup;
mod storage;
mod tars;
