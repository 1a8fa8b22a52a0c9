//! What only a real file system shows: modes, links, read-only places, `chdir`. Where it takes another process (a umask, a user
//! without rights), this program is run again with the test [`child`] and told by [`TASK`] what to do.

use std::{
    env, fs,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, symlink},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use agent_storage_engine::{
    error::Error,
    io::{Access, Backend, Directory, atomic::replace, disk::Disk, owner::DirectoryLock},
};
use tempfile::TempDir;

const TASK: &str = "IO_CONTRACT_TASK";
const PLACE: &str = "IO_CONTRACT_PLACE";
/// The user "nobody" of most systems; any but root will do.
const NOBODY: u32 = 65534;

fn place() -> (TempDir, PathBuf) {
    let temporary = tempfile::tempdir().expect("a temporary directory");
    let path = temporary.path().join("store");
    (temporary, path)
}

fn opened(path: &Path) -> Arc<dyn Directory> {
    Disk.open_directory(path, true).expect("opens")
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).expect("is there").permissions().mode() & 0o7777
}

/// Runs [`child`] in a process of its own, through a shell that does `before` first.
fn run_child(task: &str, place: &Path, before: &str, user: Option<u32>) {
    let mut command = Command::new("/bin/sh");
    let program = env::current_exe().expect("this program");
    command
        .args(["-c", &format!("{before}; exec \"$@\""), "sh"])
        .arg(&program)
        .args(["--ignored", "--exact", "disk::child", "--test-threads=1"])
        .env(TASK, task)
        .env(PLACE, place);
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    let output = command.output().expect("the shell runs");
    if matches!(output.status.code(), Some(126 | 127)) {
        println!("skipped: {} cannot be run by that user", program.display());
        return;
    }
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{task}: {output:?}");
}

#[test]
#[ignore = "run by other tests, in a process of its own"]
fn child() {
    let place = PathBuf::from(env::var(PLACE).expect("run by another test"));
    match env::var(TASK).expect("run by another test").as_str() {
        "strange umask" => create_and_check_modes(&place),
        "read-only" => use_what_cannot_be_written(&place),
        "other working directory" => leave_working_directory(&place),
        other => panic!("no such task: {other}"),
    }
}

fn create_and_check_modes(place: &Path) {
    let directory = opened(&place.join("a/b"));
    directory.create("file").expect("creates");
    for path in ["a", "a/b"] {
        assert_eq!(mode(&place.join(path)) & 0o777, 0o700, "{path}");
    }
    assert_eq!(mode(&place.join("a/b/file")), 0o600);
    directory.open("file", Access::ReadWrite).expect("opens");
}

/// Would catch data that other users can read, or that its owner cannot.
#[test]
fn files_and_directories_are_the_owner_s_alone_whatever_the_umask() {
    for umask in ["000", "022", "077", "277", "777"] {
        let (temporary, _) = place();
        run_child("strange umask", temporary.path(), &format!("umask {umask}"), None);
    }
}

fn use_what_cannot_be_written(place: &Path) {
    let refused = |what: &str, error: Error| {
        assert!(matches!(error, Error::ReadOnly { .. }), "{what}: {error:?}");
    };
    refused("mkdir", Disk.open_directory(&place.join("new"), true).expect_err("cannot be created"));
    let directory = opened(place);
    refused("create", directory.create("new").expect_err("cannot be created"));
    refused("open", directory.open("file", Access::ReadWrite).expect_err("cannot be written"));
    refused("remove", directory.remove("file").expect_err("cannot be removed"));
    refused("rename", directory.rename("file", "other").expect_err("cannot be renamed"));
    refused("replace", replace(directory.as_ref(), "t", "file", b"x").expect_err("cannot be written"));
    directory.open("file", Access::Read).expect("can be read");
    for access in [Access::Read, Access::ReadWrite] {
        let unreadable = directory.open("secret", access);
        assert!(matches!(unreadable, Err(Error::Io { operation: "open", .. })), "{access:?}: {unreadable:?}");
    }
    let lock = DirectoryLock::acquire(directory, Duration::ZERO).expect("a reader may lock");
    let second = DirectoryLock::acquire(opened(place), Duration::ZERO);
    assert!(matches!(second, Err(Error::Locked { holder_pid: None, .. })), "{second:?}");
    drop(lock);
}

/// Would catch a place without write permission reported as a failing disk.
#[test]
fn a_place_that_cannot_be_written_is_read_only() {
    let (temporary, path) = place();
    opened(&path).create("file").expect("creates");
    opened(&path).create("secret").expect("creates");
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("sets");
    set(temporary.path(), 0o755);
    set(&path.join("file"), 0o444);
    set(&path.join("secret"), 0);
    set(&path, 0o555);
    let is_root = fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0);
    run_child("read-only", &path, ":", is_root.then_some(NOBODY));
    set(&path, 0o755);
}

fn leave_working_directory(place: &Path) {
    env::set_current_dir(place).expect("goes there");
    let directory = opened(Path::new("relative"));
    env::set_current_dir("/").expect("leaves");
    directory.create("file").expect("creates");
    assert!(place.join("relative/file").exists());
    assert!(directory.path().is_absolute());
}

