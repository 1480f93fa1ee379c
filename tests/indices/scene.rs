//! Random cross-sections with everything an index may read, for the tests of laws.

use agglo::card::{Domain, Params, Raw};
use agglo::indices::{Classes, Companion, Facts, Index, Input, Output, Reach};
use agglo::panel::{Absent, KeyNames, Measure, MeasureKind, Panel, PanelBuilder, RowKey, Slice, SpatialWeights, Value};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Periods that a scene looks back, at most.
pub(crate) const PAST: usize = 3;

/// A cross-section: regions × industries.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cells {
    pub(crate) width: usize,
    pub(crate) values: Vec<Value>,
}

impl Cells {
    pub(crate) fn regions(&self) -> usize {
        self.values.len() / self.width
    }

    pub(crate) fn slice(&self) -> Slice<'_> {
        Slice::dense(self.width, &self.values[..])
    }

    fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Self { width: self.width, values: self.values.iter().map(|x| x.map(&f)).collect() }
    }

    fn permuted(&self, regions: &[usize], industries: &[usize]) -> Self {
        let cells = regions.iter().flat_map(|r| industries.iter().map(move |i| r * self.width + i));
        Self { width: industries.len(), values: cells.map(|cell| self.values[cell]).collect() }
    }
}

/// Everything an index may read.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) measure: Cells,
    pub(crate) past: Vec<Cells>,
    pub(crate) beside: Cells,
    /// For each place of a regional parameter on a card, one value a region.
    pub(crate) regional: Vec<Vec<Value>>,
    pub(crate) groups: Vec<Option<usize>>,
    pub(crate) industry_groups: Vec<Option<usize>>,
    pub(crate) pairs: Vec<(usize, usize)>,
    /// Names, in the order of the cells.
    pub(crate) regions: Vec<String>,
    pub(crate) industries: Vec<String>,
}

/// Random numbers of a test.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.0.next_u64() % n as u64) as usize
    }

    /// A number in (0, 1000).
    pub(crate) fn positive(&mut self) -> f64 {
        (self.below(1_000_000) as f64 + 0.5) / 1000.0
    }

    /// Mostly numbers, some zeros, some absent.
    pub(crate) fn value(&mut self) -> Value {
        match self.below(20) {
            0 => Err(Absent::Missing),
            1 => Err(Absent::Suppressed),
            2 | 3 => Ok(0.0),
            _ => Ok(self.positive()),
        }
    }

    fn cells(&mut self, regions: usize, width: usize) -> Cells {
        Cells { width, values: (0..regions * width).map(|_| self.value()).collect() }
    }

    /// One to seven regions, none to four industries; regions and industries share their first names, so that tables
    /// from sector to sector occur.
    pub(crate) fn scene(&mut self) -> Scene {
        let (regions, width) = (1 + self.below(7), [1, 1, 2, 4][self.below(4)]);
        let name = |number: usize| format!("n{number}");
        Scene {
            measure: self.cells(regions, width),
            past: (0..PAST).map(|_| self.cells(regions, width)).collect(),
            beside: self.cells(regions, width),
            regional: (0..8).map(|_| (0..regions).map(|_| self.value()).collect()).collect(),
            groups: (0..regions).map(|_| Some(self.below(3))).collect(),
            industry_groups: (0..width).map(|_| Some(self.below(2))).collect(),
            pairs: (0..regions).flat_map(|a| (0..a).map(move |b| (b, a))).filter(|_| self.below(2) == 0).collect(),
            regions: (0..regions).map(name).collect(),
            industries: (0..width).map(name).collect(),
        }
    }

    pub(crate) fn shuffled(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            order.swap(i, self.below(i + 1));
        }
        order
    }
}

impl Scene {
    pub(crate) fn facts(&self) -> Facts {
        Facts { has_industries: self.measure.width > 1, has_neighbours: true }
    }

