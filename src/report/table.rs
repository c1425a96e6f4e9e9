//! Rows.
use crate::event::{Probe, Summary};
#[derive(Default)]
pub struct Table(Vec<Probe>);
impl Table {
    pub fn push(&mut self, row: Probe) {
        self.0.push(row)
    }
    pub fn render(&mut self, _: &Summary, _: bool, _: bool) -> String {
        String::new()
    }
}
pub fn row(_: &Probe) -> String {
    String::new()
}
pub fn tsv(_: &Probe) -> String {
    String::new()
}
pub fn summary(_: &Summary) -> String {
    String::new()
}
