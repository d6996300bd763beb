//! The identifiers that the provider gives out, made in one place.

/// Makes identifiers that nobody has had before.
pub trait Ids: Send + Sync + 'static {
    /// 32 lower-case hexadecimal digits.
    fn fresh(&self) -> String;
}

/// Random identifiers.
#[derive(Debug, Default, Clone, Copy)]
pub struct RandomIds;

impl Ids for RandomIds {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the source that everybody else is given"
    )]
    fn fresh(&self) -> String {
        uuid::Uuid::new_v4().simple().to_string()
    }
}
