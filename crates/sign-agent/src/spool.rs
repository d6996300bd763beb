//! Keeps the contents of many messages between check and signature, in a file without a name: it
//! is gone when the program ends, however that happens.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};

pub struct Spool {
    file: File,
    end: u64,
}

/// Where one content lies.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    from: u64,
    length: usize,
}

impl Spool {
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            file: tempfile::tempfile()?,
            end: 0,
        })
    }

    pub fn put(&mut self, bytes: &[u8]) -> std::io::Result<Place> {
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(bytes)?;
        let place = Place {
            from: self.end,
            length: bytes.len(),
        };
        self.end += bytes.len() as u64;
        Ok(place)
    }

    pub fn get(&mut self, place: Place) -> std::io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(place.from))?;
        let mut bytes = vec![0; place.length];
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_is_got_in_any_order() {
        let mut spool = Spool::new().unwrap();
        let one = spool.put(b"bir").unwrap();
        let two = spool.put(b"iki, daha uzun").unwrap();
        assert_eq!(spool.get(two).unwrap(), b"iki, daha uzun");
        assert_eq!(spool.get(one).unwrap(), b"bir");
        let three = spool.put(b"").unwrap();
        assert!(spool.get(three).unwrap().is_empty());
    }
}
