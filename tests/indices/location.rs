//! Laws and figures of the family `location`.
