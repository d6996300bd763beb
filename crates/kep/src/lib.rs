//! kep
