//! A batch's changes.

use agent_storage_engine::{
    engine::Op,
    error::Error as StorageError,
    ids::{Position, Sequence},
    store::Store,
};
use napi::bindgen_prelude::Uint8ArraySlice;
use napi_derive::napi;

use crate::shapes::integer;

/// One change; `kind` tells which of the other fields it has.
#[napi(object, object_to_js = false)]
pub struct NativeOp<'a> {
    /// What to do.
    #[napi(
        ts_type = "\"append\" | \"expect\" | \"prune\" | \"hold\" | \"deleteStream\" | \"save\" | \"delete\" | \"setInternal\" | \"removeInternal\""
    )]
    pub kind: String,
    /// The stream.
    pub stream: Option<String>,
    /// What to append.
    #[napi(ts_type = "Uint8Array[]")]
    pub events: Option<Vec<Uint8ArraySlice<'a>>>,
    /// Append only behind this sequence.
    pub after: Option<f64>,
    /// The expected last sequence.
    pub last: Option<f64>,
    /// The expected oldest sequence that is not pruned.
    pub first: Option<f64>,
    /// Prune before this sequence.
    pub before: Option<f64>,
    /// Hold from this sequence on; absent lifts the hold.
    pub from: Option<f64>,
    /// The checkpoint's id.
    pub id: Option<String>,
    /// The checkpoint's bytes.
    #[napi(ts_type = "Uint8Array")]
    pub data: Option<Uint8ArraySlice<'a>>,
    /// Its lineage.
    pub lineage: Option<String>,
    /// Its meta.
    #[napi(ts_type = "Uint8Array")]
    pub meta: Option<Uint8ArraySlice<'a>>,
    /// Its time.
    pub time: Option<f64>,
    /// Delete only what was not saved since this position.
    pub unless_after: Option<f64>,
    /// An internal record's key.
    #[napi(ts_type = "Uint8Array")]
    pub key: Option<Uint8ArraySlice<'a>>,
    /// Its value.
    #[napi(ts_type = "Uint8Array")]
    pub value: Option<Uint8ArraySlice<'a>>,
}

/// The engine's form of `ops`, with bytes copied.
pub(crate) fn to_engine(store: &Store, ops: Vec<NativeOp<'_>>) -> Result<Vec<Op>, StorageError> {
    ops.into_iter().map(|op| convert(store, op)).collect()
}

fn convert(store: &Store, op: NativeOp<'_>) -> Result<Op, StorageError> {
    let sequence = |value: Option<f64>| Sequence(value.map_or(0, integer));
    let bytes = |value: Option<Uint8ArraySlice<'_>>| value.map(|bytes| bytes.to_vec()).unwrap_or_default();
    let stream = op.stream.unwrap_or_default();
    let id = op.id.unwrap_or_default();
    Ok(match op.kind.as_str() {
        "append" => Op::Append {
            stream,
            events: op.events.unwrap_or_default().iter().map(|event| event.to_vec()).collect(),
            after: op.after.map(integer).map(Sequence),
        },
        "expect" => {
            Op::Expect { stream, last: sequence(op.last), first: op.first.map(integer).map(Sequence) }
        }
        "prune" => Op::Prune { stream, before: sequence(op.before) },
        "hold" => Op::Hold { stream, from: op.from.map(integer).map(Sequence) },
        "deleteStream" => Op::DeleteStream { stream },
        "save" => {
            let lineage = op.lineage.unwrap_or_default();
            Op::Save(store.save_request(&id, bytes(op.data), &lineage, bytes(op.meta), op.time))
        }
        "delete" => Op::Delete { id, unless_after: op.unless_after.map(integer).map(Position) },
        "setInternal" => Op::SetInternal { key: bytes(op.key), value: bytes(op.value) },
        "removeInternal" => Op::RemoveInternal { key: bytes(op.key) },
        other => {
            return Err(StorageError::InvalidArgument { what: format!("no change is called {other:?}") });
        }
    })
}
