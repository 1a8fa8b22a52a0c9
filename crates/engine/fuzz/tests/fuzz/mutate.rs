//! Changes inputs as a fuzzer does, but by a seed alone.
//!
//! Constraint: an input never grows beyond [`MOST_BYTES`], so that no target slows down by its own inputs.

use agent_storage_fuzz::support::rng::Rng;

/// The longest input.
const MOST_BYTES: usize = 4096;

/// Numbers at which decoders tend to be wrong.
const EDGES: [u64; 16] = [
    0,
    1,
    2,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0xffff,
    1 << 20,
    (272 << 20) + 1,
    u32::MAX as u64 - 1,
    u32::MAX as u64,
    1 << 63,
    u64::MAX - 1,
    u64::MAX,
];

/// One of `pool` with a few changes, some of them parts of others of `pool`.
pub(crate) fn mutated(pool: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let mut input = pool[rng.index(pool.len())].clone();
    let changes = 1 << rng.below(4);
    for _ in 0..changes {
        change(&mut input, pool, rng);
    }
    input.truncate(MOST_BYTES);
    input
}

fn change(input: &mut Vec<u8>, pool: &[Vec<u8>], rng: &mut Rng) {
    let at = rng.index(input.len() + 1);
    match rng.below(10) {
        0 | 1 => flip_a_bit(input, rng),
        2 => overwrite(input, at, &[rng.next_u64().to_le_bytes()[0]]),
        3 => overwrite_number(input, at, rng),
        4 => add_to_a_byte(input, at, rng),
        5 => put_varint(input, at, rng),
        6 => drop(input.drain(at..input.len().min(at + short(rng)))),
        7 => insert(input, at, short(rng), rng),
        8 => copy_within(input, at, rng),
        _ => splice(input, at, &pool[rng.index(pool.len())], rng),
    }
}

/// Mostly a few, sometimes many.
fn short(rng: &mut Rng) -> usize {
    let most = if rng.chance(1, 8) { 200 } else { 8 };
    rng.index(most) + 1
}

fn flip_a_bit(input: &mut [u8], rng: &mut Rng) {
    if !input.is_empty() {
        let bit = rng.index(input.len() * 8);
        input[bit / 8] ^= 1 << (bit % 8);
    }
}

fn overwrite(input: &mut [u8], at: usize, bytes: &[u8]) {
    for (byte, new) in input[at..].iter_mut().zip(bytes) {
        *byte = *new;
    }
}

fn overwrite_number(input: &mut [u8], at: usize, rng: &mut Rng) {
    let number = EDGES[rng.index(EDGES.len())].to_le_bytes();
    let width = [2, 4, 8][rng.index(3)];
    overwrite(input, at, &number[..width]);
}

fn add_to_a_byte(input: &mut [u8], at: usize, rng: &mut Rng) {
    let by = [1, 2, 7, 0xff, 0xf9][rng.index(5)];
    if let Some(byte) = input.get_mut(at) {
        *byte = byte.wrapping_add(by);
    }
}

/// In place of as many bytes as it takes, or of one.
fn put_varint(input: &mut Vec<u8>, at: usize, rng: &mut Rng) {
    use agent_storage_engine::format::codec::Put;
    let mut varint = Vec::new();
    varint.put_varint(EDGES[rng.index(EDGES.len())]);
    let replaced = if rng.chance(1, 2) { varint.len() } else { 1 };
    let end = input.len().min(at + replaced);
    input.splice(at..end, varint);
}

fn insert(input: &mut Vec<u8>, at: usize, count: usize, rng: &mut Rng) {
    let bytes = if rng.chance(1, 2) { vec![0; count] } else { rng.bytes(count) };
    input.splice(at..at, bytes);
}

/// Repeats a part of the input at another place.
fn copy_within(input: &mut Vec<u8>, at: usize, rng: &mut Rng) {
    let from = rng.index(input.len() + 1);
    let end = input.len().min(from + short(rng));
    let part = input[from..end].to_vec();
    if rng.chance(1, 2) {
        overwrite(input, at, &part);
    } else {
        input.splice(at..at, part);
    }
}

/// Goes on as another input does from some place on.
fn splice(input: &mut Vec<u8>, at: usize, other: &[u8], rng: &mut Rng) {
    input.truncate(at);
    let from = rng.index(other.len() + 1);
    input.extend_from_slice(&other[from..]);
}
