//! The code lists, with the codes of both generations and whatever else a package carries.

/// Which generation a rule or a code belongs to: the digits before the dot of the version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// 1.0 to 1.3.
    One,
    /// 2.0 and 2.1.
    Two,
}

macro_rules! codes {
    ($(#[$about:meta])* $name:ident { $($(#[$note:meta])* $variant:ident = $code:literal, $in_one:literal, $in_two:literal;)+ }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$note])* $variant,)+
            /// A code that no list knows, as it was read.
            Other(String),
        }

        impl $name {
            #[must_use]
            pub fn as_read(text: &str) -> Self {
                match text.trim() {
                    $($code => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }

            /// The code as it stands in the file.
            #[must_use]
            pub fn code(&self) -> &str {
                match self {
                    $(Self::$variant => $code,)+
                    Self::Other(code) => code,
                }
            }

            /// Whether the generation's list has it.
            #[must_use]
            pub fn is_in(&self, generation: Generation) -> bool {
                match self {
                    $(Self::$variant => match generation {
                        Generation::One => $in_one,
                        Generation::Two => $in_two,
                    },)+
                    Self::Other(_) => false,
                }
            }

            /// Every code of the generation's list.
            #[must_use]
            pub fn list(generation: Generation) -> Vec<&'static str> {
                [$(($code, $in_one, $in_two),)+]
                    .into_iter()
                    .filter(|(_, one, two)| match generation {
                        Generation::One => *one,
                        Generation::Two => *two,
                    })
                    .map(|(code, _, _)| code)
                    .collect()
            }
        }
    };
}

codes! {
    /// GuvenlikKodu: the degree of confidentiality.
    Secrecy {
        /// Yok.
        None = "YOK", false, true;
        /// Hizmete Özel.
        Restricted = "HZO", true, true;
        /// Özel: abolished; read, never written.
        Private = "OZL", true, true;
        /// Gizli.
        Secret = "GZL", true, true;
        /// Çok Gizli.
        TopSecret = "CGZ", true, true;
        /// Tasnif Dışı (1.x; YOK in 2.x).
        Unclassified = "TSD", true, false;
        /// Kişiye Özel (1.x).
        Personal = "KSO", true, false;
    }
}

codes! {
    /// Ivedilik.
    Urgency {
        Normal = "NRM", true, true;
        /// Acele.
        Urgent = "ACL", false, true;
        /// Günlü: with a deadline.
        Dated = "GNL", true, true;
        /// İvedi (1.x; ACL in 2.x).
        Express = "IVD", true, false;
        /// Çok İvedi (dropped since 1.2).
        MostExpress = "CIV", true, false;
    }
}

codes! {
    /// DagitimTuru.
    Purpose {
        /// Gereği.
        Action = "GRG", true, true;
        /// Bilgi.
        Information = "BLG", true, true;
    }
}

codes! {
    /// Ek Tur.
    AttachmentKind {
        /// Dahilî elektronik dosya: lies in the package.
        File = "DED", true, true;
        /// Harici referans: lies elsewhere.
        External = "HRF", true, true;
        /// Fiziksel: paper, CD.
        Physical = "FZK", true, true;
    }
}
