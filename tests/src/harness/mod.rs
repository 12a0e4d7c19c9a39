//! Runs the real daemon on a port and in a directory of its own, and speaks to it as clients do.