/// Would catch a store that moves with the process's working directory.
#[test]
fn a_later_chdir_changes_nothing() {
    let (temporary, _) = place();
    run_child("other working directory", temporary.path(), ":", None);
}

/// Would catch writes into whatever file somebody pointed a store's name at.
#[test]
fn a_link_in_the_place_of_a_file_is_refused() {
    let (temporary, path) = place();
    let directory = opened(&path);
    let victim = temporary.path().join("victim");
    fs::write(&victim, "untouched").expect("writes");
    symlink(&victim, path.join("link")).expect("links");
    for access in [Access::Read, Access::ReadWrite] {
        match directory.open("link", access) {
            Err(Error::NotAStore { path: named, what }) => {
                assert!(named.ends_with("store/link") && what.contains("symbolic link"), "{named:?} {what}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(directory.allocated("link"), Err(Error::NotAStore { .. })));
    directory.create("link").expect_err("is there");
    symlink(temporary.path().join("nothing"), path.join("dangling")).expect("links");
    directory.create("dangling").expect_err("creates nothing through a link");
    assert!(!temporary.path().join("nothing").exists());
    replace(directory.as_ref(), "link", "name", b"new").expect("replaces the link itself");
    assert_eq!(fs::read_to_string(&victim).expect("reads"), "untouched");
}

/// Would catch an opening that hangs on a pipe nobody writes to.
#[test]
fn what_is_no_regular_file_is_refused() {
    let (_temporary, path) = place();
    let directory = opened(&path);
    fs::create_dir(path.join("directory")).expect("creates");
    let made = Command::new("mkfifo").arg(path.join("pipe")).status();
    assert!(made.is_ok_and(|status| status.success()), "mkfifo runs");
    std::os::unix::net::UnixListener::bind(path.join("socket")).expect("binds");
    for name in ["directory", "pipe", "socket"] {
        for access in [Access::Read, Access::ReadWrite] {
            let answer = directory.open(name, access);
            assert!(matches!(answer, Err(Error::NotAStore { .. })), "{name}: {answer:?}");
        }
    }
}

/// Would catch one store opened twice by two paths.
#[test]
fn a_directory_reached_through_a_link_is_the_same_one() {
    let (temporary, path) = place();
    let directory = opened(&path);
    let link = temporary.path().join("link");
    symlink(&path, &link).expect("links");
    let same = opened(&link);
    assert_eq!(same.identity(), directory.identity());
    assert_eq!(same.path(), directory.path());
    assert!(directory.try_lock().expect("locks"));
    assert!(!same.try_lock().expect("answers"));
    symlink(temporary.path().join("nothing"), temporary.path().join("dangling")).expect("links");
    let dangling = Disk.open_directory(&temporary.path().join("dangling"), true);
    assert!(matches!(dangling, Err(Error::NotAStore { .. })), "{dangling:?}");
}

/// Would catch two writers in one directory: the one that locked it before it was moved, and the one that found another in its place.
#[test]
fn a_directory_that_was_moved_stays_the_one_that_was_opened() {
    let (temporary, path) = place();
    let directory = opened(&path);
    let moved = temporary.path().join("moved");
    fs::rename(&path, &moved).expect("moves");
    fs::create_dir(&path).expect("puts another there");
    directory.create("file").expect("creates").write_all_at(b"x", 0).expect("writes");
    directory.rename("file", "renamed").expect("renames");
    directory.sync().expect("syncs");
    assert_eq!(directory.list().expect("lists"), ["renamed"]);
    assert!(moved.join("renamed").exists());
    assert_eq!(fs::read_dir(&path).expect("reads").count(), 0);
}

/// Would catch the kind of lock that any `close` of the process gives away.
#[cfg(target_os = "linux")]
#[test]
fn the_lock_is_a_flock() {
    let (_temporary, path) = place();
    let directory = opened(&path);
    let lines = || {
        let inode = format!(":{} ", fs::metadata(&path).expect("is there").ino());
        let locks = fs::read_to_string("/proc/locks").expect("reads");
        locks.lines().filter(|line| line.contains(&inode)).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(directory.try_lock().expect("locks"));
    let held = lines();
    assert!(held.iter().any(|line| line.contains("FLOCK") && line.contains("WRITE")), "{held:?}");
    assert!(held.iter().all(|line| !line.contains("POSIX")), "{held:?}");
    directory.unlock().expect("unlocks");
    assert_eq!(lines(), Vec::<String>::new());
}

/// Would catch a preallocation that only sets the length: its first writes would each allocate, and could find the disk full.
#[cfg(target_os = "linux")]
#[test]
fn allocated_space_is_taken_from_the_disk() {
    let (_temporary, path) = place();
    let directory = opened(&path);
    let file = directory.create("a").expect("creates");
    file.allocate(256 * 1024).expect("allocates");
    assert!(directory.allocated("a").expect("allocated") >= 256 * 1024);
}
