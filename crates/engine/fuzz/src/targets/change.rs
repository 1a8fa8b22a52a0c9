//! The changes in a frame's body.

use agent_storage_engine::format::change::{self, Change, Changes, Within};

use crate::{STORE, memory, repair};

/// A body as it is, and with the headers of the records in it made right.
///
/// What is read and written again reads as the same, is no longer, and says where in the body its large parts lie.
pub(super) fn change(input: &[u8]) {
    check(input);
    let mut repaired = input.to_vec();
    repair::record_headers(&mut repaired, STORE);
    if repaired != input {
        check(&repaired);
    }
}

fn check(body: &[u8]) {
    // A change takes at least two bytes and some 250 in memory, an event at least one and 24; and a list that grows is there twice.
    let (changes, failed) = memory::bounded(memory::times(512, body), || read(body));
    let mut again = Vec::new();
    for change in &changes {
        check_places(change, body);
        change::put(&mut again, change, STORE);
    }
    assert!(failed || again.len() <= body.len(), "{} bytes of {}", again.len(), body.len());
    let (reread, failed) = read(&again);
    assert!(!failed && reread.len() == changes.len(), "what was written does not read");
    let mut third = Vec::new();
    for change in &reread {
        change::put(&mut third, change, STORE);
    }
    assert_eq!(again, third);
}

/// The changes up to the first that is malformed, and whether there is one.
fn read(body: &[u8]) -> (Vec<Change<'_>>, bool) {
    let mut changes = Changes::new(body, STORE);
    let read: Vec<_> = changes.by_ref().map_while(Result::ok).collect();
    let whole: usize = Changes::new(body, STORE).flatten().count();
    assert_eq!(whole, read.len(), "something is read behind a malformed change");
    assert!(changes.next().is_none());
    let failed = Changes::new(body, STORE).any(|change| change.is_err());
    (read, failed)
}

fn check_places(change: &Change<'_>, body: &[u8]) {
    let check = |within: &Within<'_>| {
        assert_eq!(&body[within.offset..within.offset + within.bytes.len()], within.bytes);
    };
    match change {
        Change::Events { events, .. } => events.iter().for_each(check),
        Change::Saved(saved) => {
            check(&saved.meta);
            saved.stored.iter().for_each(check);
            assert!(
                saved.oldest >= 1 && saved.oldest <= saved.version && saved.oldest_before <= saved.oldest
            );
        }
        Change::Deleted(deleted) => assert!(deleted.oldest >= 1 && deleted.oldest <= deleted.newest),
        _ => {}
    }
}
