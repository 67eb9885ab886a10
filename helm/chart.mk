# The Helm chart; included by the root Makefile.
CHART := helm/strategy-operator
CHART_VALUES := $(wildcard helm/ci/*.yaml)
# Helm as the local cluster builds it, once, into the cache.
FIND_HELM := PYTHONPATH=tests/cluster $(PYTHON) -c 'from local_cluster import layout, toolchain; print(toolchain.helm(layout.Layout.from_environment()))' | tee /dev/stderr | tail -1

.PHONY: check-chart
check-chart: $(VENV)/.complete ## lint the chart and validate what it renders
	@helm=$$($(FIND_HELM)); for values in $(CHART_VALUES); do \
	  echo "$$values"; \
	  "$$helm" lint --quiet --strict --values $$values $(CHART); \
	  "$$helm" template trading $(CHART) --namespace trading --kube-version 1.37 --values $$values | $(BIN)/python helm/validate_manifests.py; \
	done
