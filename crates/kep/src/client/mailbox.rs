//! Sending, listing, fetching, confirming; quota and credit.

use bytes::Bytes;
use jiff::Timestamp;

use super::{CallError, EvidenceListing, Listing, PttClient};
use crate::evidence::Evidence;
use crate::message::MessageKind;
use crate::wire::*;

/// A message the provider has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The provider's id; when it gave none, find the message by its Message-ID.
    pub kep_id: Option<String>,
}

/// A message that the provider built and that waits for its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    pub message_id: String,
    /// Base64, over the part that is signed, by the digest that was asked for.
    pub hash: String,
}

/// Names one message of a mailbox: by the provider's id, or by its number in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageRef {
    pub kep_id: Option<String>,
    pub sequence: Option<i64>,
    /// The service takes `INBOX` when it is left out: name the folder of sent mail for sent messages.
    pub folder: Option<String>,
}

impl MessageRef {
    pub fn new(kep_id: &str, folder: Option<&str>) -> Self {
        Self {
            kep_id: Some(kep_id.into()),
            sequence: None,
            folder: folder.map(str::to_owned),
        }
    }
}

/// Credit left on the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credit {
    /// A decimal number as received.
    pub amount: String,
    pub unit: Option<String>,
}

impl PttClient {
    /// `Yukle`: hands over a finished, signed message.
    ///
    /// # Errors
    /// On [`super::Effect::Unknown`] the message may have been taken: look for its Message-ID with [`Self::list`]
    /// in every folder before sending the same bytes again.
    pub async fn send(&self, message: Bytes, kind: MessageKind) -> Result<Sent, CallError> {
        let request = Yukle {
            account: self.account(),
            package: Some(Binary::new(message)),
            kind: Some(kind.package_kind().into()),
        };
        let answer = self.call(&request).await?;
        self.succeed(answer.durum, answer.explanation)?;
        Ok(Sent {
            kep_id: answer.kep_id.filter(|id| !id.trim().is_empty()),
        })
    }

    /// `MimeYap`: the provider builds the message and says what is to be signed. Nothing is sent yet.
    pub async fn build(&self, wanted: MimeYap) -> Result<Built, CallError> {
        let request = MimeYap {
            account: self.account(),
            ..wanted
        };
        let answer = self.call(&request).await?;
        let durum = answer.durum.as_deref().map(str::trim);
        self.succeed(
            durum.and_then(|durum| durum.parse().ok()),
            answer.explanation,
        )?;
        let missing = |field| CallError::Malformed(WireError::Missing { field });
        Ok(Built {
            message_id: answer.message_id.ok_or_else(|| missing("mesajid"))?,
            hash: answer.hash.ok_or_else(|| missing("eHash"))?,
        })
    }

    /// `SmimeGonder`: sends what [`Self::build`] built, with a detached CMS signature over its hash.
    ///
    /// # Errors
    /// As [`Self::send`]; there is no id in a success either, so find the message by its Message-ID.
    pub async fn send_built(&self, message_id: &str, signature: Bytes) -> Result<(), CallError> {
        let request = SmimeGonder {
            account: self.account(),
            message_id: Some(message_id.into()),
            signature: Some(Binary::new(signature)),
        };
        let answer = self.call(&request).await?;
        self.succeed(answer.status.durum, answer.status.explanation)
    }

    /// `DizinSorgula`, or the folders of the settings.
    pub async fn folders(&self) -> Result<Vec<String>, CallError> {
        if let Some(folders) = &self.settings.folders {
            return Ok(folders.clone());
        }
        let answer = self
            .call(&DizinSorgula {
                account: self.account(),
            })
            .await?;
        let folders: Vec<String> = answer
            .folders
            .into_iter()
            .flatten()
            .filter(|name| !name.trim().is_empty())
            .collect();
        if folders.is_empty() {
            // Every mailbox has a folder: an empty list would make an absence look proved.
            return Err(CallError::Malformed(WireError::Missing { field: "return" }));
        }
        Ok(folders)
    }

