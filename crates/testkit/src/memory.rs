//! How much memory a program takes at most.

use std::fs;

/// `VmHWM` of a process in bytes; 0 once it has ended, and 0 before it has begun: for a moment after it was started, a
/// process still has the memory of the one that started it.
pub fn peak_memory(process: u32) -> u64 {
    let program = fs::read_link(format!("/proc/{process}/exe")).ok();
    if program == std::env::current_exe().ok() {
        return 0;
    }
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
