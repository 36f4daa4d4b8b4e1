//! Tables in Markdown, padded so that they can be read as they are.

use std::fmt;

/// Rows under a head.
#[derive(Clone, Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
    texts: usize,
}

impl Table {
    /// A table with these columns, of which the first `texts` and the last are texts and the rest numbers.
    pub fn new(columns: &[&str], texts: usize) -> Self {
        Self {
            rows: vec![columns.iter().map(|&column| column.to_owned()).collect()],
            texts,
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    fn is_number(&self, column: usize) -> bool {
        column >= self.texts && column + 1 < self.rows[0].len()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.rows[0].len()).map(width).collect();
        for (index, row) in self.rows.iter().enumerate() {
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                if self.is_number(column) {
                    write!(f, "| {cell:>width$} ")?;
                } else {
                    write!(f, "| {cell:<width$} ")?;
                }
            }
            writeln!(f, "|")?;
            if index == 0 {
                for (column, width) in widths.iter().enumerate() {
                    let colon = if self.is_number(column) { ':' } else { '-' };
                    write!(f, "|-{:-<width$}{colon}", "")?;
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}

/// A number with three digits that count, and commas.
pub fn number(number: f64) -> String {
    if !number.is_finite() {
        return "-".to_owned();
    }
    match number.abs() {
        ..10.0 => format!("{number:.2}"),
        10.0..100.0 => format!("{number:.1}"),
        _ => with_commas(&format!("{number:.0}")),
    }
}

fn with_commas(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0
            && digit.is_ascii_digit()
            && (digits.len() - index).is_multiple_of(3)
            && !text.ends_with('-')
        {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
