//! Laws and figures of the family `linkages`.
