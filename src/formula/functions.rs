//! The functions of the language.

/// One function: its name, how it is written and how many arguments it takes.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) usage: &'static str,
    /// Fewest and most arguments.
    pub(super) operands: (usize, usize),
    /// Most periods it may reach, where it reaches over periods.
    pub(super) farthest: i32,
}

const fn function(name: &'static str, usage: &'static str, operands: (usize, usize), farthest: i32) -> Function {
    Function { name, usage, operands, farthest }
}

static FUNCTIONS: [Function; 17] = [
    function("l", "l(x, periods)", (1, 2), 1000),
    function("f", "f(x, periods)", (1, 2), 1000),
    function("d", "d(x, periods)", (1, 2), 1000),
    function("dln", "dln(x, periods)", (1, 2), 1000),
    function("growth", "growth(x, periods)", (1, 2), 1000),
    function("ma", "ma(x, periods)", (2, 2), 1000),
    function("stock", "stock(x, depreciation)", (2, 2), 0),
    function("w", "w(x)", (1, 1), 0),
    function("ln", "ln(x)", (1, 1), 0),
    function("log", "log(x)", (1, 1), 0),
    function("exp", "exp(x)", (1, 1), 0),
    function("sqrt", "sqrt(x)", (1, 1), 0),
    function("abs", "abs(x)", (1, 1), 0),
    function("pow", "pow(x, exponent)", (2, 2), 0),
    function("min", "min(x, y)", (2, 20), 0),
    function("max", "max(x, y)", (2, 20), 0),
    function("I", "I(expression)", (1, 1), 0),
];

impl Function {
    /// The function called `name`.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        FUNCTIONS.iter().find(|function| function.name == name)
    }
}

/// The functions and the indices of the catalogue.
pub(super) fn known_functions() -> impl Iterator<Item = &'static str> {
    let indices = crate::indices::all().flat_map(|index| {
        let card = index.card();
        [card.id].into_iter().chain(card.aliases.iter().copied())
    });
    FUNCTIONS.iter().map(|function| function.name).chain(["i"]).chain(indices)
}
