//! The daemon with one more conversion service, which costs nothing: for benchmarks of everything around a conversion, and
//! for tests that kill the daemon hundreds of times.

use std::process::ExitCode;

use d2d_actors::{Registration, SERVICES};
use d2d_tests::null::Null;

const ALL: [Registration; SERVICES.len() + 1] = {
    let mut all = [Registration::of::<Null>("null"); SERVICES.len() + 1];
    let mut index = 0;
    while index < SERVICES.len() {
        all[index] = SERVICES[index];
        index += 1;
    }
    all
};

fn main() -> ExitCode {
    d2d_daemon::run(&ALL)
}
