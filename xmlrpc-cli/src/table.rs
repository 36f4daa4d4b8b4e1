//! Methods as a table: a row each, as wide as the terminal.

use std::io::{self, IsTerminal as _};

use terminal_size::{Width, terminal_size};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::introspection::Method;
use crate::terminal;

/// The widest that the first columns get for the sake of others in their column.
const WIDEST: usize = 60;

/// Names, signatures and help. Where it goes to a terminal, help is cut at its edge; elsewhere it is whole, on one line.
pub(crate) fn of_methods(methods: &[Method]) -> String {
    let rows = methods.iter().map(|method| {
        let help = method.help.split_whitespace().collect::<Vec<_>>().join(" ");
        [&method.name, &method.signatures.to_string(), &help].map(|cell| terminal::one_line(cell))
    });
    let head = ["METHOD", "SIGNATURE", "HELP"].map(str::to_owned);
    let rows: Vec<[String; 3]> = std::iter::once(head).chain(rows).collect();
    let edge = match terminal_size() {
        Some((Width(columns), _)) if io::stdout().is_terminal() => Some(usize::from(columns)),
        _ => None,
    };
    laid_out(&rows, edge)
}

fn laid_out(rows: &[[String; 3]], edge: Option<usize>) -> String {
    let width = |column: usize| {
        let widths = rows
            .iter()
            .map(|row| row[column].width())
            .filter(|width| *width <= WIDEST);
        widths.max().unwrap_or(0)
    };
    let (names, signatures) = (width(0), width(1));
    let mut table = String::new();
    for [name, signature, help] in rows {
        let padded = |cell: &str, width: usize| " ".repeat(width.saturating_sub(cell.width()) + 2);
        let (behind_name, behind_signature) = (padded(name, names), padded(signature, signatures));
        let row = format!("{name}{behind_name}{signature}{behind_signature}{help}");
        let row = row.trim_end();
        match edge {
            Some(edge) if row.width() > edge => table.push_str(&cut(row, edge)),
            _ => table.push_str(row),
        }
        table.push('\n');
    }
    table
}

/// The front of a text, with a sign that there is more.
fn cut(text: &str, edge: usize) -> String {
    let mut left = edge.saturating_sub(1);
    let fits = text.chars().take_while(|c| {
        let width = c.width().unwrap_or(0);
        let fits = width <= left;
        left = left.saturating_sub(width);
        fits
    });
    fits.collect::<String>() + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_one_another() {
        let rows = [
            ["a", "int()", "x y z"],
            ["long", "", "é"],
            ["字", "nil(int, int)", ""],
        ];
        let rows = rows.map(|row| row.map(str::to_owned));
        assert_eq!(
            laid_out(&rows, None),
            "a     int()          x y z\nlong                 é\n字    nil(int, int)\n"
        );
        assert_eq!(laid_out(&rows[..1], Some(12)), "a  int()  x…\n");
    }

    #[test]
    fn a_very_long_cell_moves_its_own_row_alone() {
        let long = "x".repeat(WIDEST + 1);
        let rows = [["a", "int()", "h"], [long.as_str(), "int()", "h"]].map(|row| row.map(str::to_owned));
        assert_eq!(laid_out(&rows, None), format!("a  int()  h\n{long}  int()  h\n"));
    }
}
