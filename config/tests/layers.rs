//! The layers together, as the daemon reads them: a file, an environment, flags.

#![allow(clippy::unwrap_used)]

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use d2d_config::{ByteSize, Config, ConfigError, DEFAULT_FILE, Flag, Loaded, Origin, Sources, load};
use proptest::prelude::*;

fn env(variables: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    variables.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

fn from_env(variables: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
    load(Sources { env: env(variables), ..Sources::default() })
}

fn from_flag(key: &str, value: &str) -> Result<Loaded, ConfigError> {
    let flag = Flag { name: format!("--set {key}"), key: key.to_owned(), value: value.to_owned() };
    load(Sources { flags: vec![flag], ..Sources::default() })
}

/// A folder with a settings file of this content; the folder goes with the first value.
fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data2data.toml");
    std::fs::write(&path, text).unwrap();
    (dir, path)
}

fn from_file(text: &str) -> Result<Loaded, ConfigError> {
    let (_dir, path) = file(text);
    load(Sources { file: Some(path), ..Sources::default() })
}

/// The messages about a file, without the folder it is in.
fn faults(text: &str) -> Vec<String> {
    let message = from_file(text).unwrap_err().to_string();
    message.lines().map(|line| line.rsplit_once("data2data.toml:").unwrap_or(("", line)).1.to_owned()).collect()
}

fn fault(result: Result<Loaded, ConfigError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn the_default_file_says_exactly_the_defaults() {
    assert_eq!(from_file(DEFAULT_FILE).unwrap().config, Config::default());
    assert_eq!(load(Sources::default()).unwrap().config, Config::default());
}

#[test]
fn the_default_file_names_every_key_in_its_section() {
    let mut section = String::new();
    let mut named = Vec::new();
    for line in DEFAULT_FILE.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = format!("{}.", name.trim_end_matches(']'));
        } else if let Some((key, _)) = line.trim_start_matches("# ").split_once(" = ") {
            named.push(format!("{section}{key}"));
        }
    }
    named.sort();
    let mut keys: Vec<_> = load(Sources::default()).unwrap().settings().iter().map(|s| s.key.to_owned()).collect();
    keys.sort();
    assert_eq!(named, keys);
}

#[test]
fn examples_in_the_default_file_are_right_too() {
    let examples: Vec<_> = DEFAULT_FILE
        .lines()
        .filter(|line| line.starts_with('[') || (line.starts_with("# ") && line.contains(" = ")))
        .filter(|line| !line.contains("password")) // the file of it is not there
        .map(|line| line.trim_start_matches("# "))
        .collect();
    let message = from_file(&examples.join("\n")).map(|_| ()).map_err(|error| error.to_string());
    assert!(message.as_ref().is_err_and(|m| m.lines().count() == 1 && m.contains("has no password")), "{message:?}");
}

#[test]
fn each_layer_is_over_the_one_before_and_is_remembered() {
    let (_dir, path) = file("[ocr]\nworkers = 2\npage_timeout = \"10s\"\nmax_pages = 7\n");
    let flag = Flag { name: "--set".into(), key: "ocr.workers".into(), value: "4".into() };
    let env = env(&[("D2D_OCR__WORKERS", "3"), ("D2D_OCR__PAGE_TIMEOUT", "1m 5s"), ("PATH", "/bin")]);
    let loaded = load(Sources { file: Some(path.clone()), env, flags: vec![flag] }).unwrap();
    let ocr = &loaded.config.ocr;
    assert_eq!((ocr.workers, ocr.page_timeout, ocr.max_pages), (4, Duration::from_secs(65), 7));
    assert_eq!(loaded.origin("ocr.workers"), Origin::Flag("--set".into()));
    assert_eq!(loaded.origin("ocr.page_timeout"), Origin::Environment("D2D_OCR__PAGE_TIMEOUT".into()));
    assert_eq!(loaded.origin("ocr.max_pages"), Origin::File { path, line: 4, column: 1 });
    assert_eq!(loaded.origin("http.listen"), Origin::Default);
}

#[test]
fn texts_of_the_environment_become_what_the_key_takes() {
    let loaded = from_env(&[
        ("D2D_DATA_DIR", "/srv/d2d"),
        ("D2D_MODELS__AUTO_PULL", "false"),
        ("D2D_MODELS__SOURCE", "12345"),
        ("D2D_UPLOADS__MAX_FILE", "3MiB"),
        ("D2D_STORE__MEMTABLE", "2097152"),
        ("D2D_TOKEN", "not a setting"),
    ]);
    let config = loaded.unwrap().config;
    assert_eq!(config.ops.socket, PathBuf::from("/srv/d2d/d2d.sock"));
    assert!(!config.models.auto_pull);
    assert_eq!(config.models.source.as_deref(), Some("12345"));
    assert_eq!((config.uploads.max_file, config.store.memtable), (ByteSize::mib(3), ByteSize::mib(2)));
}

#[test]
fn all_faults_of_a_file_are_told_with_line_column_and_a_way_out() {
    let text = "data_dir = 5\n[ocr]\n  worker = 1\nworkers = \"many\"\n[orc]\nworkers = 1\n[http]\nlisten = \"8420\"\n";
    let told = faults(text);
    assert_eq!(told[0][..5], *"1:1: ");
    assert!(told[0].contains("`data_dir`: invalid type: integer `5`"), "{}", told[0]);
    assert_eq!(told[1], "3:3: unknown key `worker` in [ocr]: did you mean `workers`?");
    assert_eq!(
        told[2],
        "4:1: `ocr.workers`: invalid type: string \"many\", expected a whole number from 0 (for example 0)"
    );
    assert_eq!(told[3], "5:2: unknown section [orc]: did you mean [ocr]?");
    assert_eq!(told[4], "8:1: `http.listen`: invalid socket address syntax (for example \"127.0.0.1:8420\")");
    assert_eq!(told.len(), 5);
}

