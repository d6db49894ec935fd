//! A reachability matrix as text, for two nodes or for hundreds.

use std::fmt;

use super::matrix::{Reachability, ReachabilityMatrix};

/// As wide as most terminals that people use for this.
const WIDEST: usize = 120;
/// More failing pairs than this say nothing new.
const MOST_FAILURES: usize = 40;

/// What a cell of the table says about both families.
fn cell([v4, v6]: &[Reachability; 2]) -> &'static str {
    match (v4, v6) {
        (Reachability::NotApplicable, Reachability::NotApplicable) => "-",
        (v4, v6) if v4.is_failed() && v6.is_reached() => "X4",
        (v4, v6) if v4.is_reached() && v6.is_failed() => "X6",
        (v4, v6) if v4.is_failed() || v6.is_failed() => "X",
        _ => "ok",
    }
}

impl fmt::Display for ReachabilityMatrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.nodes();
        let numbers: Vec<_> = (1..=names.len()).map(|number| number.to_string()).collect();
        let longest = names.iter().map(|name| width(name)).max().unwrap_or(0);
        let numbered: Vec<_> = numbers
            .iter()
            .zip(names)
            .map(|(number, name)| format!("{number:>3} {name}"))
            .collect();
        if table_width(longest, names) <= WIDEST {
            self.table(f, names, names)?;
        } else if table_width(longest + 4, &numbers) <= WIDEST {
            self.table(f, &numbered, &numbers)?;
        } else {
            self.summary(f, longest)?;
        }
        self.failure_list(f)
    }
}

impl ReachabilityMatrix {
    fn table(
        &self,
        f: &mut fmt::Formatter<'_>,
        rows: &[String],
        columns: &[String],
    ) -> fmt::Result {
        const CORNER: &str = "from \\ to";
        let first = rows
            .iter()
            .map(|row| width(row))
            .max()
            .unwrap_or(0)
            .max(CORNER.len());
        write!(f, "{CORNER:first$}")?;
        for column in columns {
            write!(f, "  {column:>0$}", column_width(column))?;
        }
        writeln!(f)?;
        for (label, (_, row)) in rows.iter().zip(self.rows()) {
            write!(f, "{label:first$}")?;
            for (pair, column) in row.iter().zip(columns) {
                write!(f, "  {:>1$}", cell(pair), column_width(column))?;
            }
            writeln!(f)?;
        }
        write!(
            f,
            "ok: replied, X: no reply, X4/X6: no reply by IPv4/IPv6 only, -: nothing to ask"
        )
    }

    /// One line for each node, where a table would be too wide to read.
    fn summary(&self, f: &mut fmt::Formatter<'_>, longest: usize) -> fmt::Result {
        for (from, row) in self.rows() {
            let asked = row.iter().filter(|pair| cell(pair) != "-").count();
            let reached = row.iter().filter(|pair| cell(pair) == "ok").count();
            writeln!(f, "{from:longest$}  reaches {reached} of {asked}")?;
        }
        write!(
            f,
            "counted: the nodes that replied by every family in common, of those that were asked"
        )
    }

    fn failure_list(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (from, to, family, reason) in self.failures().take(MOST_FAILURES) {
            write!(f, "\n  {from} -> {to} ({family}): {reason}")?;
        }
        match self.failures().count().saturating_sub(MOST_FAILURES) {
            0 => Ok(()),
            more => write!(f, "\n  ... and {more} more"),
        }
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

/// A column has room for the longest cell.
fn column_width(column: &str) -> usize {
    width(column).max("ok".len())
}

fn table_width(first: usize, columns: &[String]) -> usize {
    first
        + columns
            .iter()
            .map(|column| column_width(column) + 2)
            .sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::super::matrix::tests::{failed, mixed, reached};
    use super::*;
    use crate::address::Family;

    fn square(size: usize, name: impl Fn(usize) -> String, broken: bool) -> ReachabilityMatrix {
        let pairs = (0..size).flat_map(|from| (0..size).map(move |to| (from, to)));
        ReachabilityMatrix::new(
            (0..size).map(name).collect(),
            pairs.filter(|(from, to)| from != to).map(|(from, to)| {
                let result = if broken && to == 1 {
                    failed()
                } else {
                    reached()
                };
                (from, to, Family::V4, result)
            }),
        )
    }

    #[test]
    fn a_small_matrix_is_a_table() {
        assert_eq!(
            mixed().to_string(),
            "\
from \\ to   a   b   c
a           -  ok  ok
b          X6   -  ok
c          ok   X   -
ok: replied, X: no reply, X4/X6: no reply by IPv4/IPv6 only, -: nothing to ask
  b -> a (IPv6): Destination Host Unreachable (says 10.0.0.1)
  c -> b (IPv4): Destination Host Unreachable (says 10.0.0.1)"
        );
    }

    #[test]
    fn a_larger_one_has_numbered_columns() {
        let text = square(20, |index| format!("container-{index}"), false).to_string();
        let mut lines = text.lines();
        assert!(
            lines
                .next()
                .is_some_and(|line| line.starts_with("from \\ to          1   2   3")
                    && line.ends_with("  20")),
            "{text}"
        );
        assert!(
            lines
                .next()
                .is_some_and(|line| line.starts_with("  1 container-0    -  ok  ok")),
            "{text}"
        );
        assert!(text.lines().all(|line| line.len() <= WIDEST), "{text}");
    }

    #[test]
    fn hundreds_of_nodes_have_a_line_each() {
        let text = square(300, |index| format!("n{index}"), true).to_string();
        assert!(
            text.starts_with("n0    reaches 298 of 299\nn1    reaches 299 of 299\n"),
            "{text}"
        );
        assert!(text.ends_with("  ... and 259 more"), "{text}");
        assert_eq!(text.lines().count(), 300 + 1 + MOST_FAILURES + 1);
    }

    #[test]
    fn no_nodes_make_a_text_too() {
        assert!(
            ReachabilityMatrix::new(Vec::new(), [])
                .to_string()
                .starts_with("from \\ to\n")
        );
    }
}
