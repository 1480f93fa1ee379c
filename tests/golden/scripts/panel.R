# Estimators of panels by the R package plm, as JSON on standard output; panel.py reads it. With the argument `wages` it
# writes tests/golden/data/wages.csv instead. Debian: r-base-core 4.2.2, r-cran-plm 2.6-2, r-cran-jsonlite. Run from the
# repository's root.
suppressPackageStartupMessages({library(plm); library(jsonlite)})
if (identical(commandArgs(TRUE), "wages")) {
  data("Wages", package = "plm")
  yes <- function(x) as.integer(x == "yes")
  w <- data.frame(id = rep(sprintf("p%03d", 1:595), each = 7), year = rep(1976:1982, 595), lwage = Wages$lwage,
    exp = Wages$exp, wks = Wages$wks, bluecol = yes(Wages$bluecol), ind = Wages$ind, south = yes(Wages$south),
    smsa = yes(Wages$smsa), married = yes(Wages$married), female = as.integer(Wages$sex == "female"),
    union = yes(Wages$union), ed = Wages$ed, black = yes(Wages$black))
  write.csv(w, "tests/golden/data/wages.csv", row.names = FALSE, quote = FALSE)
  quit()
}
sets <- list(
  grunfeld = list(data = "tests/golden/data/grunfeld.csv", region = "firm", period = "year",
    formula = invest ~ value + capital, ours = "invest ~ value + capital"),
  grunfeld_gaps = list(data = "tests/golden/data/grunfeld_gaps.csv", region = "firm", period = "year",
    formula = invest ~ value + capital, ours = "invest ~ value + capital"),
  produc = list(data = "data/munnell.csv", region = "state", period = "year",
    formula = l_gsp ~ l_public_capital + l_private_capital + l_employment + unemployment,
    ours = "ln(gsp) ~ ln(public_capital) + ln(private_capital) + ln(employment) + unemployment"),
  three_way = list(data = "tests/golden/data/panel_three_way.csv", region = "region", industry = "industry",
    period = "year", formula = y ~ x1 + x2, ours = "y ~ x1 + x2"))
