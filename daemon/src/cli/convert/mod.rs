//! `d2d convert`: files in, results out, through the public API: of a server, or of a private daemon for this run.

mod cancel;
mod failure;
mod input;
mod job;
mod output;
mod private;
mod report;
mod request;
mod show;

use std::path::PathBuf;

use futures_util::StreamExt as _;

use super::client::{Client, ClientError};
use super::exit::{Told, usage};
use super::settings::SettingsArgs;
use failure::Failed;
use job::{Job, Outcome};
use output::Output;
use private::PrivateDaemon;
use show::Show;

/// How many files are on their way at once; the service decides how many are worked on.
const AT_ONCE: usize = 8;

const EXAMPLES: &str = "\
Examples:
  d2d convert scan.pdf                         Here and now: starts a private daemon for the run
  d2d convert *.jpg -o out --formats txt,json --quality accurate
  d2d convert book.pdf --pages 1-3,7 -o -      The results on standard output
  d2d convert https://example.org/scan.pdf     The daemon fetches the file
  d2d convert book.pdf --partial               Also if some of its pages can't be read
  D2D_USER=anna d2d convert scan.pdf --server https://ocr.example.org

With --server the account is that of the token or API key in $D2D_TOKEN, or of $D2D_USER with the password in $D2D_PASSWORD, \
which is asked for on a terminal if it is not there. What there is of formats, languages and other parameters, the \
service tells: GET /api/v1/uploads/services/ocr.";

/// Convert files: read scans, photos and PDFs
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The files, or `http` and `https` addresses that the daemon fetches them from
    #[arg(required = true, value_name = "FILE|URL")]
    files: Vec<PathBuf>,
    /// Write the results into DIR, which is made if need be; `-` is standard output
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    output: PathBuf,
    /// Replace files of the same name; without it, results get a name that is free
    #[arg(long)]
    overwrite: bool,
    /// Use the daemon at URL, with an account; else a private one is started and stopped again
    #[arg(long, value_name = "URL", env = "D2D_SERVER", hide_env_values = true)]
    server: Option<String>,
    /// Print what became of each file as JSON
    #[arg(long)]
    json: bool,
    /// Show no progress
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    request: request::RequestArgs,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let inputs = input::check(&args.files)?;
    let output = Output::new(args.output.clone(), args.overwrite)?;
    if args.json && output.is_stdout() {
        return Err(usage("both the results and --json would go to standard output: name a folder with -o"));
    }
    let runtime = super::runtime()?;
    runtime.block_on(Box::pin(async {
        let params = args.request.params(&output)?;
        let (client, daemon) = if let Some(server) = &args.server {
            let client = Client::of_server(server)?;
            // A wrong account is told once, before anything is sent, not once for each file; but programs read of files.
            match client.me().await {
                Err(error) if args.json => return all_failed(&inputs, error, &output),
                me => drop(me?),
            }
            (client, None)
        } else {
            let daemon = PrivateDaemon::start(&args.settings, &args.request.service, &params).await?;
            (daemon.client().await?, Some(daemon))
        };
        let show = Show::new(&inputs, args.quiet);
        let cancel = cancel::on_signals()?;
        let task = args.request.task(params);
        let job =
            |input| Job { client: &client, task: &task, output: &output, show: &show, cancel: &cancel }.run(input);
        let outcomes: Vec<_> = futures_util::stream::iter(&inputs).map(job).buffered(AT_ONCE).collect().await;
        show.end();
        client.log_out().await;
        if let Some(daemon) = daemon {
            daemon.stop().await;
        }
        report::print(&outcomes, &output, args.json)?;
        if outcomes.iter().all(Outcome::is_success) { Ok(()) } else { Err(Told.into()) }
    }))
}

/// Reports of each file that nothing could be begun with it.
fn all_failed(inputs: &[input::Input], error: ClientError, output: &Output) -> anyhow::Result<()> {
    let why = Failed::like(&error.into());
    let outcomes: Vec<_> = inputs.iter().map(|input| Outcome::failed(input, why.clone())).collect();
    report::print(&outcomes, output, true)?;
    Err(Told.into())
}
