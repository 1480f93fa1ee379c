//! Laws and figures of the family `complexity`.
