# Numbers of R's plm, lmtest and spdep for diagnostics.py: lines "case field value".
suppressMessages({library(plm); library(lmtest); library(spdep)})
options(digits = 17)
root <- commandArgs(trailingOnly = TRUE)[1]
data_of <- function(name) read.csv(file.path(root, "tests/golden/data", name))
say <- function(case, field, value) cat(case, field, format(as.numeric(value), digits = 17), "\n")
say_test <- function(case, test) {
  say(case, "statistic", test$statistic)
  say(case, "p_value", test$p.value)
}
cat("versions", paste0("plm_", packageVersion("plm"), ",lmtest_", packageVersion("lmtest"), ",spdep_", packageVersion("spdep")), 0, "\n")

grunfeld <- data_of("grunfeld.csv")
uneven <- data_of("grunfeld_uneven.csv")
form <- invest ~ value + capital
pooled <- lm(form, grunfeld)
say_test("bp_studentized", bptest(pooled))
say_test("bp_original", bptest(pooled, studentize = FALSE))
say_test("bp_terms", bptest(pooled, ~ value, data = grunfeld))
say_test("reset_3", resettest(pooled, power = 2:3, type = "fitted"))
say_test("reset_4", resettest(pooled, power = 2:4, type = "fitted"))
motors <- lm(form, grunfeld[grunfeld$firm == "General Motors", ])
say_test("bg_1", bgtest(motors, order = 1, fill = 0))
say_test("bg_3", bgtest(motors, order = 3, fill = 0))
say_test("bg_F", bgtest(motors, order = 2, type = "F", fill = 0))

schools <- data_of("public_schools.csv")
expenditure <- lm(expenditure ~ income + I(income^2), schools)
say_test("schools_bp", bptest(expenditure))
say_test("schools_bp_original", bptest(expenditure, studentize = FALSE))
say_test("schools_reset", resettest(expenditure, power = 2:3, type = "fitted"))

for (name in c("balanced", "uneven")) {
  panel <- pdata.frame(if (name == "balanced") grunfeld else uneven, index = c("firm", "year"))
  within <- plm(form, panel, model = "within")
  say_test(paste0("within_", name), pwartest(within))
  first <- plm(form, panel, model = "fd")
  say_test(paste0("difference_fe_", name), pwfdtest(first, h0 = "fe"))
  say_test(paste0("difference_fd_", name), pwfdtest(first, h0 = "fd"))
  flat <- plm(form, panel, model = "pooling")
  say_test(paste0("bsy_joint_", name), pbsytest(flat, test = "j"))
  say_test(paste0("bsy_serial_", name), pbsytest(flat, test = "ar"))
  say_test(paste0("bsy_effects_", name), pbsytest(flat, test = "re"))
  for (test in c("cd", "lm", "sclm")) say_test(paste0("cd_", test, "_", name), pcdtest(within, test = test))
  if (name == "balanced") {
    say_test("cd_bcsclm_balanced", pcdtest(within, test = "bcsclm"))
    say_test("pbgtest_within", pbgtest(within, order = 1))
  }
}

panel <- pdata.frame(grunfeld, index = c("firm", "year"))
for (exo in c("none", "intercept", "trend")) for (lags in c(0, 2)) {
  root_test <- function(test, dfcor) purtest(panel$value, test = test, exo = exo, lags = lags, dfcor = dfcor)$statistic
  name <- paste(exo, lags, sep = "_")
  say_test(paste0("llc_", name), suppressWarnings(root_test("levinlin", FALSE)))
  if (exo != "none") say_test(paste0("ips_", name), root_test("ips", TRUE))
  for (test in c("madwu", "Pm", "invnormal", "logit")) say_test(paste0(test, "_", name), root_test(test, TRUE))
}

columbus <- data_of("columbus_old.csv")
pairs <- data_of("columbus_old_neighbours.csv")
neighbours <- lapply(columbus$id, function(id)
  sort(match(c(pairs$neighbour[pairs$region == id], pairs$region[pairs$neighbour == id]), columbus$id)))
class(neighbours) <- "nb"
attr(neighbours, "region.id") <- as.character(columbus$id)
weights <- nb2listw(neighbours)
crime <- lm(crime ~ income + housing, columbus)
moran <- lm.morantest(crime, weights, alternative = "two.sided")
say_test("moran_columbus", moran)
say("moran_columbus", "moran_i", moran$estimate[1])
say("moran_columbus", "expectation", moran$estimate[2])
say("moran_columbus", "variance", moran$estimate[3])
weighted <- lm.morantest(lm(crime ~ income + housing, columbus, weights = housing), weights, alternative = "two.sided")
say_test("moran_weighted", weighted)
for (kind in c("LMerr", "LMlag", "RLMerr", "RLMlag", "SARMA")) say_test(paste0("columbus_", kind), lm.LMtests(crime, weights, test = kind)[[1]])
