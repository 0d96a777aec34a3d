//! Lists, page by page (contracts 1.4).

use super::Store;
use super::table::{Item, Range};
use crate::error::Result;

/// Pages that are read at most to fill one page of a filtered list; what is left comes with the next page.
const READS_MAX: u32 = 20;

/// Which page is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paging {
    /// 1 to 200.
    pub size: u32,
    /// The `next` of the page before.
    pub start: Option<String>,
}

impl Default for Paging {
    fn default() -> Self {
        Self { size: 50, start: None }
    }
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    pub items: Vec<T>,
    /// Opaque; `None` at the end.
    pub next: Option<String>,
}

impl<T> Listed<T> {
    /// The same page of other things.
    pub fn map<U>(self, of: impl FnMut(T) -> U) -> Listed<U> {
        Listed { items: self.items.into_iter().map(of).collect(), next: self.next }
    }
}

impl Store {
    /// A page of those items of a range that `read` keeps. An error of `start_key` if the page's start is none of
    /// this range.
    pub(crate) async fn list<T>(
        &self,
        mut range: Range,
        paging: &Paging,
        read: impl Fn(&Item) -> Result<Option<T>>,
    ) -> Result<Listed<T>> {
        let size = usize::try_from(paging.size).unwrap_or(usize::MAX);
        range.start.clone_from(&paging.start);
        let mut items = Vec::new();
        for _ in 0..READS_MAX {
            range.limit = u32::try_from(size - items.len()).unwrap_or(paging.size);
            let page = self.table.query(&range).await?;
            for item in &page.items {
                items.extend(read(item)?);
            }
            range.start = page.next;
            if range.start.is_none() || items.len() >= size {
                break;
            }
        }
        Ok(Listed { items, next: range.start })
    }
}
