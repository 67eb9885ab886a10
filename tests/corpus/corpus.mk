# The attacks in runner pods; included by the root Makefile.
.PHONY: corpus
corpus: environment cluster-up ## every attack in real runner pods, with the static policy left out and with it
	@PYTHONPATH=tests:tests/cluster $(BIN)/python -m corpus $(CORPUS_OPTIONS)
