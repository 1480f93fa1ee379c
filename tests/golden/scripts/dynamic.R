# Prints estimates of R plm::pgmm as JSON for dynamic.py. Debian: r-base-core 4.2.2, r-cran-plm 2.6-2, r-cran-jsonlite.
# Run from the repository's root: Rscript tests/golden/scripts/dynamic.R > tests/golden/scripts/dynamic_plm.json
suppressPackageStartupMessages(library(plm))
d <- pdata.frame(read.csv("tests/golden/data/abdata.csv"), index = c("firm", "year"))
number <- function(x) paste0("[", paste(formatC(as.numeric(x), digits = 16, format = "g"), collapse = ", "), "]")
told <- 0
tell <- function(name, fit, tests = TRUE) {
  robust <- vcovHC(fit)
  k <- nrow(robust)
  b <- if (is.list(fit$coefficients)) fit$coefficients[[2]] else fit$coefficients
  cat(if (told > 0) ",\n" else "{\n", '"', name, '": {"coefficients": ', number(b), ', "robust": ', number(sqrt(diag(robust))),
      ', "conventional": ', number(sqrt(diag(vcov(fit)))), sep = "")
  told <<- told + 1
  if (tests) {
    m <- function(order, v) mtest(fit, order = order, vcov = v)$statistic
    cat(', "m_robust": ', number(c(m(1, robust), m(2, robust))), ', "m_conventional": ', number(c(m(1, vcov(fit)), m(2, vcov(fit)))),
        ', "hansen": ', number(sargan(fit, "twosteps")$statistic), sep = "")
  }
  cat(', "instruments": ', ncol(fit$W[[1]]), "}", sep = "")
}
a <- log(emp) ~ lag(log(emp), 1:2) + lag(log(wage), 0:1) + lag(log(capital), 0:2) + lag(log(output), 0:2) | lag(log(emp), 2:99)
b <- log(emp) ~ lag(log(emp), 1:2) + lag(log(wage), 0:1) + log(capital) + lag(log(output), 0:1) | lag(log(emp), 2:99)
short <- log(emp) ~ lag(log(emp), 1:2) + lag(log(wage), 0:1) + log(capital) + lag(log(output), 0:1) | lag(log(emp), 2:4)
system <- log(emp) ~ lag(log(emp), 1) + lag(log(wage), 0:1) + lag(log(capital), 0:1) |
  lag(log(emp), 2:99) + lag(log(wage), 2:99) + lag(log(capital), 2:99)
tell("table_4_a1", pgmm(a, d, effect = "twoways", model = "onestep"))
tell("table_4_a2", pgmm(a, d, effect = "twoways", model = "twosteps"))
tell("table_4_b", pgmm(b, d, effect = "twoways", model = "twosteps"))
tell("collapsed", pgmm(b, d, effect = "twoways", model = "twosteps", collapse = TRUE))
tell("three_lags", pgmm(short, d, effect = "twoways", model = "twosteps"))
tell("no_periods", pgmm(b, d, effect = "individual", model = "twosteps"))
tell("system_one", pgmm(system, d, effect = "individual", model = "onestep", transformation = "ld"), tests = FALSE)
tell("system_two", pgmm(system, d, effect = "individual", model = "twosteps", transformation = "ld"), tests = FALSE)
tell("endogenous", pgmm(system, d, effect = "twoways", model = "twosteps"))
cat("\n}\n")
