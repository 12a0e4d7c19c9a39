//! Who may fetch results: their owner with a token, and who has a link.

use d2d_actors::{Access, Refused};
use d2d_api::ProblemCode;

use crate::http::Auth;
use crate::http::caller::MaybeSigned;
use crate::http::identity::{Target, bad_link};
use crate::http::problem::Failure;

/// Who fetches.
pub(super) struct Visitor {
    /// What it may see.
    pub(super) access: Access,
    by_link: bool,
}

impl Visitor {
    /// Who comes with that token of a link, or without one as that caller.
    pub(super) async fn of(
        caller: MaybeSigned,
        token: Option<&str>,
        target: Target,
        auth: &Auth,
    ) -> Result<Self, Failure> {
        if let Some(token) = token {
            let owner = auth.open_link(token, target).await?;
            return Ok(Self { access: Access::Owner(owner), by_link: true });
        }
        let caller = caller.0.ok_or_else(|| {
            let detail = "send a token as `Authorization: Bearer <access_token>`, or use a link that has one";
            Failure::new(ProblemCode::AuthMissingToken, detail)
        })?;
        Ok(Self { access: caller.access(), by_link: false })
    }

    /// The answer, or why not: a link to what is gone is bad, and tells no more.
    pub(super) fn told<T>(&self, answer: Result<T, Refused>) -> Result<T, Failure> {
        answer.map_err(|refused| match refused.code {
            ProblemCode::TaskNotFound | ProblemCode::DownloadNotFound | ProblemCode::DownloadNotReady
                if self.by_link =>
            {
                bad_link()
            }
            _ => refused.into(),
        })
    }
}
