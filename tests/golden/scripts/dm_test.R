# dm.test of the R package forecast on the errors in a JSON read from stdin: [{e1, e2, h, power, varestimator}, ...].
# FORECAST_R is the R folder of the package (…/forecast/R), so that its dependencies need not be there.
suppressWarnings(library(jsonlite))
package <- new.env()
invisible(lazyLoad(file.path(Sys.getenv("FORECAST_R"), "forecast"), envir = package))
cases <- fromJSON(file("stdin"), simplifyDataFrame = FALSE)
told <- lapply(cases, function(x) {
  t <- package$dm.test(x$e1, x$e2, h = x$h, power = x$power, varestimator = x$varestimator)
  list(statistic = unname(t$statistic), p_value = unname(t$p.value))
})
cat(toJSON(told, digits = I(17), auto_unbox = TRUE))
