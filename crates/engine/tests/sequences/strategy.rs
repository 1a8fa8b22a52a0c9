//! How sequences are drawn. What comes first in a choice is what shrinking tries.

use agent_storage_engine::catalog::listing::Order;
use proptest::{
    collection::vec,
    option::{of, weighted},
    prelude::*,
    sample::select,
};

use super::{
    changes::{change, delete, save},
    operation::{End, Handle, List, Loss, Operation, Sequence},
    support::sim::Call,
    values::{PREFIXES, condition, event, id, lineage, place, small, stream, time, version},
};

/// Those at which a machine stops: the ones that change a disk, but for preallocations, which come from another thread at any time.
const CALLS: [Call; 6] =
    [Call::Write, Call::Sync, Call::SyncDirectory, Call::Rename, Call::Remove, Call::Create];

pub(super) fn sequence() -> impl Strategy<Value = Sequence> {
    (handle(), vec(operation(), 1..70))
        .prop_map(|(opened, operations)| Sequence { opened: Handle { lazy: false, ..opened }, operations })
}

fn handle() -> impl Strategy<Value = Handle> {
    (
        prop::bool::weighted(0.25),
        prop::bool::weighted(0.25),
        select(&[3, 1, 9][..]),
        select(&[3, 0, 1, 8][..]),
    )
        .prop_map(|(sync, lazy, level, max_delta_chain)| Handle { sync, lazy, level, max_delta_chain })
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        1 => Just(Operation::Nothing),
        12 => (stream(), vec(event(), 0..5), of(condition()))
            .prop_map(|(stream, events, condition)| Operation::Append(stream, events, condition)),
        12 => save().prop_map(|save| Operation::Commit(vec![save])),
        10 => vec(change(), 0..6).prop_map(Operation::Commit),
        3 => (vec(prop_oneof![3 => save(), 1 => delete()], 1..4), stream(), small())
            .prop_map(|(changes, stream, event)| Operation::Together(changes, stream, event)),
        3 => (stream(), place()).prop_map(|(stream, before)| Operation::Prune(stream, before)),
        1 => stream().prop_map(Operation::DeleteStream),
        14 => read(),
        3 => Just(Operation::Flush),
        8 => Just(Operation::FlushTables),
        5 => Just(Operation::Compact),
        2 => Just(Operation::Verify),
        1 => any::<u64>().prop_map(Operation::Backup),
        1 => Just(Operation::Rest),
        5 => (any::<bool>(), handle()).prop_map(|(looked_at, next)| Operation::Reopen { looked_at, next }),
        7 => end().prop_map(Operation::Crash),
        4 => (select(&CALLS[..]), 1u64..8, end()).prop_map(|(call, nth, end)| Operation::CrashSoon(call, nth, end)),
    ]
}

fn read() -> impl Strategy<Value = Operation> {
    let at_once = (prop_oneof![Just(1000), 1usize..4], prop_oneof![Just(1 << 20), 0usize..300]);
    prop_oneof![
        5 => (stream(), place(), weighted(0.7, 0u64..6), at_once)
            .prop_map(|(stream, from, limit, at_once)| Operation::Replay { stream, from, limit, at_once }),
        2 => (stream(), place()).prop_map(|(stream, from)| Operation::BeginReplay(stream, from)),
        2 => (1usize..4).prop_map(Operation::ReplayOn),
        4 => (id(), version()).prop_map(|(id, version)| Operation::Load(id, version)),
        5 => list().prop_map(Operation::List),
        2 => id().prop_map(Operation::History),
        1 => Just(Operation::Figures),
    ]
}

fn list() -> impl Strategy<Value = List> {
    (
        select(&[Order::FirstSaved, Order::Time][..]),
        any::<bool>(),
        of(0usize..4),
        prop_oneof![3 => Just(""), 1 => select(&PREFIXES[..])],
        weighted(0.2, lineage()),
        weighted(0.2, time()),
        weighted(0.2, time()),
    )
        .prop_map(|(order, reverse, limit, prefix, lineage, from, until)| List {
            order,
            reverse,
            limit,
            prefix,
            lineage,
            from,
            until,
        })
}

fn end() -> impl Strategy<Value = End> {
    let loss = prop_oneof![1 => Just(Loss::Everything), 3 => any::<u64>().prop_map(Loss::Some)];
    (weighted(0.7, loss), any::<bool>(), handle()).prop_map(|(power_cut, looked_at, next)| End {
        power_cut,
        looked_at,
        next,
    })
}
