//! The people of the demo office and the roles that they hold.

use crate::access::Role;

/// One password for all of them; a real folder refuses demo users.
pub const PASSWORD: &str = "prova-parola-2026";

/// A person of the demo office.
pub struct Person {
    pub login: &'static str,
    pub full_name: &'static str,
    pub title: &'static str,
    /// Role and the name of the unit that it holds in; empty is the institution itself.
    pub roles: &'static [(Role, &'static str)],
}

const WRITING: &str = "Yazı İşleri Müdürlüğü";
const WORKS: &str = "Fen İşleri Müdürlüğü";
const FINANCE: &str = "Mali Hizmetler Müdürlüğü";

/// Everybody who can log in to the demo.
pub const PEOPLE: &[Person] = &[
    Person {
        login: "ayse",
        full_name: "Ayşe Yılmaz",
        title: "Memur",
        roles: &[(Role::Clerk, WRITING)],
    },
    Person {
        login: "ismail",
        full_name: "İsmail Işık",
        title: "Mühendis",
        roles: &[(Role::Clerk, WORKS)],
    },
    Person {
        login: "gul",
        full_name: "Gül Çağlar",
        title: "Şef",
        roles: &[(Role::Clerk, FINANCE)],
    },
    Person {
        login: "mehmet",
        full_name: "Mehmet Demir",
        title: "Yazı İşleri Müdürü",
        roles: &[(Role::Approver, WRITING), (Role::Clerk, WRITING)],
    },
    Person {
        login: "sukru",
        full_name: "Şükrü Öztürk",
        title: "Fen İşleri Müdürü",
        roles: &[(Role::Approver, WORKS)],
    },
    Person {
        login: "fatma",
        full_name: "Fatma Kaya",
        title: "Belediye Başkan Yardımcısı",
        roles: &[(Role::Approver, "")],
    },
    Person {
        login: "ali",
        full_name: "Ali Şahin",
        title: "Belediye Başkanı",
        roles: &[(Role::Approver, "")],
    },
    Person {
        login: "zeynep",
        full_name: "Zeynep Arslan",
        title: "Evrak Kayıt Sorumlusu",
        roles: &[(Role::Registry, "")],
    },
    Person {
        login: "hasan",
        full_name: "Hasan Güneş",
        title: "KEP İşlem Yetkilisi",
        roles: &[(Role::KepOfficer, "")],
    },
    Person {
        login: "yonetici",
        full_name: "Deniz Aydın",
        title: "DYS Yöneticisi",
        roles: &[(Role::Administrator, "")],
    },
];
