//! Laws and figures of the family `specialisation`.
