//! What callgrind writes down.

use std::path::Path;

/// The total that stands in a file of callgrind's.
///
/// # Errors
///
/// When the file is not there, or holds none.
pub fn total(file: &Path) -> Result<u64, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("no counts from callgrind: {error}"))?;
    let mut lines = text.lines().rev();
    let total = lines.find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")));
    let total = total.and_then(|total| total.trim().parse().ok());
    total.ok_or_else(|| "callgrind's file holds no total".to_owned())
}
