//! The hops of a trace: a table for eyes, a row each for a pipe. Pure.

use std::time::Duration;

use super::table::wrapped;
use crate::event::{Hop, Path};
use crate::units::human_time;
use crate::word::escaped;

/// The hops of the trace that is being told.
#[derive(Debug, Default)]
pub struct Hops(Vec<Hop>);

impl Hops {
    /// Takes a hop.
    pub fn push(&mut self, hop: Hop) {
        self.0.push(hop);
    }

    /// The rows of a path and its hops for a pipe; nothing is left of them here.
    pub fn tsv(&mut self, path: &Path) -> String {
        let rows: String = self.in_order().iter().map(hop_tsv).collect();
        rows + &path_tsv(path)
    }

    /// Nearest first, whenever they were heard.
    fn in_order(&mut self) -> Vec<Hop> {
        let mut hops = std::mem::take(&mut self.0);
        hops.sort_by_key(|hop| hop.ttl);
        hops
    }

    /// The table of a path and its hops; nothing is left of them here.
    pub fn render(&mut self, path: &Path, width: usize) -> String {
        let rows: Vec<[String; 5]> = self.in_order().iter().map(cells).collect();
        let columns: [usize; 5] = std::array::from_fn(|i| {
            let cells = rows.iter().map(|row| row[i].chars().count());
            cells.max().unwrap_or(0)
        });
        let mut text = format!("{}\n", head(path));
        for row in rows {
            let mut line = String::new();
            for (i, cell) in row.iter().enumerate() {
                let wide = columns[i];
                match i {
                    _ if wide == 0 => {}
                    // Numbers end under each other.
                    0 => line.push_str(&format!("{cell:>3}  ")),
                    3 => line.push_str(&format!("{cell:>wide$}  ")),
                    _ => line.push_str(&format!("{cell:<wide$}  ")),
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text.push_str(&format!(
            "  -> {}\n\n",
            wrapped(&escaped(&path.text), 5, width)
        ));
        text
    }
}

fn head(path: &Path) -> String {
    let at = match path.address == path.target {
        true => String::new(),
        false => format!(" ({})", path.address),
    };
    let (target, port, protocol) = (&path.target, path.port, path.protocol);
    escaped(&format!("path to {target}{at} port {port}/{protocol}"))
}

/// TTL, address, name, time, and what there is to say about it.
fn cells(hop: &Hop) -> [String; 5] {
    let by = match (&hop.by, &*hop.reason) {
        (Some(by), _) => by.clone(),
        (None, "no-answer") => "*".to_owned(),
        (None, _) => "this machine".to_owned(),
    };
    let said = match &*hop.reason {
        "icmp-time-exceeded" | "no-answer" => String::new(),
        reason => reason.to_owned(),
    };
    let details = [
        (!said.is_empty()).then_some(said),
        hop.mss.map(|mss| format!("mss {mss}")),
        hop.icmp_ttl.map(|ttl| format!("ttl {ttl}")),
    ];
    let time = hop.time_ms.filter(|_| hop.reason != "no-answer");
    [
        hop.ttl.to_string(),
        escaped(&by),
        hop.name.as_deref().map(escaped).unwrap_or_default(),
        time.map(|ms| human_time(Duration::from_secs_f64(ms.clamp(0.0, 1e12) / 1e3)))
            .unwrap_or_default(),
        escaped(&details.into_iter().flatten().collect::<Vec<_>>().join(", ")),
    ]
}

/// A hop in one line, outside of any table.
pub fn hop(hop: &Hop) -> String {
    cells(hop).join("  ")
}

/// A path in one line, outside of any table.
pub fn path(path: &Path) -> String {
    format!("{}: {}", head(path), path.text)
}

/// A hop for a pipe, newline included. Its first eight fields are those of a
/// port's row, with `hop` as the state: TARGET ADDRESS PORT PROTOCOL hop REASON
/// BY TIME_MS; then TTL NAME ICMP_TTL MSS.
fn hop_tsv(hop: &Hop) -> String {
    tsv([
        Some(hop.target.clone()),
        Some(hop.address.clone()),
        Some(hop.port.to_string()),
        Some(hop.protocol.to_owned()),
        Some("hop".to_owned()),
        Some(hop.reason.clone()),
        hop.by.clone(),
        hop.time_ms.map(|ms| ms.to_string()),
        Some(hop.ttl.to_string()),
        hop.name.clone(),
        hop.icmp_ttl.map(|ttl| ttl.to_string()),
        hop.mss.map(|mss| mss.to_string()),
    ])
}

/// A path for a pipe, newline included: TARGET ADDRESS PORT PROTOCOL path ENDS
/// BY - TTL TEXT DIFFERS UNTIL.
fn path_tsv(path: &Path) -> String {
    tsv([
        Some(path.target.clone()),
        Some(path.address.clone()),
        Some(path.port.to_string()),
        Some(path.protocol.to_owned()),
        Some("path".to_owned()),
        Some(path.ends.to_owned()),
        path.by.clone(),
        None,
        path.ttl.map(|ttl| ttl.to_string()),
        Some(path.text.clone()),
        path.differs.map(str::to_owned),
        path.until.clone(),
    ])
}

/// Fields separated by tabs, `-` for none.
fn tsv(fields: [Option<String>; 12]) -> String {
    fields
        .map(|field| field.map_or_else(|| "-".to_owned(), |field| escaped(&field)))
        .join("\t")
        + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hops() -> (Vec<Hop>, Path) {
        let hop = |ttl, by: Option<&str>, reason: &str| Hop {
            target: "db".into(),
            address: "10.0.3.2".into(),
            port: 5432,
            protocol: "tcp",
            ttl,
            by: by.map(str::to_owned),
            name: None,
            reason: reason.into(),
            time_ms: Some(0.31),
            icmp_ttl: None,
            mss: None,
        };
        let router = Hop {
            name: Some("gw\x1b.lan".into()),
            icmp_ttl: Some(64),
            mss: Some(1460),
            ..hop(1, Some("10.0.1.1"), "icmp-time-exceeded")
        };
        let rows = vec![
            router,
            hop(2, None, "no-answer"),
            hop(3, Some("10.0.3.2"), "syn-ack"),
        ];
        let path = Path {
            target: "db".into(),
            address: "10.0.3.2".into(),
            port: 5432,
            protocol: "tcp",
            ends: "host",
            ttl: Some(3),
            by: None,
            against: None,
            differs: None,
            until: None,
            text: "the host answers 3 hops away".into(),
        };
        (rows, path)
    }

    #[test]
    fn a_table_for_eyes() {
        let (rows, path) = hops();
        let mut hops = Hops::default();
        rows.into_iter().for_each(|hop| hops.push(hop));
        assert_eq!(
            hops.render(&path, 80),
            "path to db (10.0.3.2) port 5432/tcp\n\
             \x20 1  10.0.1.1  gw\\u{1b}.lan  0.3 ms  mss 1460, ttl 64\n\
             \x20 2  *\n\
             \x20 3  10.0.3.2                0.3 ms  syn-ack\n\
             \x20 -> the host answers 3 hops away\n\n"
        );
        assert!(hops.0.is_empty());
    }

    #[test]
    fn rows_for_a_pipe() {
        let (rows, path) = hops();
        assert_eq!(
            hop_tsv(&rows[0]),
            "db\t10.0.3.2\t5432\ttcp\thop\ticmp-time-exceeded\t10.0.1.1\t0.31\t1\tgw\\u{1b}.lan\t64\t1460\n"
        );
        assert_eq!(
            hop_tsv(&rows[1]),
            "db\t10.0.3.2\t5432\ttcp\thop\tno-answer\t-\t0.31\t2\t-\t-\t-\n"
        );
        assert_eq!(
            path_tsv(&path),
            "db\t10.0.3.2\t5432\ttcp\tpath\thost\t-\t-\t3\tthe host answers 3 hops away\t-\t-\n"
        );
    }
}
