//! The contract described as data, for a provider that writes its own WSDL from it.

use super::*;

/// One operation: its wrappers and the types inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationShape {
    /// Name of the operation and of the request wrapper, which holds one `param0` of type `request`.
    pub name: &'static str,
    pub request: TypeShape,
    /// Name of the answer wrapper.
    pub answer_wrapper: &'static str,
    /// With [`Shape::InReturn`] the wrapper holds one `return` of this type;
    /// with [`Shape::Direct`] it holds these fields itself.
    pub answer: TypeShape,
    pub shape: Shape,
}

/// A complex type: every field is optional, as the contract is read leniently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeShape {
    pub name: &'static str,
    pub fields: Vec<FieldShape>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldShape {
    pub name: &'static str,
    pub content: Content,
    /// Whether it may be repeated.
    pub many: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    Simple(Xsd),
    /// `xmlmime:base64Binary`.
    Binary,
    Record(TypeShape),
}

/// All 23 operations of the contract.
pub fn operations() -> Vec<OperationShape> {
    vec![
        shape::<Yukle>(),
        shape::<YukleTebligat>(),
        shape::<TevdiListesiOlustur>(),
        shape::<TevdiListesiSil>(),
        shape::<MimeYap>(),
        shape::<SmimeGonder>(),
        shape::<PaketSorgula>(),
        shape::<PaketSorgula2>(),
        shape::<PaketSorgula3>(),
        shape::<Indir>(),
        shape::<AlindiOnay>(),
        shape::<PaketSil>(),
        shape::<PaketDelilSorgula>(),
        shape::<PaketDetayDelilSorgula>(),
        shape::<PaketDelilIndir>(),
        shape::<DizinSorgula>(),
        shape::<KontorSorgula>(),
        shape::<KotaSorgula>(),
        shape::<IstatistikSorgula>(),
        shape::<Giris>(),
        shape::<GuvenliGiris>(),
        shape::<YetkiliKayit>(),
        shape::<YetkiliSil>(),
    ]
}

fn shape<R: Request>() -> OperationShape {
    OperationShape {
        name: R::OPERATION,
        request: Fields::describe::<R>(),
        answer_wrapper: R::Answer::WRAPPER,
        answer: Fields::describe::<R::Answer>(),
        shape: R::Answer::SHAPE,
    }
}
