//! The operations of a batch.
//!
//! Constraints: an operation has the fields that its kind needs; bytes are copied here, before the call returns.

use agent_storage_engine::{
    engine::Op,
    error::{Error, Result},
    ids::{Position, Sequence},
    store::Store,
};
use napi::bindgen_prelude::Uint8ArraySlice;
use napi_derive::napi;

use crate::options::saturated;

/// One operation; `kind` tells which of the other fields are used.
#[napi(object, object_to_js = false)]
pub struct NativeOp<'a> {
    #[napi(
        ts_type = "\"append\" | \"expect\" | \"prune\" | \"hold\" | \"deleteStream\" | \"save\" | \"delete\" | \"setInternal\" | \"removeInternal\""
    )]
    pub kind: String,
    pub stream: Option<String>,
    #[napi(ts_type = "Uint8Array[]")]
    pub events: Option<Vec<Uint8ArraySlice<'a>>>,
    pub after: Option<f64>,
    pub last: Option<f64>,
    pub before: Option<f64>,
    pub from: Option<f64>,
    pub id: Option<String>,
    #[napi(ts_type = "Uint8Array")]
    pub data: Option<Uint8ArraySlice<'a>>,
    pub lineage: Option<String>,
    #[napi(ts_type = "Uint8Array")]
    pub meta: Option<Uint8ArraySlice<'a>>,
    pub time: Option<f64>,
    pub unless_after: Option<f64>,
    #[napi(ts_type = "Uint8Array")]
    pub key: Option<Uint8ArraySlice<'a>>,
    #[napi(ts_type = "Uint8Array")]
    pub value: Option<Uint8ArraySlice<'a>>,
}

/// `ops` for `store`, whose compression the saves have.
pub(crate) fn convert(store: &Store, ops: Vec<NativeOp<'_>>) -> Result<Vec<Op>> {
    ops.into_iter().map(|op| convert_one(store, op)).collect()
}

fn convert_one(store: &Store, op: NativeOp<'_>) -> Result<Op> {
    let stream = op.stream.unwrap_or_default();
    Ok(match op.kind.as_str() {
        "append" => Op::Append {
            stream,
            events: op.events.unwrap_or_default().iter().map(|event| event.to_vec()).collect(),
            after: op.after.map(sequence),
        },
        "expect" => Op::Expect { stream, last: sequence(needed("last", op.last)?) },
        "prune" => Op::Prune { stream, before: sequence(needed("before", op.before)?) },
        "hold" => Op::Hold { stream, from: op.from.map(sequence) },
        "deleteStream" => Op::DeleteStream { stream },
        "save" => Op::Save(store.save_request(
            &needed("id", op.id)?,
            needed("data", op.data)?.to_vec(),
            &op.lineage.unwrap_or_default(),
            op.meta.map(|meta| meta.to_vec()).unwrap_or_default(),
            op.time,
        )),
        "delete" => Op::Delete {
            id: needed("id", op.id)?,
            unless_after: op.unless_after.map(|position| Position(saturated(position))),
        },
        "setInternal" => Op::SetInternal {
            key: needed("key", op.key)?.to_vec(),
            value: needed("value", op.value)?.to_vec(),
        },
        "removeInternal" => Op::RemoveInternal { key: needed("key", op.key)?.to_vec() },
        other => return Err(Error::InvalidArgument { what: format!("no operation is called {other:?}") }),
    })
}

pub(crate) fn sequence(number: f64) -> Sequence {
    Sequence(saturated(number))
}

fn needed<T>(field: &str, value: Option<T>) -> Result<T> {
    value.ok_or_else(|| Error::InvalidArgument { what: format!("the operation has no {field}") })
}
