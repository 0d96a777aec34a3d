//! Elements that are more than a mark within a line: items of lists, fences of code, links, tags and rows of tables.

use std::ops::Range;

use super::{Linked, Target, Walk, without_break};

/// Elements whose tags are taken out. What else stands in angle brackets is the author's.
const ELEMENTS: [&str; 38] = [
    "a",
    "b",
    "blockquote",
    "br",
    "code",
    "del",
    "div",
    "em",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "s",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "td",
    "th",
    "tr",
    "u",
    "ul",
];

impl Walk<'_> {
    pub(super) fn item(&mut self, start: usize) {
        if self.target == Target::Plain {
            return;
        }
        let rest = &self.source[start..];
        let start = start + rest.len() - rest.trim_start_matches(' ').len();
        let line = self.source[..start].rfind('\n').map_or(0, |at| at + 1);
        let indent = &self.source[line..start];
        if indent.bytes().all(|b| b == b' ') {
            self.edit(line..start, "  ".repeat(self.lists.len().saturating_sub(1)));
        }
        let rest = &self.source[start..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let sign = if digits > 0 { "." } else { "-" };
        self.edit(start + digits..start + digits + 1, sign);
        self.end = start + digits + 1;
    }

    /// Three backticks and no language, if the block is closed.
    pub(super) fn fences(&mut self, range: Range<usize>) {
        let block = self.source[range.clone()].trim_end();
        let fence = block.chars().next().unwrap_or('`');
        let (first, last) = (block.find('\n'), block.rfind('\n'));
        let (Some(first), Some(last)) = (first, last) else { return };
        let closing = block[last + 1..].trim_start_matches([' ', '>']);
        if closing.len() < 3 || !closing.chars().all(|c| c == fence) {
            return;
        }
        let closing = range.start + block.len() - closing.len();
        let first = block[..first].trim_end_matches('\r').len();
        let end = range.start + block.len();
        self.edit(range.start..range.start + first, "```");
        self.edit(closing..end, "```");
    }

    /// `t: u`, or `u` alone where that is the text.
    pub(super) fn link(&mut self, range: Range<usize>) {
        if let Some(Linked { address: Some(address), text, edits }) = self.linked.pop() {
            if text == address || text.is_empty() {
                self.edits.truncate(edits);
                self.edit(range.clone(), address);
            } else {
                self.edit(range.start..range.start + 1, "");
                let with = match self.target {
                    Target::Marks => format!(": {address}"),
                    Target::Plain => String::new(),
                };
                self.edit(self.end..range.end, with);
            }
        }
        self.end = range.end;
    }

    /// The tags of known elements go, what is between them stays.
    pub(super) fn html(&mut self, range: Range<usize>) {
        let mut at = range.start;
        while let Some(open) = self.source[at..range.end].find('<') {
            let start = at + open;
            let Some(length) = self.source[start..range.end].find('>') else { return };
            let tag = &self.source[start + 1..start + length];
            let name = tag.trim_start_matches('/');
            let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            at = start + 1;
            if ELEMENTS.contains(&name.to_ascii_lowercase().as_str()) {
                at = start + length + 1;
                self.edit(start..at, "");
            }
        }
    }

    /// One line with a bar between the cells; the head in bold.
    pub(super) fn row_end(&mut self, range: Range<usize>) {
        let row = std::mem::take(&mut self.row);
        let cells: Vec<_> = row.cells.iter().filter(|cell| cell.end <= range.end).collect();
        let filled = cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
        let sign = if row.is_head { self.sign("*") } else { "" };
        let mut from = range.start;
        for (place, cell) in cells.iter().take(filled).enumerate() {
            self.edits.push((from..cell.start, if place == 0 { sign } else { " | " }.to_owned()));
            from = cell.end;
        }
        let rest = from..without_break(self.source, range).end;
        // Cells beyond those of the head are none to the parser: they stay as they are.
        if self.source[rest.clone()].bytes().all(|b| b"| \t".contains(&b)) {
            self.edit(rest, sign);
        }
    }
}
