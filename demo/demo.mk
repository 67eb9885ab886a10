# The demonstration; included by the root Makefile.
.PHONY: demo demo-once demo-watch demo-down
demo: environment ## everything for real on this machine: cluster, images, chart, three strategies, live signals
	@$(BIN)/python demo up

demo-once: environment ## the same, but end after the first signals
	@$(BIN)/python demo up --once

demo-watch: $(VENV)/.complete ## live signals of the demonstration that runs
	@$(BIN)/python demo watch

demo-down: ## end the demonstration and give the machine back as it was
	@$(PYTHON) demo down
