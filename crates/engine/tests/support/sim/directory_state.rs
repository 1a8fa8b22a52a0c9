//! One directory: the entries that are seen, those that are certain, and the changes between.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::file_state::Kept;
use crate::support::rng::Rng;

/// A name and the number of its file.
type Entries = BTreeMap<String, usize>;

/// What one call changed; it reaches the medium whole or not at all.
#[derive(Debug, Clone)]
struct Change {
    /// Each name and what it stands for now.
    entries: BTreeMap<String, Option<usize>>,
    /// Whether the next sync makes it certain.
    dirty: bool,
}

#[derive(Debug, Clone)]
pub(super) struct DirectoryState {
    path: PathBuf,
    seen: Entries,
    certain: Entries,
    changes: Vec<Change>,
    /// The open directory that has the lock.
    pub(super) locked_by: Option<u64>,
}

impl DirectoryState {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, seen: Entries::new(), certain: Entries::new(), changes: Vec::new(), locked_by: None }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// It is removed: nothing finds it any more.
    pub(super) fn forget_path(&mut self) {
        self.path = PathBuf::new();
    }

    pub(super) fn entries(&self) -> &Entries {
        &self.seen
    }

    pub(super) fn change(&mut self, entries: impl IntoIterator<Item = (String, Option<usize>)>) {
        let entries: BTreeMap<_, _> = entries.into_iter().collect();
        set(&mut self.seen, &entries);
        self.changes.push(Change { entries, dirty: true });
    }

    pub(super) fn set_certainly(&mut self, name: &str, file: Option<usize>) {
        self.change([(name.to_owned(), file)]);
        if let Some(change) = self.changes.pop() {
            self.make_certain(&change.entries);
        }
    }

    pub(super) fn sync(&mut self) {
        let (written, left): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.changes).into_iter().partition(|change| change.dirty);
        self.changes = left;
        for change in written {
            self.make_certain(&change.entries);
        }
    }

    /// What an uncertain change (of before a failed sync) said about the same names is overtaken.
    fn make_certain(&mut self, entries: &BTreeMap<String, Option<usize>>) {
        set(&mut self.certain, entries);
        for change in &mut self.changes {
            change.entries.retain(|name, _| !entries.contains_key(name));
        }
    }

    pub(super) fn fail_sync(&mut self) {
        for change in &mut self.changes {
            change.dirty = false;
        }
    }

    pub(super) fn unlocked(&self) -> Self {
        Self { locked_by: None, ..self.clone() }
    }

    pub(super) fn certain(&self) -> Self {
        Self {
            path: self.path.clone(),
            seen: self.certain.clone(),
            certain: self.certain.clone(),
            changes: Vec::new(),
            locked_by: None,
        }
    }

    /// A change is there only if every earlier one that shares a name with it is.
    pub(super) fn after_power_cut(&self, rng: &mut Rng) -> Self {
        let kept = Kept::choose(rng);
        let mut after = self.certain();
        let mut lost: BTreeSet<&String> = BTreeSet::new();
        for change in &self.changes {
            let possible = !change.entries.keys().any(|name| lost.contains(name));
            if kept.keeps(rng) && possible {
                set(&mut after.certain, &change.entries);
            } else {
                lost.extend(change.entries.keys());
            }
        }
        after.seen.clone_from(&after.certain);
        after
    }
}

fn set(entries: &mut Entries, changed: &BTreeMap<String, Option<usize>>) {
    for (name, file) in changed {
        match file {
            Some(file) => entries.insert(name.clone(), *file),
            None => entries.remove(name),
        };
    }
}
