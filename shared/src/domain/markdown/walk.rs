//! The way through a text, from one event of the parser to the next: what is to be replaced is collected and done at
//! the end. Here are the marks within a line; what reaches further is in [`elements`].

mod elements; // lists, code, links, tags and tables

use std::iter::Peekable;
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, LinkType, OffsetIter, Options, Parser, Tag, TagEnd};

use super::addresses::bare_addresses;

/// What the text is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    Marks,
    Plain,
}

/// What an open mark is written as, and how many bytes it had.
#[derive(Debug, Clone, Copy)]
struct Mark {
    /// `None`: it stays as it is.
    sign: Option<&'static str>,
    bytes: usize,
}

/// A row of a table being read: where the content of its cells is.
#[derive(Debug, Default)]
struct Row {
    is_head: bool,
    cells: Vec<Range<usize>>,
}

/// A link or a picture whose text is being read.
struct Linked {
    address: Option<String>,
    text: String,
    edits: usize,
}

/// One way through the text, collecting what is to be replaced.
pub(super) struct Walk<'a> {
    source: &'a str,
    target: Target,
    edits: Vec<(Range<usize>, String)>,
    marks: Vec<Mark>,
    /// Signs that a line's end closed: they open again where the next line begins.
    reopen: Vec<&'static str>,
    /// Where the last piece of a line's content ended.
    end: usize,
    /// A title whose content has not begun.
    title: Option<usize>,
    is_bold: bool,
    is_code: bool,
    lists: Vec<bool>,
    linked: Vec<Linked>,
    row: Row,
    /// Where the head of a table ended, until its first row.
    head_end: Option<usize>,
    addresses: Vec<Range<usize>>,
}

type Events<'a> = Peekable<OffsetIter<'a>>;

impl<'a> Walk<'a> {
    pub(super) fn new(source: &'a str, target: Target) -> Self {
        Self {
            source,
            target,
            edits: Vec::new(),
            marks: Vec::new(),
            reopen: Vec::new(),
            end: 0,
            title: None,
            is_bold: false,
            is_code: false,
            lists: Vec::new(),
            linked: Vec::new(),
            row: Row::default(),
            head_end: None,
            addresses: bare_addresses(source),
        }
    }

    pub(super) fn run(mut self) -> String {
        let options = Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TABLES;
        let mut events: Events<'a> =
            Parser::new_ext(self.source, options).into_offset_iter().peekable();
        while let Some((event, range)) = events.next() {
            match event {
                Event::Start(tag) => self.start(tag, range, &mut events),
                Event::End(tag) => self.finish(tag, range),
                Event::Text(text) if !self.is_code => self.text(&text, range),
                Event::Code(text) => {
                    self.content(range.start);
                    self.say(&text);
                    self.end = range.end;
                }
                Event::InlineHtml(_) => {
                    self.content(range.start);
                    self.html(range.clone());
                    self.end = range.end;
                }
                Event::Html(_) => self.html(range),
                Event::SoftBreak => self.line_end(range, None),
                Event::HardBreak => self.line_end(range, Some("\n")),
                Event::Rule => self.edit(without_break(self.source, range), ""),
                // In code; and what is not switched on.
                Event::Text(_)
                | Event::InlineMath(_)
                | Event::DisplayMath(_)
                | Event::FootnoteReference(_)
                | Event::TaskListMarker(_) => {}
            }
        }
        self.applied()
    }

    fn applied(mut self) -> String {
        self.edits.sort_by_key(|(range, _)| range.start);
        let mut out = String::with_capacity(self.source.len());
        let mut at = 0;
        for (range, with) in self.edits {
            if range.start < at {
                continue;
            }
            out.push_str(&self.source[at..range.start]);
            out.push_str(&with);
            at = range.end;
        }
        out.push_str(&self.source[at..]);
        out
    }

    fn edit(&mut self, range: Range<usize>, with: impl Into<String>) {
        let with = with.into();
        if self.source[range.clone()] != with {
            self.edits.push((range, with));
        }
    }