#[test]
fn a_key_in_the_wrong_section_is_sent_to_the_right_one() {
    assert_eq!(faults("listen = \"0.0.0.0:80\""), ["1:1: unknown key `listen`: did you mean `http.listen`?"]);
    assert_eq!(faults("[http]\nlease = \"9s\""), ["2:1: unknown key `lease` in [http]: did you mean `tasks.lease`?"]);
    assert_eq!(faults("ocr = 3"), ["1:1: `ocr` is a section: write it as [ocr]"]);
}

#[test]
fn broken_toml_is_told_with_its_place() {
    let told = faults("[ocr]\nworkers = = 3\n");
    assert!(told[0].starts_with("2:11: "), "{told:?}");
    assert!(faults("[ocr]\nworkers = 1\nworkers = 2\n")[0].starts_with("3:1: "));
}

#[test]
fn ranges_are_told_with_the_place_of_the_value() {
    assert_eq!(faults("[tasks]\nlease = \"1s\""), ["2:1: `tasks.lease` must be from 3s to 1h"]);
    assert_eq!(
        fault(from_env(&[("D2D_TASKS__ATTEMPTS", "0")])),
        "D2D_TASKS__ATTEMPTS: `tasks.attempts` must be from 1 to 100"
    );
    assert_eq!(
        fault(from_flag("store.url", "postgres://")),
        "--set store.url: `store.url` must begin with one of surrealkv://, mem://, ws://, wss://"
    );
}

#[test]
fn a_level_that_is_none_is_not_taken_for_the_name_of_a_part() {
    assert!(from_flag("log.level", "warn,d2d_actors=debug").is_ok());
    assert!(fault(from_flag("log.level", "inof")).contains("`log.level` has `inof`, which is none of off, error"));
}

#[test]
fn a_wrong_variable_is_named_with_the_right_one() {
    assert_eq!(
        fault(from_env(&[("D2D_OCR_WORKERS", "4")])),
        "D2D_OCR_WORKERS: there is no such setting: did you mean `D2D_OCR__WORKERS`?"
    );
    assert!(fault(from_env(&[("D2D_TASKS__ATTEMPTS", "-1")])).contains("expected a whole number"));
}

#[test]
fn a_missing_file_is_named() {
    let error = load(Sources { file: Some("/nowhere/d2d.toml".into()), ..Sources::default() }).unwrap_err();
    assert!(error.to_string().starts_with("can't read the settings file /nowhere/d2d.toml: "), "{error}");
}

#[test]
fn a_password_comes_from_its_file_and_is_never_shown() {
    let dir = tempfile::tempdir().unwrap();
    let secret = dir.path().join("password");
    std::fs::write(&secret, "tiger\n").unwrap();
    let text = format!("[store]\nurl = \"ws://db\"\nusername = \"scott\"\npassword_file = {secret:?}\n");
    let loaded = from_file(&text).unwrap();
    assert_eq!(loaded.config.store.password.as_ref().unwrap().reveal(), "tiger");
    assert!(!loaded.to_toml().contains("tiger") && !format!("{loaded:?}").contains("tiger"));
    assert!(fault(from_file(&format!("{text}password = \"x\"\n"))).contains("remove one of them"));
    std::fs::remove_file(&secret).unwrap();
    assert!(fault(from_file(&text)).contains("`store.password_file` can't read"));
}

#[test]
fn what_is_shown_reads_back_the_same() {
    let loaded = from_file("[ocr]\nworkers = 3\n[http]\nlisten = \"[::1]:0\"\n[log]\nformat = \"json\"\n").unwrap();
    let shown = loaded.to_toml();
    assert!(
        shown.lines().any(|line| line.starts_with("workers = 3") && line.ends_with("data2data.toml:2:1")),
        "{shown}"
    );
    assert_eq!(from_file(&shown).unwrap().config, loaded.config);
}

#[test]
fn a_home_is_not_expanded_but_told() {
    assert!(fault(from_flag("data_dir", "~/d2d")).contains("write the path in full"));
    assert!(fault(from_flag("ops.socket", &format!("/{}", "x".repeat(200)))).contains("shorter path"));
}

proptest! {
    #[test]
    fn no_file_panics(text in "(\\[?(ocr|http|log|x)\\]?|\n|=| |\"|'|[a-z_]{1,9}|[0-9]{1,4}|\\PC){0,40}") {
        let _ = from_file(&text);
    }

    #[test]
    fn no_change_of_the_default_file_panics(at in 0..DEFAULT_FILE.len(), with in "\\PC{0,3}", skip in 0_usize..20) {
        let (start, end) = (DEFAULT_FILE.floor_char_boundary(at), DEFAULT_FILE.floor_char_boundary(at + skip));
        let _ = from_file(&format!("{}{with}{}", &DEFAULT_FILE[..start], &DEFAULT_FILE[end.max(start)..]));
    }

    #[test]
    fn no_variable_panics(key in prop::sample::select(vec!["OCR__WORKERS", "TASKS__LEASE", "UPLOADS__MAX_FILE", "LOG__FORMAT", "DATA_DIR", "STORE__URL", "MODELS__AUTO_PULL"]), value in "\\PC{0,20}") {
        let _ = from_env(&[(&format!("D2D_{key}"), &value)]);
        let _ = from_env(&[(&format!("D2D_{value}"), key)]);
    }
}
