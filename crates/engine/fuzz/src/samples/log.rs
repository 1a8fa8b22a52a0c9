//! Of the write-ahead log.

use agent_storage_engine::{
    checkpoints::encode::EncodedRecord,
    format::{
        change::{self, Change, Deleted, Saved, Within},
        frame,
        mark::Mark,
    },
    ids::{FileNumber, IdNumber, Position, RecordNumber, Sequence, StreamNumber},
    wal::Link,
};

use super::pack::chain_of_records;
use crate::{STORE, forge};

pub(crate) fn log_marks() -> Vec<Vec<u8>> {
    let [first, second] = Mark::initial(FileNumber(7));
    let through = Link { position: Position(41), checksum: 0xdead_beef };
    let later = Mark { counter: 6, through, offset: 20_000, closed: true, ..second };
    [first, second, later].map(|mark| mark.encode(STORE)).to_vec()
}

pub(crate) fn frames() -> Vec<Vec<u8>> {
    let previous = forge::LOG_START;
    [None, Some(*b"randomly")]
        .map(|opening| {
            let mut framed = Vec::new();
            frame::encode(&mut framed, previous, 1_760_000_000_000, opening, b"changes").expect("fits");
            let mut input = previous.position.0.to_le_bytes().to_vec();
            input.extend(previous.checksum.to_le_bytes());
            input.extend(framed);
            input
        })
        .to_vec()
}

/// One file and three, marked and not, closed and not; the last one's checksums are to be made right.
pub(crate) fn logs() -> Vec<Vec<u8>> {
    let mut bodies = changes();
    bodies.truncate(6);
    let (mut frames, mut one, mut link) = (Vec::new(), Vec::new(), forge::LOG_START);
    for (index, body) in bodies.iter().enumerate() {
        let opening = index.is_multiple_of(3).then_some([5; 8]);
        link = frame::encode(&mut one, link, 1_760_000_000_000, opening, body).expect("fits");
        frames.extend_from_slice(&one);
    }
    [[0x00, 0, 0], [0x08, 3, 0], [0x1a, 5, 2], [0x0e, 2, 2], [0x2e, 2, 2]]
        .into_iter()
        .map(|head| [&head[..], &frames, &[0; 40]].concat())
        .collect()
}

pub(crate) fn changes() -> Vec<Vec<u8>> {
    let records = chain_of_records();
    let within = |bytes| Within { offset: 0, bytes };
    let saved = |record: &EncodedRecord| Saved {
        id_number: IdNumber(3),
        id: "agent",
        version: 2,
        first_position: Some(Position(4)),
        oldest_before: 1,
        oldest: 1,
        time_before: Some(1.5),
        time: 2.5,
        lineage: "run-1",
        meta: within(b"meta"),
        record: record.header,
        stored: None,
        called_after: Position(6),
    };
    let deleted = Deleted {
        id_number: IdNumber(3),
        id: "agent",
        first_position: None,
        time: -0.5,
        oldest: 1,
        newest: 2,
    };
    let stream = StreamNumber(2);
    let first = Sequence(9);
    let mut all = vec![
        Change::Events { stream, first, events: vec![within(b"one"), within(b""), within(b"three")] },
        Change::StreamCreated { stream, name: "task-graph" },
        Change::StreamPruned { stream, before: first },
        Change::StreamHeld { stream, from: Some(Sequence(0)) },
        Change::Deleted(deleted),
        Change::InternalSet { key: b"key", value: b"value" },
        Change::InternalRemoved { key: b"key" },
        Change::Large { record: RecordNumber(5), length: 1 << 21, firsts: vec![first, Sequence(300)] },
        Change::StreamDeleted { stream, name: "task-graph" },
    ];
    all.extend(records.iter().map(|record| Change::Saved(saved(record))));
    let within_frame = |record| Saved { stored: Some(within(&records[0].stored)), ..saved(record) };
    all.push(Change::Saved(Saved { time_before: None, first_position: None, ..within_frame(&records[0]) }));
    let mut bodies: Vec<Vec<u8>> = all.chunks(2).map(body_of).collect();
    bodies.push(body_of(&all));
    bodies
}

fn body_of(changes: &[Change<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for one in changes {
        change::put(&mut body, one, STORE);
    }
    body
}
