//! A pointer to a spot in a text: its line with a caret below.

use unicode_width::UnicodeWidthStr as _;

use crate::terminal;

/// How many characters are shown before and behind the spot.
const BEFORE: usize = 45;
const BEHIND: usize = 45;

/// The line of a text and the column of a place in it, both from 1; columns count characters.
pub(crate) fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

/// The line with a caret below the column, in three lines that are safe to print. Of a long line only what is around the spot.
pub(crate) fn point(text: &str, line: usize, column: usize) -> String {
    let content = text.split('\n').nth(line - 1).unwrap_or_default();
    let content = content.strip_suffix('\r').unwrap_or(content);
    let spot = column - 1;
    let start = spot.saturating_sub(BEFORE);
    let shown: Vec<char> = content
        .chars()
        .skip(start)
        .take(spot - start + BEHIND + 1)
        .collect();
    let (before, behind) = shown.split_at(shown.len().min(spot - start));
    let escaped = |part: &[char]| terminal::one_line(&part.iter().collect::<String>().replace('\t', " "));
    let (mut before, mut behind) = (escaped(before), escaped(behind));
    if start > 0 {
        before.insert(0, '…');
    }
    if shown.len() > BEHIND + spot - start {
        behind.push('…');
    }
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    let indent = " ".repeat(before.width());
    format!("{margin} |\n{number} | {before}{behind}\n{margin} | {indent}^")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters() {
        let text = "ab\nüx\n";
        assert_eq!(
            [0, 2, 3, 5, 7].map(|at| place(text, at)),
            [(1, 1), (1, 3), (2, 1), (2, 2), (3, 1)]
        );
    }

    #[test]
    fn the_caret_stands_below_the_spot() {
        assert_eq!(point("one\ntwo three\n", 2, 5), "  |\n2 | two three\n  |     ^");
        assert_eq!(point("漢字 x", 1, 4), "  |\n1 | 漢字 x\n  |      ^");
        assert_eq!(point("\t\u{1b}x", 1, 3), "  |\n1 |  \\u{1b}x\n  |        ^");
        assert_eq!(point("ab", 1, 3), "  |\n1 | ab\n  |   ^");
        assert_eq!(point("", 1, 1), "  |\n1 | \n  | ^");
    }

    #[test]
    fn long_lines_are_cut_on_both_sides() {
        let text = "a".repeat(1000);
        let shown = point(&text, 1, 500);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[1], format!("1 | …{}…", "a".repeat(BEFORE + BEHIND + 1)));
        assert_eq!(lines[2], format!("  | {}^", " ".repeat(BEFORE + 1)));
    }
}
