//! The modules form layers and import downwards only. The bug this catches: a convenience import that makes two parts know each other, after which neither
//! can be read, tested or changed alone.
#![expect(clippy::expect_used, reason = "a failed expectation is a failed test")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// From the bottom to the top; modules of one layer do not import each other.
const LAYERS: &[&[&str]] = &[
    &["error", "ids", "random", "sync"],
    &["options", "format", "io", "service"],
    &["wal", "runs", "packs", "checkpoints", "manifest"],
    &["tables"],
    &["catalog"],
    &["events"],
    &["engine"],
    &["folds"],
    &["registry"],
    &["store"],
];

fn layer(module: &str) -> usize {
    LAYERS.iter().position(|layer| layer.contains(&module)).unwrap_or_else(|| unknown(module))
}

fn unknown(module: &str) -> usize {
    unreachable!("module {module:?} has no layer: add it to LAYERS and to the crate's documentation")
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a readable source folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The top-level modules that `source` names through `crate::`, in `use` groups too. Tests may look anywhere.
fn imports(source: &str) -> BTreeSet<String> {
    let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or(source);
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = code.get(at + "crate::".len()..).unwrap_or_default();
        match rest.strip_prefix('{') {
            Some(group) => found.extend(group_members(group)),
            None => found.extend(first_name(rest)),
        }
    }
    found
}

fn first_name(text: &str) -> Option<String> {
    let name: String = text.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
    Some(name).filter(|name| !name.is_empty())
}

fn group_members(group: &str) -> Vec<String> {
    let mut members = Vec::new();
    let mut depth = 0;
    let mut at_start = true;
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => at_start = true,
            letter if at_start && depth == 0 && letter.is_alphabetic() => {
                members.extend(group.get(at..).and_then(first_name));
                at_start = false;
            }
            _ => {}
        }
    }
    members
}

/// The path below `src` and the text of every file that is no test.
fn engine_sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let relative = |file: &PathBuf| file.strip_prefix(&root).expect("a file of the crate").to_owned();
    let of_tests = |file: &PathBuf| {
        relative(file).components().any(|part| {
            matches!(
                part.as_os_str().to_string_lossy().as_ref(),
                "tests" | "tests.rs" | "testing" | "testing.rs" | "crash_tests.rs"
            )
        })
    };
    files.retain(|file| !of_tests(file));
    let text = |file: &PathBuf| fs::read_to_string(file).expect("a readable source");
    files.iter().map(|file| (relative(file), text(file))).collect()
}

#[test]
fn imports_point_down() {
    let mut wrong = Vec::new();
    for (file, source) in engine_sources() {
        let module = file.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
        let module = module.trim_end_matches(".rs");
        if module == "lib" {
            continue;
        }
        for imported in imports(&source) {
            if imported != module && layer(&imported) >= layer(module) {
                wrong.push(format!("{} imports {imported}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "imports that do not point down:\n{}", wrong.join("\n"));
}

/// A lock, thread or clock that is not `sync`'s is one that no test of schedules sees, and may hang it.
#[test]
fn what_threads_wait_for_comes_from_sync() {
    let waited_for = ["atomic", "mpsc", "thread", "Instant", "Condvar", "Mutex", "RwLock"];
    let mut wrong = Vec::new();
    for (file, source) in engine_sources() {
        // Where the machine's own calls are made, it is the machine that is waited for.
        if file.starts_with("sync") || file.starts_with("io/platform") {
            continue;
        }
        let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or(&source);
        let machine = code.split("use std::").skip(1).filter_map(|rest| rest.split(';').next());
        for import in machine {
            let words = import.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            let found = words.into_iter().filter(|word| waited_for.contains(word));
            wrong.extend(found.map(|word| format!("{} imports std's {word}", file.display())));
        }
        if code.contains("parking_lot") {
            wrong.push(format!("{} uses parking_lot", file.display()));
        }
    }
    assert!(wrong.is_empty(), "what a test of schedules does not see:\n{}", wrong.join("\n"));
}

#[test]
fn imports_are_found_in_groups_and_paths() {
    let source =
        "use crate::{\n    error::{Error, Result},\n    io::disk,\n};\nfn f() { crate::wal::scan() }\n";
    let expected = ["error", "io", "wal"].map(str::to_owned);
    assert_eq!(imports(source), BTreeSet::from(expected));
}
