//! MessagePack values on their way to JavaScript.

use agent_storage_columns::{Skeleton, Transcoder};

use crate::{
    columns::{rebuild, skeleton::check},
    memory,
};

/// How many values there are in a batch: enough of each for a group.
const VALUES: u32 = 32;

/// The input cut in two at its first byte, both parts taken for a value, many times in turn: every row is in one group or is left whole, what a group gives is what another
/// decoder reads, and memory is bounded by the batch.
pub(super) fn columns(input: &[u8]) {
    let Some((cut, rest)) = input.split_first() else { return };
    let (one, other) = rest.split_at(usize::from(*cut).min(rest.len()));
    let values: Vec<_> = [one, other].into_iter().cycle().take(VALUES as usize).map(<[u8]>::to_vec).collect();
    let bytes = values.iter().map(Vec::len).sum::<usize>();
    let mut transcoder = Transcoder::default();
    let transcode = || transcoder.transcode(values.iter().map(Vec::as_slice));
    let columns = memory::bounded(64 * bytes + (64 << 10), transcode);
    let mut rows: Vec<_> =
        columns.groups.iter().flat_map(|group| &group.rows).chain(&columns.whole).collect();
    rows.sort_unstable();
    assert!(rows.into_iter().copied().eq(0..VALUES), "{columns:?}");
    // What stays whole need not be MessagePack.
    if columns.whole.is_empty() {
        let decode = |mut value: &[u8]| {
            let decoded = rmpv::decode::read_value(&mut value).expect("what is in a group is MessagePack");
            assert!(value.is_empty(), "bytes behind a value");
            crate::columns::normal(&decoded)
        };
        let decoded: Vec<_> = values.iter().map(|value| decode(value)).collect();
        assert_eq!(rebuild(&columns, &values), decoded);
    }
}

/// A skeleton takes no more memory than its value, and can be filled again.
pub(super) fn skeleton(input: &[u8]) {
    if let Some(skeleton) = memory::bounded(8 * input.len() + 1024, || Skeleton::of(input)) {
        assert!(skeleton.bytes.len() < input.len());
        check(input, &skeleton);
    }
}
