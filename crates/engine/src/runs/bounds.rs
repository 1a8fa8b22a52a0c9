//! A range of keys.

/// Which keys a cursor walks: those of `[from, until)`, compared as bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The smallest key; empty for no bound.
    pub from: Vec<u8>,
    /// The first key that is no longer in it; `None` for no bound.
    pub until: Option<Vec<u8>>,
}

impl Bounds {
    /// Every key.
    pub fn all() -> Self {
        Self::default()
    }

    /// Whether `key` lies before the upper bound.
    pub(super) fn is_before_end(&self, key: &[u8]) -> bool {
        self.until.as_deref().is_none_or(|until| key < until)
    }

    /// Whether no key lies in it.
    pub(super) fn is_empty(&self) -> bool {
        self.until.as_deref().is_some_and(|until| until <= self.from.as_slice())
    }
}
