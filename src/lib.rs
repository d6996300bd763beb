//! DYS
