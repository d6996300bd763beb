//! The e-Yazışma package: write, read, check.
