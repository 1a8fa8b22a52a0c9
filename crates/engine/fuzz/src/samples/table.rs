//! Of what tables hold, and of the manifest.

use agent_storage_engine::{
    catalog::rows::{IdRow, LineageRow, StreamRow, VersionRow},
    events::rows::EventRow,
    format::{codec::Put, header::FileKind},
    ids::{FileNumber, IdNumber, Position, RecordNumber, Sequence, StreamNumber},
    manifest::{Manifest, PackEntry, RunEntry},
};

use crate::{STORE, forge};

pub(crate) fn rows() -> Vec<Vec<u8>> {
    let stream = StreamRow {
        number: StreamNumber(1),
        first: Sequence(4),
        last: Sequence(900),
        hold: Some(Sequence(3)),
        total_bytes: 1 << 40,
    };
    let id = IdRow {
        number: IdNumber(3),
        first_position: Position(9),
        oldest: 1,
        newest: 300,
        time: -0.5,
        record: RecordNumber(77),
    };
    let version = VersionRow {
        record: RecordNumber(7),
        bytes: 1000,
        stored_bytes: 10,
        saved_at: 1_760_000_000_000,
        time: 1.5,
        position: Position(8),
        called_after: Position(6),
        lineage: "agent".to_owned(),
        meta: b"meta".to_vec(),
    };
    let lineage = LineageRow { id: IdNumber(1), version: 2, record: RecordNumber(3) };
    let event = EventRow { position: Position(1 << 40), time_ms: 1 << 41, bytes_before: 0, data: b"event" };
    let mut event_value = Vec::new();
    event.encode(&mut event_value);
    let version = [version.encode_head(version.meta.len()), version.meta].concat();
    vec![stream.encode(), id.encode(), version, lineage.encode(), event_value]
}

pub(crate) fn keys() -> Vec<Vec<u8>> {
    let with = |times: [f64; 2], name: &str| {
        let mut input: Vec<u8> = times.into_iter().flat_map(f64::to_le_bytes).collect();
        for number in [3, 1 << 40, 9, 9] {
            input.put_varint(number);
        }
        input.extend_from_slice(name.as_bytes());
        input
    };
    vec![
        with([-0.0, 0.0], "agent/ö"),
        with([1.5, f64::INFINITY], "0000000000abcdef.log"),
        with([-1e300, f64::MAX], "0000000000000001.pack"),
    ]
}

pub(crate) fn manifests() -> Vec<Vec<u8>> {
    let run = RunEntry {
        kind: FileKind::EventRun,
        number: FileNumber(3),
        length: 9999,
        entries: 70,
        dead_bytes: 4,
    };
    let pack = PackEntry { number: FileNumber(4), sealed: true, length: 512, records: 3, dead_bytes: 0 };
    let full = Manifest {
        store: STORE,
        generation: 3,
        log_start: forge::LOG_START,
        next_file: FileNumber(9),
        next_record: RecordNumber(1000),
        next_id: IdNumber(5),
        next_stream: StreamNumber(2),
        checkpoints: 3,
        versions: 8,
        dropped_versions: 6,
        logs: vec![FileNumber(7), FileNumber(8)],
        runs: vec![run, RunEntry { kind: FileKind::CatalogRun, number: FileNumber(5), ..run }],
        packs: vec![pack, PackEntry { number: FileNumber(6), sealed: false, length: 0, records: 0, ..pack }],
    };
    let empty = Manifest { logs: vec![FileNumber(1)], runs: Vec::new(), packs: Vec::new(), ..full.clone() };
    vec![full.encode(), empty.encode()]
}