    pub(crate) fn compute(&self, index: &dyn Index, params: &Params) -> Output {
        let neighbours = SpatialWeights::from_contiguity(self.measure.regions(), self.pairs.iter().copied());
        let companion = self.companion();
        let mut input = Input::new(self.measure.slice());
        input.twins = self.industries.iter().map(|name| self.regions.iter().position(|r| r == name)).collect();
        input.neighbours = Some(&neighbours);
        let back = match index.reach(params) {
            Reach::Now => 0,
            Reach::Back(periods) => periods,
            Reach::First => PAST,
        };
        input.past = (0..back).map(|k| self.past.get(k).map(Cells::slice)).collect();
        for (place, param) in index.card().params.iter().enumerate() {
            if params.text(param.name).is_none() {
                continue;
            }
            let classes = |of: &[Option<usize>]| {
                Cow::Owned(Classes { of: of.to_vec(), names: ["a", "b", "c"].map(str::to_owned).to_vec() })
            };
            input = match param.domain {
                Domain::Measure { .. } | Domain::Variable { .. } => {
                    // They were a multiple of what they are now, so that no order of regions shows in them.
                    let grown =
                        |k: usize| self.regional[place].iter().map(|x| x.map(|x| x * (k as f64 + 2.0))).collect();
                    let input = input.with_regional(param.name, &self.regional[place][..]);
                    input.with_regional_past(param.name, (0..back.min(PAST)).map(|k| Some(grown(k))).collect())
                }
                Domain::Cells { .. } => input.with_cells(param.name, self.beside.slice()),
                Domain::Groups { .. } => input.with_classes(param.name, classes(&self.groups)),
                Domain::IndustryGroups { .. } => {
                    input.with_industry_classes(param.name, classes(&self.industry_groups))
                }
                Domain::Regions { .. } => {
                    let last = self.regions.iter().position(|name| *name == self.last_region()).unwrap();
                    input.with_members(param.name, Cow::Owned(vec![last]))
                }
                Domain::Industries { .. } => {
                    let last = self.industries.iter().position(|name| *name == self.last_industry()).unwrap();
                    input.with_industry_members(param.name, Cow::Owned(vec![last]))
                }
                Domain::Dataset { .. } => {
                    let find = |name: &String| companion.regions().find(name);
                    let suppliers = self.industries.iter().map(find).collect();
                    let user = |name: &String| companion.industries().and_then(|labels| labels.find(name));
                    let industries = self.industries.iter().map(user).collect();
                    let measure = companion.slice(0, companion.periods()[0]);
                    let regions = self.regions.iter().map(find).collect();
                    input.with_companion(param.name, Companion { measure, regions, industries, suppliers })
                }
                Domain::Number { .. }
                | Domain::Integer { .. }
                | Domain::Lags { .. }
                | Domain::Choice(_)
                | Domain::Terms { .. } => input,
            };
        }
        index.compute(&input, params)
    }

    fn last_region(&self) -> String {
        self.regions.iter().max().unwrap().clone()
    }

    fn last_industry(&self) -> String {
        self.industries.iter().max().unwrap().clone()
    }

    /// Another dataset, whose regions and industries are both called as the scene's industries; it has a further
    /// industry, so that it may be an input–output table with final demand.
    fn companion(&self) -> Panel {
        let keys = KeyNames { region: "from".into(), period: "period".into(), industry: Some("to".into()) };
        let measure = Measure { name: "flow".into(), unit: String::new(), kind: MeasureKind::Flow };
        let mut builder = PanelBuilder::new(keys, vec![measure]);
        for (a, from) in self.industries.iter().enumerate() {
            for (b, to) in self.industries.iter().enumerate() {
                let number = |name: &str| name[1..].parse::<f64>().unwrap();
                let flow = 1.0 + (3.0 * number(from) + 5.0 * number(to)) % 7.0;
                let key = RowKey { row: a * 100 + b, region: from, period: "2000", industry: Some(to) };
                builder.push(key, &[Ok(flow)]);
            }
            let key = RowKey { row: a * 100 + 99, region: from, period: "2000", industry: Some("final") };
            builder.push(key, &[Ok(2.0)]);
        }
        builder.finish().unwrap()
    }

    /// The scene with its measure multiplied in every period.
    pub(crate) fn scaled(&self, factor: f64) -> Self {
        let past = self.past.iter().map(|cells| cells.map(|x| x * factor)).collect();
        Self { measure: self.measure.map(|x| x * factor), past, ..self.clone() }
    }

    /// The scene with a constant added to its measure in every period.
    pub(crate) fn shifted(&self, by: f64) -> Self {
        let past = self.past.iter().map(|cells| cells.map(|x| x + by)).collect();
        Self { measure: self.measure.map(|x| x + by), past, ..self.clone() }
    }

