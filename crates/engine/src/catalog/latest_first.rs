//! Walking the ids from the latest time to the earliest.
//!
//! Constraints: ids of one time come in the order of their first saves, which is forward within a walk that goes back; however many share a time, none
//! of them are gathered in memory; where no two share a time, which is the rule, the whole walk is one scan.

use crate::{
    catalog::keys::{self, KeyRange},
    error::Result,
    tables::{Scan, Snapshot},
};

/// The rows by time, latest first.
pub(super) struct LatestFirst {
    /// What is not yet walked, but for `ahead`.
    range: KeyRange,
    backward: Scan,
    /// The row behind those that were given, which tells whether it shares its time with the next one.
    ahead: Option<KeyAndValue>,
    /// The rows of one time, where several share it.
    same_time: Option<Scan>,
}

/// A row of a scan, kept beyond the scan's next step.
pub(super) struct KeyAndValue {
    pub(super) key: Vec<u8>,
    pub(super) value: Vec<u8>,
}

impl KeyAndValue {
    pub(super) fn next_of(scan: &mut Scan) -> Result<Option<Self>> {
        let row = scan.step()?;
        Ok(row.map(|(key, value)| Self { key: key.to_vec(), value: value.to_vec() }))
    }

    fn time(&self) -> &[u8] {
        keys::time_of(&self.key).unwrap_or_default()
    }
}

impl LatestFirst {
    /// Starts behind the last row of `range`.
    pub(super) fn new(snapshot: &Snapshot, range: KeyRange) -> Result<Self> {
        let mut backward = snapshot.scan(&range.from, range.until.as_deref(), true)?;
        let ahead = KeyAndValue::next_of(&mut backward)?;
        Ok(Self { range, backward, ahead, same_time: None })
    }

    /// The next row.
    pub(super) fn next(&mut self, snapshot: &Snapshot) -> Result<Option<KeyAndValue>> {
        loop {
            if let Some(same_time) = &mut self.same_time {
                if let Some(row) = KeyAndValue::next_of(same_time)? {
                    return Ok(Some(row));
                }
                *self = Self::new(snapshot, self.range.clone())?;
            }
            let Some(row) = self.ahead.take() else { return Ok(None) };
            self.ahead = KeyAndValue::next_of(&mut self.backward)?;
            if self.ahead.as_ref().is_none_or(|ahead| ahead.time() != row.time()) {
                return Ok(Some(row));
            }
            let until = keys::after_time(row.time());
            self.same_time = Some(snapshot.scan(row.time(), Some(&until), false)?);
            self.range.until = Some(row.time().to_vec());
        }
    }
}
