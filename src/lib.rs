//! DYS: a document management system for Turkish public institutions.
//!
//! The folders are the nouns of the domain; see ARCHITECTURE.md for the map.

pub mod access;
pub mod api;
pub mod app;
pub mod approval;
pub mod audit;
pub mod clock;
pub mod command;
pub mod config;
pub mod demo;
pub mod directory;
pub mod dispatch;
pub mod distribution;
pub mod document;
pub mod error;
pub mod evidence;
pub mod fileplan;
pub mod ids;
pub mod inbox;
pub mod letterhead;
pub mod package;
pub mod paper;
pub mod proof;
pub mod setting;
pub mod signature;
pub mod store;
pub mod turkish;
pub mod web;
pub mod worklist;