    /// The scene with its regions and industries in another order, or with some of them several times.
    pub(crate) fn permuted(&self, regions: &[usize], industries: &[usize]) -> Self {
        let place = |region: usize| regions.iter().position(|r| *r == region).unwrap();
        Self {
            measure: self.measure.permuted(regions, industries),
            past: self.past.iter().map(|cells| cells.permuted(regions, industries)).collect(),
            beside: self.beside.permuted(regions, industries),
            regional: self.regional.iter().map(|values| regions.iter().map(|r| values[*r]).collect()).collect(),
            groups: regions.iter().map(|r| self.groups[*r]).collect(),
            industry_groups: industries.iter().map(|i| self.industry_groups[*i]).collect(),
            pairs: self.pairs.iter().map(|(a, b)| (place(*a), place(*b))).collect(),
            regions: regions.iter().map(|r| self.regions[*r].clone()).collect(),
            industries: industries.iter().map(|i| self.industries[*i].clone()).collect(),
        }
    }

    /// The scene with the same value everywhere, which has grown everywhere alike.
    pub(crate) fn equal(&self) -> Self {
        let constant = |cells: &Cells, x: f64| Cells { width: cells.width, values: vec![Ok(x); cells.values.len()] };
        Self {
            measure: constant(&self.measure, 3.1),
            past: self.past.iter().map(|cells| constant(cells, 2.3)).collect(),
            beside: constant(&self.beside, 0.7),
            regional: self.regional.iter().map(|values| vec![Ok(0.7); values.len()]).collect(),
            ..self.clone()
        }
    }

    /// Regions and industries of all sizes, but every region of the same structure.
    pub(crate) fn same_structure(&self, dice: &mut Dice) -> Self {
        let industries: Vec<f64> = (0..self.measure.width).map(|_| dice.positive()).collect();
        let regions: Vec<f64> = (0..self.measure.regions()).map(|_| dice.positive()).collect();
        let values = regions.iter().flat_map(|r| industries.iter().map(move |i| Ok(r * i))).collect();
        Self { measure: Cells { width: self.measure.width, values }, ..self.clone() }
    }
}

/// Every combination of words, of optional columns given or not, and of the smallest and default numbers; where there
/// are too many, each parameter is varied by itself.
pub(crate) fn choices(index: &dyn Index) -> Vec<BTreeMap<String, Raw>> {
    const MOST: usize = 48;
    let options = |domain: Domain| {
        let column = |required: bool| {
            let given = Some(Raw::Text("column".to_owned()));
            if required { vec![given] } else { vec![None, given] }
        };
        match domain {
            Domain::Number { min, default, .. } => vec![Some(Raw::Number(default)), Some(Raw::Number(min))],
            Domain::Integer { min, default, .. } => {
                vec![Some(Raw::Number(default as f64)), Some(Raw::Number(min as f64))]
            }
            Domain::Lags { .. } => vec![None, Some(Raw::Number(1.0))],
            Domain::Choice(words) => words.iter().map(|word| Some(Raw::Text((*word).to_owned()))).collect(),
            Domain::Measure { required }
            | Domain::Variable { required }
            | Domain::Cells { required }
            | Domain::Groups { required }
            | Domain::IndustryGroups { required }
            | Domain::Regions { required }
            | Domain::Industries { required }
            | Domain::Terms { required }
            | Domain::Dataset { required } => column(required),
        }
    };
    let params: Vec<_> = index.card().params.iter().map(|param| (param.name, options(param.domain))).collect();
    let with = |given: &BTreeMap<String, Raw>, name: &str, option: &Option<Raw>| {
        let mut given = given.clone();
        match option {
            Some(raw) => drop(given.insert(name.to_owned(), raw.clone())),
            None => drop(given.remove(name)),
        }
        given
    };
    if params.iter().map(|(_, options)| options.len()).product::<usize>() <= MOST {
        return params.iter().fold(vec![BTreeMap::new()], |all, (name, options)| {
            all.iter().flat_map(|given| options.iter().map(|option| with(given, name, option))).collect()
        });
    }
    let base = params.iter().fold(BTreeMap::new(), |given, (name, options)| with(&given, name, &options[0]));
    let varied = params.iter().flat_map(|(name, options)| options.iter().map(|option| with(&base, name, option)));
    varied.collect()
}
