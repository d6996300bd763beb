//! The official letter as PDF/A, by the layout rules of Turkish official correspondence.
