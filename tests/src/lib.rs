//! What the end-to-end tests of data2data are made with: pages of known text, a measure for how well they were read,
//! and a harness that runs the real daemon and speaks to it as a client would.

pub mod accuracy;
pub mod faults;
pub mod harness;
pub mod null;
pub mod page;
