//! Laws and figures of the family `space`.