read <- function(set) {
  d <- read.csv(set$data)
  for (name in intersect(c("gsp", "public_capital", "private_capital", "employment"), names(d)))
    d[[paste0("l_", name)]] <- log(d[[name]])
  d$unit <- if (is.null(set$industry)) d[[set$region]] else paste(d[[set$region]], d[[set$industry]])
  pdata.frame(d, index = c("unit", set$period))
}
terms_of <- function(names) sub("^exp2$", "I(exp^2)", sub("^l_(.*)$", "ln(\\1)", names))
by_term <- function(v) { names(v) <- terms_of(names(v)); as.list(v) }
cases <- list()
add <- function(name, set, estimator, call, expected, parameters = NULL, ...) {
  cases[[length(cases) + 1]] <<- c(list(name = name, call = call, data = set$data, region = set$region,
    period = set$period), if (!is.null(set$industry)) list(industry = set$industry), list(formula = set$ours,
    estimator = estimator), if (!is.null(parameters)) list(parameters = parameters), list(...), list(expected = expected))
}
fit <- function(m) list(coefficients = by_term(coef(m)), standard_errors = by_term(sqrt(diag(vcov(m)))))
figures <- function(m, unbalanced) {
  s <- sqrt(ercomp(m)$sigma2); out <- list(sigma_e = s[["idios"]])
  if ("id" %in% names(s)) out$sigma_u <- s[["id"]]
  if ("time" %in% names(s)) out$sigma_period <- s[["time"]]
  theta <- ercomp(m)$theta
  if (!unbalanced) {
    if (is.list(theta)) { out$theta <- theta$id[[1]]; out$theta_period <- theta$time[[1]] }
    else if ("id" %in% names(s)) out$theta <- theta[[1]] else out$theta_period <- theta[[1]]
  } else if (!is.list(theta) && "id" %in% names(s)) { out$theta_min <- min(theta); out$theta_max <- max(theta) }
  out
}
methods <- c(swamy_arora = "swar", amemiya = "amemiya", wallace_hussain = "walhus", nerlove = "nerlove")
effects <- c(individual = "individual", time = "time", two_way = "twoways")
for (key in names(sets)) {
  set <- sets[[key]]; d <- read(set); unbalanced <- !is.pbalanced(d)
  for (e in names(effects)) for (m in names(methods)) {
    r <- tryCatch(plm(set$formula, d, model = "random", effect = effects[[e]], random.method = methods[[m]]),
                  error = function(err) NULL)
    if (is.null(r)) next
    # plm's fixed effects of unbalanced two-way models leave a part of the other effects in (fixef.plm)
    if (unbalanced && e == "two_way" && m == "nerlove") next
    expected <- c(fit(r), list(figures = figures(r, unbalanced)))
    # plm's covariance of unbalanced two-way models lacks the error variance; panel.py has it
    if (unbalanced && e == "two_way") expected$standard_errors <- NULL
    add(paste(key, e, m, sep = "_"), set, "random_effects",
        sprintf("plm(model = 'random', effect = '%s', random.method = '%s')", effects[[e]], methods[[m]]), expected,
        list(components = m, effect = e), vcov = "iid")
  }
  add(paste0(key, "_between"), set, "between", "plm(model = 'between')", fit(plm(set$formula, d, model = "between")),
      vcov = "iid")
  if (key == "grunfeld" || key == "produc") {
    add(paste0(key, "_fd"), set, "first_differences", "plm(model = 'fd')", fit(plm(set$formula, d, model = "fd")), vcov = "iid")
    add(paste0(key, "_mg"), set, "mean_group", "pmg(model = 'mg')", fit(pmg(set$formula, d, model = "mg")), vcov = "iid")
    for (pool in c(mean_group = "mg", pooled = "p"))
      add(paste0(key, "_cce_", pool), set, "common_correlated_effects", sprintf("pcce(model = '%s')", pool),
          fit(pcce(set$formula, d, model = pool)), list(pool = if (pool == "p") "pooled" else "mean_group"), vcov = "iid")
    add(paste0(key, "_swamy"), set, "swamy", "pvcm(model = 'random')", fit(pvcm(set$formula, d, model = "random")), vcov = "iid")
  }
  # Tests
  test <- function(name, id, h, parameters = NULL, base = "ols") {
    add(paste(key, name, sep = "_"), set, base, h$method, list(statistic = unname(h$statistic), p_value = unname(h$p.value)),
        vcov = "iid", test = id, test_parameters = parameters)
  }
  h <- phtest(set$formula, d)
  # plm shows the absolute value of the form, which is negative here: no statistic
  if (key == "three_way") h$statistic <- h$p.value <- NA
  test("hausman", "hausman", h)
  sss <- function(x) vcovHC(x, method = "arellano", type = "sss", cluster = "group")
  # plm's auxiliary regression of unbalanced panels has a column of ones where the transformed intercept belongs
  if (!unbalanced) test("hausman_robust", "hausman", phtest(set$formula, d, method = "aux", vcov = sss), list(form = "robust"))
  pooled <- plm(set$formula, d, model = "pooling")
  names_of <- c(bp = "breusch_pagan", honda = "honda", kw = "king_wu", ghm = "gourieroux_holly_monfort")
  for (e in names(effects)) for (type in names(names_of)) {
    if (type == "ghm" && e != "two_way") next
    if (type == "kw" && e != "two_way") next
    test(paste("lm", e, type, sep = "_"), "breusch_pagan_lm", plmtest(pooled, effect = effects[[e]], type = type),
         list(effect = e, form = names_of[[type]]))
  }
  within <- lapply(effects, function(e) plm(set$formula, d, model = "within", effect = e))
  for (e in names(effects)) test(paste0("pool_", e), "poolability", pFtest(within[[e]], pooled), list(equal = paste0(e, "_effects")))
  if (key == "grunfeld" || key == "produc") {
    each <- pvcm(set$formula, d, model = "within")
    test("pool_slopes", "poolability", pooltest(within$individual, each), list(equal = "slopes"))
    test("pool_coefficients", "poolability", pooltest(pooled, each), list(equal = "coefficients"))
  }
}
# Hausman-Taylor: Cornwell and Rupert's wages, as in the examples of plm's help page
wages <- list(data = "tests/golden/data/wages.csv", region = "id", period = "year",
  ours = "lwage ~ wks + south + smsa + married + exp + I(exp^2) + bluecol + ind + union + female + black + ed")
d <- pdata.frame(transform(read.csv(wages$data), exp2 = exp^2), index = c("id", "year"))
f <- lwage ~ wks + south + smsa + married + exp + exp2 + bluecol + ind + union + female + black + ed |
  bluecol + south + smsa + ind + female + black | wks + married + exp + exp2 + union
for (im in c(hausman_taylor = "baltagi", amemiya_macurdy = "am", breusch_mizon_schmidt = "bms")) {
  m <- plm(f, d, model = "random", random.method = "ht", inst.method = im)
  s <- sqrt(ercomp(m)$sigma2)
  key <- c(baltagi = "hausman_taylor", am = "amemiya_macurdy", bms = "breusch_mizon_schmidt")[[im]]
  add(paste0("wages_", key), wages, "hausman_taylor", sprintf("plm(random.method = 'ht', inst.method = '%s')", im),
      c(fit(m), list(figures = list(sigma_e = s[["idios"]], sigma_u = s[["id"]], theta = ercomp(m)$theta[[1]]))),
      list(endogenous = "wks; married; exp; I(exp^2); union; ed", instruments = key), vcov = "iid")
}
cat(toJSON(cases, auto_unbox = TRUE, digits = I(17), null = "null", na = "null"))
