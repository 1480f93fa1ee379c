//! Laws and figures of the family `inequality`.
