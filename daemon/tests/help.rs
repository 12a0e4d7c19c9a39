//! The program's help, asked of the program itself. That there is a test here is also what makes `cargo test` build the
//! program, which the end-to-end tests of the workspace run.

use std::process::Command;

fn help(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_d2d")).args(arguments).arg("--help").output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_command_shows_how_it_is_used() {
    let overview = help(&[]);
    for command in ["convert", "serve", "user", "models", "config", "health", "completions", "man"] {
        assert!(overview.contains(command), "`{command}` is not listed");
        let text = help(&[command]);
        assert!(text.contains(&format!("d2d {command}")) && text.contains("Examples:"), "{command}: {text}");
    }
}
