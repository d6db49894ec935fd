//! A measurement as a table.

use std::fmt::{self, Display, Formatter};

use crate::measure::interval::percent;
use crate::measure::judge::bits;
use crate::measure::report::{DirectionReport, LinkReport};

const HEADINGS: [&str; 8] = [
    "direction",
    "sent",
    "lost",
    "99.9 % sure",
    "twice",
    "late",
    "damaged",
    "rate",
];

impl Display for LinkReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let [first, second] = &self.names;
        let [own, far] = &self.addresses;
        write!(f, "`{first}` ({own}) and `{second}` ({far})")?;
        if let (Some(min), Some(median), Some(max)) = (self.min(), self.median(), self.max()) {
            let [min, median, max] = [min, median, max].map(|it| it.as_secs_f64() * 1e3);
            let (answered, asked) = (self.round_trips.len(), self.asked);
            write!(
                f,
                ", round trip {min:.3}/{median:.3}/{max:.3} ms (min/median/max of {answered}"
            )?;
            match answered as u64 == u64::from(asked) {
                true => write!(f, ")")?,
                false => write!(f, ", {asked} were asked)")?,
            }
        } else if self.asked > 0 {
            write!(f, ", no answer to {} requests", self.asked)?;
        }
        let rows = [
            HEADINGS.map(str::to_owned),
            cells(format!("{first} > {second}"), self.forth()),
            cells(format!("{second} > {first}"), self.back()),
        ];
        let widths: [usize; 8] = std::array::from_fn(|column| {
            let widths = rows.iter().map(|row| row[column].chars().count());
            widths.max().unwrap_or_default()
        });
        for [name, rest @ ..] in &rows {
            write!(f, "\n{name:<0$}", widths[0])?;
            for (cell, width) in rest.iter().zip(&widths[1..]) {
                write!(f, "  {cell:>width$}")?;
            }
        }
        Ok(())
    }
}

fn cells(name: String, it: &DirectionReport) -> [String; 8] {
    let rate = it.rate().map_or_else(|| "-".to_owned(), bits);
    if it.sent() == 0 {
        let none = || "-".to_owned();
        return [name, none(), none(), none(), none(), none(), none(), rate];
    }
    let lost = it.lost() as f64 / it.sent() as f64;
    [
        name,
        it.sent().to_string(),
        percent(lost),
        it.loss().to_string(),
        it.duplicates().to_string(),
        it.overtaken().to_string(),
        it.damaged().to_string(),
        rate,
    ]
}
