//! The service at a glance.

use d2d_actors::System;
use d2d_api::Overview;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};

use crate::http::caller::Operator;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, problems};

pub(super) struct OverviewApi(pub(super) System);

problems! {
    OverviewProblems: AuthForbidden;
}

#[derive(ApiResponse)]
enum OverviewAnswer {
    /// The service at this moment.
    #[oai(status = 200)]
    Ok(Json<Overview>),
}

#[OpenApi(tag = "Tag::Operation")]
impl OverviewApi {
    /// See how the service stands
    ///
    /// The daemon that answers, the tasks in each state, and every worker with what it reads now.
    #[oai(path = "/ops/overview", method = "get", operation_id = "get_overview")]
    async fn overview(&self, _operator: Operator) -> Result<OverviewAnswer, Fails<OverviewProblems>> {
        Ok(OverviewAnswer::Ok(Json(self.0.overview().await?)))
    }
}
