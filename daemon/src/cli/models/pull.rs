//! Pulling packs, with a progress bar on a terminal and lines elsewhere.

use d2d_config::ModelsConfig;
use d2d_ocr::models::{self, Pack, Progress, PullOptions, Pulled};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

/// Pulls `packs`, and says so on standard error.
pub(crate) fn pull(packs: &[&'static Pack], config: &ModelsConfig) -> anyhow::Result<()> {
    let options = PullOptions { dir: config.dir.clone(), source: config.source.clone(), python: config.python.clone() };
    for pack in packs {
        let mut view = View::new(pack);
        let pulled = models::pull(pack, &options, &mut |progress| view.show(progress));
        view.bar.finish_and_clear();
        match pulled? {
            Pulled::Installed => eprintln!("{}: installed in {}", pack.name, pack.folder(&config.dir).display()),
            Pulled::AlreadyThere => eprintln!("{}: installed already", pack.name),
        }
    }
    Ok(())
}

/// What is seen of one pull. A bar that is not on a terminal shows nothing: then there are lines.
struct View {
    pack: &'static Pack,
    bar: ProgressBar,
    said: bool,
}

impl View {
    fn new(pack: &'static Pack) -> Self {
        let bar = ProgressBar::new(1).with_prefix(pack.name);
        if let Ok(style) = ProgressStyle::with_template("{prefix:>16} {wide_bar} {bytes:>10}/{total_bytes:<10} {msg}") {
            bar.set_style(style);
        }
        Self { pack, bar, said: false }
    }

    fn show(&mut self, progress: Progress) {
        match progress {
            Progress::Downloading { bytes, total } => {
                self.say_once(&format!("downloading {}", HumanBytes(total)));
                self.bar.set_length(total);
                self.bar.set_position(bytes);
            }
            Progress::Waiting => {
                self.say_once("waiting for another process that pulls it");
                self.bar.set_message("waiting");
            }
            Progress::Extracting { .. } => self.bar.set_message("extracting"),
            Progress::Verifying => self.bar.set_message("verifying"),
        }
    }

    fn say_once(&mut self, what: &str) {
        if self.bar.is_hidden() && !std::mem::replace(&mut self.said, true) {
            eprintln!("{}: {what}", self.pack.name);
        }
    }
}
