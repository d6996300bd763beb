//! kephs