    fn sign(&self, sign: &'static str) -> &'static str {
        match self.target {
            Target::Marks => sign,
            Target::Plain => "",
        }
    }

    /// Content of a line begins here: what stands before it is dealt with.
    fn content(&mut self, start: usize) {
        if let Some(title) = self.title.take() {
            let sign = self.sign("*");
            self.edit(title..start, sign);
            self.marks.push(Mark { sign: Some(sign), bytes: 0 });
        }
        let reopened: String = self.reopen.drain(..).collect();
        if !reopened.is_empty() {
            self.edits.push((start..start, reopened));
        }
    }

    /// Text that shows, for links that show nothing but their address.
    fn say(&mut self, text: &str) {
        for linked in &mut self.linked {
            linked.text.push_str(text);
        }
    }

    fn text(&mut self, text: &str, range: Range<usize>) {
        let before = &self.source[self.end.min(range.start)..range.start];
        // The parser leaves the backslash of an escaped mark out; one that shows is text itself.
        let escaped = before.ends_with('\\') && self.source[range.clone()].starts_with(is_mark);
        let start = if escaped { range.start - 1 } else { range.start };
        self.content(start);
        if escaped {
            self.edit(start..range.start, "");
        }
        if self.source[range.clone()].starts_with('&') && self.source[range.clone()] != *text {
            self.edit(range.clone(), text);
        }
        self.say(text);
        self.end = range.end;
    }

    /// WhatsApp's marks reach to the end of their line: they are closed there and opened again.
    fn line_end(&mut self, range: Range<usize>, with: Option<&str>) {
        let signs: Vec<_> = self.marks.iter().filter_map(|mark| mark.sign).collect();
        let closed: String = signs.iter().rev().copied().collect();
        if !closed.is_empty() {
            self.edits.push((range.start..range.start, closed));
        }
        if let Some(with) = with {
            self.edit(range.clone(), with);
        }
        self.reopen = signs;
        self.say("\n");
        self.end = range.end;
    }

    fn start(&mut self, tag: Tag<'a>, range: Range<usize>, events: &mut Events<'a>) {
        match tag {
            Tag::Strong => {
                let sign = if self.is_bold { "" } else { self.sign("*") };
                self.open(range, sign, 2);
            }
            Tag::Emphasis => self.emphasis(range, events),
            Tag::Strikethrough => {
                let bytes = if self.source[range.clone()].starts_with("~~") { 2 } else { 1 };
                self.open(range, self.sign("~"), bytes);
            }
            Tag::Heading { .. } => {
                self.title = Some(range.start);
                self.is_bold = true;
            }
            Tag::List(first) => self.lists.push(first.is_some()),
            Tag::Item => self.item(range.start),
            Tag::CodeBlock(kind) => {
                self.is_code = true;
                if matches!(kind, CodeBlockKind::Fenced(_)) && self.target == Target::Marks {
                    self.fences(range);
                }
            }
            Tag::Link { link_type, dest_url, .. } | Tag::Image { link_type, dest_url, .. } => {
                self.content(range.start);
                let address = (link_type == LinkType::Inline).then(|| dest_url.into_string());
                if matches!(link_type, LinkType::Autolink | LinkType::Email) {
                    self.edit(range.start..range.start + 1, "");
                    self.edit(range.end - 1..range.end, "");
                }
                let (text, edits) = (String::new(), self.edits.len());
                self.linked.push(Linked { address, text, edits });
                self.end = range.start + 1;
            }
            Tag::TableHead => self.row = Row { is_head: true, cells: Vec::new() },
            Tag::TableRow => {
                if let Some(end) = self.head_end.take() {
                    self.edit(end..range.start, "");
                }
                self.row = Row::default();
            }
            Tag::TableCell => {
                self.row.cells.push(trimmed(self.source, range.clone()));
                self.is_bold = self.row.is_head;
                self.end = range.start;
            }
            _ => self.end = range.start,
        }
    }

    fn finish(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::Strong | TagEnd::Emphasis | TagEnd::Strikethrough => {
                if let Some(Mark { sign: Some(sign), bytes }) = self.marks.pop() {
                    self.edit(range.end - bytes..range.end, sign);
                }
                self.end = range.end;
            }
            TagEnd::Heading(_) => {
                let has_content = self.title.take().is_none();
                if has_content && let Some(Mark { sign: Some(sign), .. }) = self.marks.pop() {
                    let rest = self.end..without_break(self.source, range).end;
                    self.edit(rest, sign);
                }
                self.is_bold = false;
            }
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::CodeBlock => self.is_code = false,
            TagEnd::Link => self.link(range),
            TagEnd::Image => {
                if let Some(Linked { address: Some(address), edits, .. }) = self.linked.pop() {
                    self.edits.truncate(edits);
                    self.say(&address);
                    self.edit(range.clone(), address);
                }
                self.end = range.end;
            }
            TagEnd::TableHead => {
                self.head_end = Some(range.end);
                self.row_end(range);
            }
            TagEnd::TableRow => self.row_end(range),
            TagEnd::Table => {
                if let Some(end) = self.head_end.take() {
                    self.edit(end..range.end, "");
                }
            }
            TagEnd::TableCell => self.is_bold = false,
            _ => {}
        }
    }

    /// A mark that stands in a bare address is a part of it.
    fn open(&mut self, range: Range<usize>, sign: &'static str, bytes: usize) {
        self.content(range.start);
        let last = range.end - bytes;
        let is_address =
            self.addresses.iter().any(|a| a.contains(&range.start) || a.contains(&last));
        let sign = (!is_address).then_some(sign);
        if let Some(sign) = sign {
            self.edit(range.start..range.start + bytes, sign);
        }
        self.marks.push(Mark { sign, bytes });
        self.end = range.start + bytes;
    }

    /// Bold right inside of italic is bold outside, italic inside.
    fn emphasis(&mut self, range: Range<usize>, events: &mut Events<'a>) {
        let inner = range.start + 1..range.end - 1;
        let is_both = matches!(events.peek(), Some((Event::Start(Tag::Strong), r)) if *r == inner);
        if !is_both || self.is_bold {
            return self.open(range, self.sign("_"), 1);
        }
        events.next();
        self.open(range, self.sign("*"), 1);
        self.open(inner, self.sign("_"), 2);
    }
}

/// What a backslash takes the meaning from.
fn is_mark(c: char) -> bool {
    c.is_ascii_punctuation()
}

/// The range without line breaks and spaces at its end.
fn without_break(source: &str, range: Range<usize>) -> Range<usize> {
    range.start..range.start + source[range].trim_end_matches(['\n', '\r']).len()
}

fn trimmed(source: &str, range: Range<usize>) -> Range<usize> {
    let text = &source[range.clone()];
    let start = range.start + text.len() - text.trim_start().len();
    start..start + text.trim().len()
}
