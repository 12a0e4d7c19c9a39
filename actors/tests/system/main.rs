//! The system as its users see it, with a store in memory and worker processes that do as they are told.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, its helpers too")]

mod damage;
mod fairness;
mod house;
mod lifecycle;
mod page_failures;
mod pages;
mod refusals;
mod script;
mod service;
mod watching;
