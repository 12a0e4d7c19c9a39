//! `d2d`: the daemon and the command line of data2data.

fn main() -> std::process::ExitCode {
    d2d_daemon::run(d2d_actors::SERVICES)
}
