//! Of sorted runs.

use agent_storage_engine::{
    format::{codec::Put, header::HEADER_BYTES},
    runs::probe as runs,
};

use crate::{STORE, forge, support::rng::Rng};

pub(crate) fn run_footers() -> Vec<Vec<u8>> {
    forged_runs().iter().map(|file| file[file.len() - runs::FOOTER_BYTES..].to_vec()).collect()
}

pub(crate) fn run_indexes() -> Vec<Vec<u8>> {
    let places: Vec<_> = [("", 20, 1), ("ab", 300, 7), ("abc", 16, 2), ("b", 40, 3)]
        .map(|(key, length, entries)| (key.as_bytes().to_vec(), 0, length, entries))
        .to_vec();
    let end = HEADER_BYTES as u64 + 376;
    let raw = runs::encode_index(&places).expect("small");
    vec![[&end.to_le_bytes()[..], &raw].concat(), end.to_le_bytes().to_vec()]
}

pub(crate) fn run_blocks() -> Vec<Vec<u8>> {
    let noise = Rng::new(1).bytes(80);
    let repeated = b"step 1 of a task; ".repeat(20);
    [&[][..], b"x", &noise, &repeated].map(|raw| runs::encode_block(STORE, 3, raw).expect("memory")).to_vec()
}

pub(crate) fn run_entries() -> Vec<Vec<u8>> {
    let entries = |count: u32| -> Vec<runs::OwnedEntry> {
        let value = |n: u32| (!n.is_multiple_of(3)).then(|| vec![7; n as usize % 20]);
        (0..count).map(|n| (format!("key/{n:03}").into_bytes(), value(n))).collect()
    };
    [0, 1, 12].map(|count| runs::write_entries(&entries(count)).expect("ascending")).to_vec()
}

/// Three blocks each: as they are, with claims that are right, with wrong totals.
pub(crate) fn run_files() -> Vec<Vec<u8>> {
    [0x01, 0x00, 0x03]
        .map(|flags| {
            let mut input = vec![flags];
            for block in ["a", "b", "c"] {
                let entries: Vec<runs::OwnedEntry> = (0..6_u8)
                    .map(|n| (format!("{block}/{n}").into_bytes(), (n != 3).then(|| vec![n; 10])))
                    .collect();
                input.put_bytes(&entries[0].0);
                input.put_varint(entries.len() as u64);
                input.put_bytes(&runs::write_entries(&entries).expect("ascending"));
            }
            input
        })
        .to_vec()
}

fn forged_runs() -> Vec<Vec<u8>> {
    run_files().iter().filter_map(|input| forge::run_file(input)).collect()
}
