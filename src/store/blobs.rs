//! Files that must outlive everything: content-addressed, written once, fsynced.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};
use sha2::{Digest, Sha256};

use super::{FromValue, StoreError, Value};

/// The SHA-256 of a blob in lower-case hex; it is the blob's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobHash(String);

impl BlobHash {
    /// The hash of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = BlobHasher::default();
        hasher.update(bytes);
        hasher.finish()
    }

    /// Sixty-four hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn path(&self) -> ObjectPath {
        let (shelf, rest) = self.0.split_at(2);
        ObjectPath::from(format!("{shelf}/{rest}"))
    }
}

/// The hash of bytes that come piece by piece and are not kept.
#[derive(Debug, Clone, Default)]
pub struct BlobHasher(Sha256);

impl BlobHasher {
    /// Takes in the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all of them.
    #[must_use]
    pub fn finish(self) -> BlobHash {
        let mut hex = String::with_capacity(64);
        for byte in self.0.finalize() {
            use fmt::Write as _;
            let _ = write!(hex, "{byte:02x}");
        }
        BlobHash(hex)
    }
}

impl fmt::Display for BlobHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
impl From<&BlobHash> for Value {
    fn from(hash: &BlobHash) -> Self {
        Self::Text(hash.0.clone())
    }
}
impl From<BlobHash> for Value {
    fn from(hash: BlobHash) -> Self {
        Self::Text(hash.0)
    }
}
impl FromValue for BlobHash {
    fn from_value(value: &Value, column: &str) -> Result<Self, StoreError> {
        let hex = String::from_value(value, column)?;
        if hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Self(hex));
        }
        Err(StoreError::Column {
            column: column.to_owned(),
            expected: "SHA-256 in hex",
            found: "text",
        })
    }
}

/// The blob store. Write the blob first, the row that names it after: a row never dangles.
#[derive(Clone)]
pub struct Blobs {
    objects: Arc<dyn ObjectStore>,
}

impl Blobs {
    /// Opens the folder `root`, making it when it is absent; files and folders are fsynced.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open_local(root: &Path) -> Result<Self, StoreError> {
        let failed = |reason: String| StoreError::Blob {
            hash: root.display().to_string(),
            reason,
        };
        std::fs::create_dir_all(root).map_err(|error| failed(error.to_string()))?;
        let objects = LocalFileSystem::new_with_prefix(root)
            .map_err(|error| failed(error.to_string()))?
            .with_fsync(true);
        Ok(Self {
            objects: Arc::new(objects),
        })
    }

    /// Stores `bytes` and returns their name; storing the same bytes again is not an error, and
    /// mends a file that the disk spoilt meanwhile.
    ///
    /// # Errors
    /// When the bytes did not reach the disk.
    pub async fn put(&self, bytes: impl Into<Bytes>) -> Result<BlobHash, StoreError> {
        let bytes = bytes.into();
        let hash = BlobHash::of(&bytes);
        match self.write(&hash, bytes.clone(), PutMode::Create).await {
            Err(object_store::Error::AlreadyExists { .. }) => {}
            other => return other.map(|()| hash.clone()).map_err(|e| failure(&hash, &e)),
        }
        if self.get(&hash).await.is_err() {
            let written = self.write(&hash, bytes, PutMode::Overwrite).await;
            written.map_err(|error| failure(&hash, &error))?;
        }
        Ok(hash)
    }

    async fn write(
        &self,
        hash: &BlobHash,
        bytes: Bytes,
        mode: PutMode,
    ) -> Result<(), object_store::Error> {
        let options = PutOptions {
            mode,
            ..PutOptions::default()
        };
        let payload = PutPayload::from_bytes(bytes);
        let written = self.objects.put_opts(&hash.path(), payload, options).await;
        written.map(drop)
    }

    /// Reads a blob and checks that its bytes still have its name.
    ///
    /// # Errors
    /// When it is absent, unreadable or no longer what was stored.
    pub async fn get(&self, hash: &BlobHash) -> Result<Bytes, StoreError> {
        let answer = self
            .objects
            .get(&hash.path())
            .await
            .map_err(|error| failure(hash, &error))?;
        let bytes = answer
            .bytes()
            .await
            .map_err(|error| failure(hash, &error))?;
        if BlobHash::of(&bytes) == *hash {
            return Ok(bytes);
        }
        Err(StoreError::Blob {
            hash: hash.0.clone(),
            reason: "its bytes have changed".to_owned(),
        })
    }
}

fn failure(hash: &BlobHash, error: &object_store::Error) -> StoreError {
    StoreError::Blob {
        hash: hash.0.clone(),
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_blob_is_stored_once_and_a_changed_one_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = Blobs::open_local(folder.path()).unwrap();
        let hash = blobs.put("ığdır".as_bytes().to_vec()).await.unwrap();
        assert_eq!(blobs.put("ığdır".as_bytes().to_vec()).await.unwrap(), hash);
        assert_eq!(blobs.get(&hash).await.unwrap(), "ığdır".as_bytes());

        let (shelf, rest) = hash.as_str().split_at(2);
        std::fs::write(folder.path().join(shelf).join(rest), "igdir").unwrap();
        assert!(blobs.get(&hash).await.is_err());
        assert_eq!(blobs.put("ığdır".as_bytes().to_vec()).await.unwrap(), hash);
        assert_eq!(blobs.get(&hash).await.unwrap(), "ığdır".as_bytes());
    }
}
