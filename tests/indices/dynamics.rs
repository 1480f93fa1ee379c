//! Laws and figures of the family `dynamics`.
