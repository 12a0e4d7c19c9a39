//! The system as its users see it, with a store in memory and worker processes that do as they are told.

mod fairness;
mod house;
mod lifecycle;
mod pages;
mod refusals;
mod script;
mod service;
mod watching;
