//! The conversion services that tasks can be registered for.

use d2d_actors::System;
use d2d_api::{ProblemCode, ServiceInfo, Services};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};

use crate::http::caller::Signed;
use crate::http::docs::Tag;
use crate::http::fails::{Fails, NoProblems, problems};
use crate::http::path::Path;
use crate::http::problem::Failure;

pub(super) struct ServicesApi(pub(super) System);

problems! {
    OneProblems: ServiceNotFound;
}

#[derive(ApiResponse)]
enum ListAnswer {
    /// All conversion services.
    #[oai(status = 200)]
    Ok(Json<Services>),
}

#[derive(ApiResponse)]
enum OneAnswer {
    /// The conversion service.
    #[oai(status = 200)]
    Ok(Json<ServiceInfo>),
}

#[allow(clippy::unused_async)] // poem wants async handlers
#[OpenApi(tag = "Tag::Services")]
impl ServicesApi {
    /// List conversion services
    ///
    /// Each with the JSON Schema of its parameters, the types of files it takes, and its limits.
    #[oai(path = "/uploads/services", method = "get", operation_id = "list_services")]
    async fn list(&self, _caller: Signed) -> Result<ListAnswer, Fails<NoProblems>> {
        let items = self.0.registry().iter().map(|service| service.info().clone()).collect();
        Ok(ListAnswer::Ok(Json(Services { items })))
    }

    /// Read a conversion service
    ///
    /// The JSON Schema of its parameters, the types of files it takes, and its limits.
    #[oai(path = "/uploads/services/:service", method = "get", operation_id = "get_service")]
    async fn one(
        &self,
        _caller: Signed,
        /// The name of the service.
        service: Path<String>,
    ) -> Result<OneAnswer, Fails<OneProblems>> {
        let service = self.0.registry().get(&service.0).ok_or_else(|| {
            let detail = "there is no conversion service of that name: `GET /uploads/services` lists them";
            Failure::new(ProblemCode::ServiceNotFound, detail)
        })?;
        Ok(OneAnswer::Ok(Json(service.info().clone())))
    }
}
