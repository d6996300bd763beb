//! Switching misbehaviours on and off, and asking which one a SOAP call must show.

use super::Provider;
use crate::{
    config::normal_address,
    error::Result,
    misbehaviour::{self, Moment, NewRule, Rule, Stage},
    store::rules,
};

impl Provider {
    /// Switches a misbehaviour on and answers its id.
    pub fn misbehave(&self, rule: &NewRule) -> Result<i64> {
        let mut rule = rule.clone();
        rule.address = rule
            .address
            .map(|it| normal_address(&it))
            .filter(|it| !it.is_empty());
        rule.operation = rule.operation.filter(|it| !it.is_empty());
        self.write(|tx, now| rules::add(tx, &rule, now))
    }

    /// The misbehaviours that are on.
    pub fn misbehaviours(&self) -> Result<Vec<Rule>> {
        self.read(|db, _| rules::all(db))
    }

    /// Switches one off; false when it was not on.
    pub fn behave(&self, id: i64) -> Result<bool> {
        self.write(|tx, _| rules::remove(tx, id))
    }

    /// Switches all off.
    pub fn behave_entirely(&self) -> Result<()> {
        self.write(|tx, _| rules::clear(tx))
    }

    /// The misbehaviours that a listing for this account must show; counted ones are used up by
    /// asking.
    pub fn list_rules(&self, account: &str) -> Result<Vec<NewRule>> {
        if !self.any_of(Stage::List)? {
            return Ok(Vec::new());
        }
        let moment = Moment {
            stage: Stage::List,
            operation: None,
            addresses: &[account],
        };
        self.write(|tx, _| misbehaviour::take_all(tx, moment))
    }

    fn any_of(&self, stage: Stage) -> Result<bool> {
        let rules = self.misbehaviours()?;
        Ok(rules.iter().any(|rule| rule.what.kind.stage() == stage))
    }

    /// The misbehaviour that this SOAP call must show; a counted one is used up by asking.
    /// `addresses` names the account and recipients, and is asked only when a rule may fit.
    pub fn call_rule(
        &self,
        operation: &str,
        addresses: impl FnOnce() -> Vec<String>,
    ) -> Result<Option<NewRule>> {
        if !self.any_of(Stage::Call)? {
            return Ok(None);
        }
        let addresses = addresses();
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let moment = Moment {
            stage: Stage::Call,
            operation: Some(operation),
            addresses: &addresses,
        };
        self.write(|tx, _| misbehaviour::take_first(tx, moment))
    }
}