    /// `PaketSorgula`, `2` or `3`: the messages of a folder between two times.
    /// `Ok` means a complete listing that the provider called successful.
    pub async fn list(
        &self,
        folder: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<PackageRow>, CallError> {
        let query = PackageQuery {
            account: self.account(),
            from: Some(self.date_time(from)),
            until: Some(self.date_time(until)),
            folder: Some(folder.into()),
        };
        let columns = match self.settings.listing {
            Listing::First => vec![self.list_first(query).await?],
            Listing::Second => {
                let answer = self.call(&PaketSorgula2(query)).await?;
                self.succeed(answer.status.durum, answer.status.explanation)?;
                answer
                    .messages
                    .into_iter()
                    .map(|message| message.0)
                    .collect()
            }
            Listing::Third => {
                let answer = self.call(&PaketSorgula3(query)).await?;
                self.succeed(answer.status.durum, answer.status.explanation)?;
                answer
                    .messages
                    .into_iter()
                    .map(|message| message.0)
                    .collect()
            }
        };
        let mut rows = Vec::new();
        for each in columns {
            rows.extend(each.rows()?);
        }
        Ok(rows)
    }

    async fn list_first(&self, query: PackageQuery) -> Result<PackageColumns, CallError> {
        let answer = self.call(&PaketSorgula(query)).await?;
        self.succeed_all(&answer.durum, &answer.explanation)?;
        Ok(answer.columns)
    }

    /// Evidence of a message. What is odd about one is a finding on it, never an error of the list.
    pub async fn evidence(&self, message: &MessageRef) -> Result<Vec<Evidence>, CallError> {
        let rows = match self.settings.evidence_listing {
            EvidenceListing::Detailed => {
                let answer = self
                    .call(&PaketDetayDelilSorgula(self.reference(message)))
                    .await?;
                self.succeed(answer.status.durum, answer.status.explanation)?;
                answer.rows
            }
            EvidenceListing::Plain => {
                let answer = self
                    .call(&PaketDelilSorgula(self.reference(message)))
                    .await?;
                self.succeed_all(&answer.durum, &answer.explanation)?;
                answer.rows()?
            }
        };
        let settings = &self.settings;
        Ok(rows
            .iter()
            .map(|row| Evidence::from_row(&settings.provider, row, &settings.recognition))
            .collect())
    }

    /// `PaketDelilIndir`: the file of one evidence; give it to [`Evidence::with_file`].
    pub async fn evidence_file(&self, evidence_id: &str) -> Result<Bytes, CallError> {
        let request = PaketDelilIndir {
            account: self.account(),
            evidence_id: Some(evidence_id.into()),
        };
        let answer = self.call(&request).await?;
        self.succeed(answer.durum, answer.explanation)?;
        let file = answer
            .evidence
            .ok_or(WireError::Missing { field: "eDelil" })?;
        Ok(file.bytes)
    }

    /// `Indir`: the whole message, each item a MIME message. `security_id` comes from the secured log-in,
    /// where an account needs it.
    pub async fn fetch(
        &self,
        message: &MessageRef,
        security_id: Option<&str>,
    ) -> Result<Vec<Bytes>, CallError> {
        let request = Indir {
            account: self.account(),
            kep_id: message.kep_id.clone(),
            sequence: message.sequence,
            part: Some("ALL".into()),
            security_id: Some(security_id.unwrap_or_default().into()),
            folder: message.folder.clone(),
        };
        let answer = self.call(&request).await?;
        self.succeed(answer.durum, answer.explanation)?;
        if answer.packages.is_empty() {
            return Err(CallError::Malformed(WireError::Missing { field: "ePaket" }));
        }
        Ok(answer
            .packages
            .into_iter()
            .map(|package| package.bytes)
            .collect())
    }

    /// `AlindiOnay`: confirms receipt. This may count as reading: only after the message is stored.
    pub async fn confirm(&self, message: &MessageRef) -> Result<(), CallError> {
        let answer = self.call(&AlindiOnay(self.reference(message))).await?;
        self.succeed(answer.status.durum, answer.status.explanation)
    }

    /// `PaketSil`: deletes a message from its folder.
    pub async fn delete(&self, message: &MessageRef) -> Result<(), CallError> {
        let answer = self.call(&PaketSil(self.reference(message))).await?;
        self.succeed(answer.status.durum, answer.status.explanation)
    }

    /// `KotaSorgula`: the quota in kilobytes, if the provider tells.
    pub async fn quota(&self) -> Result<Option<i64>, CallError> {
        Ok(self
            .call(&KotaSorgula {
                account: self.account(),
            })
            .await?
            .quota)
    }

    /// `KontorSorgula`: the credit left, if the provider tells.
    pub async fn credit(&self) -> Result<Option<Credit>, CallError> {
        let answer = self
            .call(&KontorSorgula {
                account: self.account(),
            })
            .await?;
        Ok(answer.amount.map(|amount| Credit {
            amount,
            unit: answer.unit,
        }))
    }

    pub(super) fn account(&self) -> Account {
        self.settings.account.clone()
    }

    fn reference(&self, message: &MessageRef) -> PackageRef {
        PackageRef {
            account: self.account(),
            kep_id: message.kep_id.clone(),
            sequence: message.sequence,
            folder: message.folder.clone(),
        }
    }

    /// Parallel lists carry one `durum` or one a row: the first that is not 0 speaks.
    fn succeed_all(
        &self,
        durum: &[Option<i64>],
        explanation: &[Option<String>],
    ) -> Result<(), CallError> {
        let failed = durum
            .iter()
            .position(|each| each.is_some_and(|each| each != 0));
        let at = failed
            .or_else(|| durum.iter().position(Option::is_some))
            .unwrap_or(0);
        let said = explanation
            .get(at)
            .or(explanation.first())
            .cloned()
            .flatten();
        self.succeed(durum.get(at).copied().flatten(), said)
    }
}
