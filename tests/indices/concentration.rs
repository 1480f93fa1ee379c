//! Laws and figures of the family `concentration`.
