//! Laws and figures of the family `clusters`.
