//! The secured log-in in two steps, for accounts that need it to fetch messages.

use std::fmt;

use bytes::Bytes;

use super::{CallError, PttClient};
use crate::wire::{Binary, Giris, GuvenliGiris, WireError};

/// How a person proves who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginKind {
    Base,
    /// A number sent as a text message.
    Otp,
    /// An electronic signature over the text that the provider gives.
    EImza,
}

impl LoginKind {
    fn name(self) -> &'static str {
        match self {
            Self::Base => "BASE",
            Self::Otp => "OTP",
            Self::EImza => "EIMZA",
        }
    }
}

/// What the provider wants proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginChallenge {
    pub kind: LoginKind,
    /// Text to sign, for [`LoginKind::EImza`].
    pub text: Option<String>,
    /// Its hash in base64.
    pub hash: Option<String>,
    pub security_id: Option<String>,
}

/// The proof. Its content never shows in `Debug`.
#[derive(Clone)]
pub enum LoginProof {
    None,
    /// The number from the text message.
    SmsKey(String),
    /// CAdES-BES signature of the text.
    Signature(Bytes),
}

impl fmt::Debug for LoginProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::SmsKey(_) => "SmsKey",
            Self::Signature(_) => "Signature",
        })
    }
}

impl PttClient {
    /// `Giris`: asks for a log-in of this kind.
    pub async fn begin_login(&self, kind: LoginKind) -> Result<LoginChallenge, CallError> {
        let request = Giris {
            account: self.account(),
            kind: Some(kind.name().into()),
        };
        let answer = self.call(&request).await?;
        accepted(answer.durum, answer.explanation)?;
        Ok(LoginChallenge {
            kind,
            text: answer.text,
            hash: answer.hash,
            security_id: answer.security_id,
        })
    }

    /// `GuvenliGiris`: proves it and gives the security id for [`PttClient::fetch`].
    /// How long that id lives is not publicly known.
    pub async fn finish_login(
        &self,
        challenge: &LoginChallenge,
        proof: LoginProof,
    ) -> Result<String, CallError> {
        let (sms_key, signature) = match proof {
            LoginProof::None => (None, None),
            LoginProof::SmsKey(key) => (Some(key), None),
            LoginProof::Signature(p7s) => (None, Some(Binary::new(p7s))),
        };
        let request = GuvenliGiris {
            account: self.account(),
            kind: Some(challenge.kind.name().into()),
            sms_key,
            signature,
            security_id: challenge.security_id.clone(),
        };
        let answer = self.call(&request).await?;
        accepted(answer.durum, answer.explanation)?;
        Ok(answer.security_id.ok_or(WireError::Missing {
            field: "eGuvenlikId",
        })?)
    }
}

/// Here `durum` is a text; anything but 0 is a refused log-in.
fn accepted(durum: Option<String>, explanation: Option<String>) -> Result<(), CallError> {
    let text = durum.ok_or(WireError::Missing { field: "durum" })?;
    let unreadable = |_| WireError::NotANumber {
        field: "durum",
        text: text.chars().take(80).collect(),
    };
    match text.trim().parse().map_err(unreadable)? {
        0 => Ok(()),
        durum => Err(CallError::LoginNeeded { durum, explanation }),
    }
}
