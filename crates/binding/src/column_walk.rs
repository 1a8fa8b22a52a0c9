//! Walking over MessagePack values in columns.
//!
//! Constraint: what a walk keeps in memory is told to V8, which would not collect it for its own size. But what V8 has collected is given back only once the event loop turns, so a program
//! that does not let it turn is told when much is held.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicI64, Ordering},
};

use agent_storage_columns::Transcoder;
use agent_storage_engine::{
    error::{Error as StorageError, Result as StorageResult},
    events::replay::EventBatch,
    ids::Sequence,
    store::{Events, ReadAhead, Walk},
};
use agent_task_graph::{Malformed, Values};
use napi::{Env, Result, bindgen_prelude::ObjectFinalize};
use napi_derive::napi;

use crate::{columns::NativeColumns, errors::to_js};

/// How much crosses at once: as little as keeps the number of calls from mattering.
const COLUMN_VALUES: usize = 4096;
const COLUMN_BYTES: usize = 4 * 1024 * 1024;

/// So much may be held for walks that nobody has gone through.
const CROWDED_BYTES: i64 = 64 << 20;

/// How much is held, by all threads of the process.
static HELD_BYTES: AtomicI64 = AtomicI64::new(0);

/// A walk over values, as they were at its start.
#[napi(custom_finalize)]
pub struct NativeColumnWalk {
    batches: ReadAhead<NativeColumns>,
    held_bytes: i64,
}

impl NativeColumnWalk {
    /// Over the bytes of events.
    pub(crate) fn of_events(events: Events) -> Self {
        let mut transcoder = Transcoder::default();
        let make = move |batch: &EventBatch| {
            let values: Vec<&[u8]> = batch.events.iter().map(|event| batch.data(event)).collect();
            let columns = transcoder.transcode(values.iter().copied());
            let first = batch.events.first().map_or(Sequence(0), |first| first.sequence);
            NativeColumns::new(first, &values, columns)
        };
        Self { batches: events.read_ahead(COLUMN_VALUES, COLUMN_BYTES, make), held_bytes: 0 }
    }

    /// Over values of nobody else, which come from the store in `directory`.
    pub(crate) fn of_values(env: &Env, values: Values, directory: &Path) -> Result<Self> {
        let held_bytes = i64::try_from(values.held_bytes()).unwrap_or(i64::MAX);
        hold(env, held_bytes)?;
        let (directory, transcoder) = (directory.to_owned(), Transcoder::default());
        let batches = ReadAhead::new(ValueBatches { values, transcoder, directory });
        Ok(Self { batches, held_bytes })
    }

    /// Whether much is held for walks that nobody has gone through.
    pub(crate) fn is_crowded() -> bool {
        HELD_BYTES.load(Ordering::Relaxed) > CROWDED_BYTES
    }

    fn forget(&mut self, env: &Env) -> Result<()> {
        hold(env, -std::mem::take(&mut self.held_bytes))
    }
}

fn hold(env: &Env, bytes: i64) -> Result<()> {
    HELD_BYTES.fetch_add(bytes, Ordering::Relaxed);
    env.adjust_external_memory(bytes).map(|_| ())
}

#[napi]
impl NativeColumnWalk {
    /// Reads no further, so that nothing is held for it any more.
    #[napi(catch_unwind)]
    pub fn end(&mut self, env: &Env) -> Result<()> {
        self.batches.end();
        self.forget(env)
    }

    /// The next values. `null` at the end.
    #[napi(catch_unwind)]
    pub fn next(&self, env: &Env) -> Result<Option<NativeColumns>> {
        self.batches.next().map_err(|error| to_js(env, &error))
    }
}

impl ObjectFinalize for NativeColumnWalk {
    fn finalize(mut self, env: Env) -> Result<()> {
        self.forget(&env)
    }
}

struct ValueBatches {
    values: Values,
    transcoder: Transcoder,
    directory: PathBuf,
}

impl Walk<NativeColumns> for ValueBatches {
    fn next(&mut self) -> StorageResult<Option<NativeColumns>> {
        let values = self.values.next(COLUMN_VALUES, COLUMN_BYTES);
        let values = values
            .map_err(|Malformed| StorageError::corrupt(&self.directory, 0, "kept state of a task graph"))?;
        let columns = self.transcoder.transcode(values.iter().copied());
        Ok((!values.is_empty()).then(|| NativeColumns::new(Sequence(0), &values, columns)))
    }

    fn is_done(&self) -> bool {
        self.values.left() == 0
    }
}
